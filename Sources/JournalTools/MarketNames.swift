import DataOutput
import Domain

/// Words for what records name by position.
struct MarketNames {
    let data: ReferenceData
    private let decimals: [Int]

    init(_ data: ReferenceData) {
        self.data = data
        decimals = data.products.map { NumberText.decimals(ofTick: $0.tick) }
    }

    func instrument(_ index: InstrumentIndex) -> Instrument? {
        index.index < data.instruments.count ? data.instruments[index.index] : nil
    }

    func product(_ index: ProductIndex) -> Product? {
        index.index < data.products.count ? data.products[index.index] : nil
    }

    /// PartyIDSessionID; nil for none.
    func sessionID(_ index: SessionIndex) -> UInt32? {
        index.index < data.sessions.count ? data.sessions[index.index].id : nil
    }

    func unit(of session: SessionIndex) -> BusinessUnit? {
        guard session.index < data.sessions.count else { return nil }
        let unit = data.sessions[session.index].unit
        return unit.index < data.units.count ? data.units[unit.index] : nil
    }

    func session(_ index: SessionIndex) -> String {
        sessionID(index).map { "session \($0)" } ?? "no session"
    }

    func trader(_ id: TraderID) -> String { id.isNone ? "" : "trader \(id.raw)" }

    func name(_ index: InstrumentIndex) -> String { instrument(index)?.name ?? "?" }

    func name(_ index: ProductIndex) -> String { product(index)?.name ?? "?" }

    func price(_ price: Price, _ instrument: InstrumentIndex) -> String {
        let product = self.instrument(instrument)?.product
        return NumberText.price(price, decimals: product.map { decimals[$0.index] } ?? 0)
    }

    /// "buy 10 AAPL at 99.50", or "at market".
    func terms(
        _ side: Side, _ quantity: Quantity, _ instrument: InstrumentIndex, _ price: Price
    ) -> String {
        let limit = price.isNone ? "at market" : "at \(self.price(price, instrument))"
        return "\(side) \(NumberText.quantity(quantity)) \(name(instrument)) \(limit)"
    }

    func session(numbered id: UInt32) -> SessionIndex? {
        data.sessions.firstIndex { $0.id == id }.map { SessionIndex($0) }
    }
}
