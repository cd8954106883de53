import Containers
import Domain
import Reports
import SessionServer
import Wire

/// Makes messages of what the history holds.
struct Encoder: ~Copyable {
    private let tradeNames: FixedTable<TradeNames>
    private let nobody: TradeNames

    /// `reference` are the tables of the same data.
    init(_ data: ReferenceData, _ reference: borrowing ReferenceTables) {
        var names: [UInt32: TradeNames] = [:]
        for unit in data.units {
            for trader in unit.traders {
                names[trader.id.raw] = TradeNames(
                    organisation: data.organisation, unit: unit.name, trader: trader.name)
            }
        }
        let nobody = TradeNames(organisation: data.organisation, unit: "", trader: "")
        let rows = (0..<reference.traders.count).map {
            names[reference.traders[$0].id.raw] ?? nobody
        }
        tradeNames = FixedTable(count: rows.count) { rows[$0] }
        self.nobody = nobody
    }

    /// Bytes of the message about an entry.
    func length(
        of entry: HistoryEntry, _ stream: StreamView.Stream, in history: borrowing History
    ) -> Int {
        if entry.isLost { return Delivery.gapLength }
        let record = history.record(at: entry)
        guard record.kind == .event else { return Delivery.gapLength }
        guard stream == .listenerData else { return TradeBroadcastWriter.fixedLength }
        let event = EventRecord(record.body)
        return switch event.listenerMessage(tradedBefore: false) {
        case .deletion: DeleteOrderBroadcastWriter.fixedLength
        case .massDeletion: event.massDeletionLength
        case .marketDeletion: DeleteAllOrderQuoteEventBroadcastWriter.fixedLength
        case .sessionEvent: TradingSessionStatusBroadcastWriter.fixedLength
        case .orderReport, nil: event.orderReportLength
        }
    }

    /// Writes the message about an entry at a place of a stream. Returns its length.
    func write(
        _ entry: HistoryEntry, at place: UInt64, _ view: StreamView,
        to space: UnsafeMutableRawPointer, _ delivery: Delivery, in history: borrowing History,
        _ reference: borrowing ReferenceTables
    ) -> Int {
        guard !entry.isLost else { return delivery.writeGap(to: space) }
        let record = history.record(at: entry)
        guard record.kind == .event else { return delivery.writeGap(to: space) }
        var delivery = delivery
        if !delivery.isResent {
            delivery.timeOut = record.engineOut
            delivery.notificationIn = record.timeRead
        }
        let event = EventRecord(record.body)
        if event.event.kind == .tradingSessionEvent {
            let product = event.context.product
            return event.writeSessionEvent(
                to: space, delivery, id: history.id(of: entry, in: view),
                marketSegmentID: product.isNone ? Null.i32 : reference.products[product.index],
                lastBefore: history.lastID(before: place, in: view))
        }
        let names = reference.names(of: event)
        guard view.stream == .listenerData else {
            let trader = reference.trader(id: event.event.trader.raw)
            return event.writeTrade(
                entry.fill, to: space, delivery, applSeqNum: history.number(of: place, in: view),
                names,
                trader < 0 ? nobody : tradeNames[trader])
        }
        let id = history.id(of: entry, in: view)
        return switch event.listenerMessage(tradedBefore: false) {
        case .deletion: event.writeDeletion(to: space, delivery, id: id, names)
        case .massDeletion: event.writeMassDeletion(to: space, delivery, id: id, names)
        case .marketDeletion: event.writeMarketDeletion(to: space, delivery, id: id, names)
        case .orderReport, .sessionEvent, nil:
            event.writeOrderReport(to: space, delivery, id: id, names)
        }
    }
}
