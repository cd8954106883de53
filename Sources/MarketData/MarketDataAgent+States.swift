import Domain
import Wire

// What products and instruments are doing. An instrument's public status is its own, restricted by
// what its product allows.
extension MarketDataAgent {
    /// The status of an instrument as the public is told it.
    func publicStatus(_ row: Int) -> SecurityTradingStatus {
        let product = products.state(of: instruments[row].product.index)
        return instruments[row].status.restricted(by: product.instrumentStatus)
    }

    /// A product does something else now, and with it its instruments.
    mutating func changeState(of product: ProductIndex, _ event: borrowing Event) {
        products.setState(event.productState, of: product.index)
        for index in 0..<products.instrumentCount(of: product.index) {
            let row = products.instrument(index, of: product.index)
            instruments[row].lastUpdate = event.execID
        }
        guard book.isWhole else { return }
        let state = event.productState
        let message = channel.message(EOBIProductStateChangeWriter.self, product)
        message.tradingSessionID = state.tradingSessionID
        message.tradingSessionSubID = state.tradingSessionSubID
        message.tradSesStatus = state.tradSesStatus
        message.fastMarketIndicator = EOBI.FastMarketIndicator.no.rawValue
        message.transactTime = event.execID.nanos
        tellInstrumentStates(of: product, state.instrumentStatus, event.execID)
    }

    /// One status for all instruments, and those that have another.
    private mutating func tellInstrumentStates(
        of product: ProductIndex, _ status: SecurityTradingStatus, _ time: Timestamp
    ) {
        var index = 0
        let count = products.instrumentCount(of: product.index)
        repeat {
            let message = channel.message(EOBIMassInstrumentStateChangeWriter.self, product)
            message.instrumentScopeProductComplex =
                EOBI.ProductComplex.simpleInstrument.rawValue
            message.securityMassStatus = EOBI.SecurityStatus.active.rawValue
            message.securityMassTradingStatus = status.rawValue
            message.massMarketCondition = EOBI.MarketCondition.normal.rawValue
            message.fastMarketIndicator = EOBI.FastMarketIndicator.no.rawValue
            message.transactTime = time.nanos
            var exceptions = 0
            while index < count, exceptions < Self.exceptionsPerMessage {
                let row = products.instrument(index, of: product.index)
                index += 1
                guard publicStatus(row) != status else { continue }
                message.noRelatedSym = UInt8(exceptions + 1)
                let entry = message.relatedSym(at: exceptions)
                entry.initialize()
                entry.securityID = instruments[row].securityID
                entry.securityStatus = EOBI.SecurityStatus.active.rawValue
                entry.securityTradingStatus = publicStatus(row).rawValue
                entry.marketCondition = EOBI.MarketCondition.normal.rawValue
                exceptions += 1
            }
            message.noRelatedSym = UInt8(exceptions)
            message.lastFragment = index == count ? 1 : 0
        } while index < count
    }

    private static var exceptionsPerMessage: Int { 24 }

    /// An instrument does something else now.
    mutating func changeState(of instrument: InstrumentIndex, _ event: borrowing Event) {
        let row = instrument.index
        let before = publicStatus(row)
        instruments[row].status = event.instrumentStatus
        instruments[row].lastUpdate = event.execID
        // What its product does not allow anyway is nothing new.
        guard book.isWhole, publicStatus(row) != before else { return }
        let message = channel.message(
            EOBIInstrumentStateChangeWriter.self, instruments[row].product)
        message.securityID = instruments[row].securityID
        message.securityStatus = EOBI.SecurityStatus.active.rawValue
        message.securityTradingStatus = publicStatus(row).rawValue
        message.marketCondition = EOBI.MarketCondition.normal.rawValue
        message.fastMarketIndicator = EOBI.FastMarketIndicator.no.rawValue
        message.highPx = instruments[row].highPrice.raw
        message.lowPx = instruments[row].lowPrice.raw
        message.transactTime = event.execID.nanos
    }
}
