import CommandLineTool
import Domain
import Reports
import Wire

/// `apus-journal pcap`: what sessions were told, as packets.
///
/// Messages are those that a session gets when it asks for its data again, and trade confirmations;
/// stamps that only say when a message was sent have no value, and a packet's time is that of the
/// engine's transaction.
struct CaptureCommand {
    let path: String
    /// Nil: all sessions.
    var session: SessionIndex?
    /// A day as YYYYMMDD, UTC; nil: all.
    var day: UInt32?
    /// Confirmations of trades too, on the drop copy's port.
    var includesTrades = false

    static let orderPort: UInt16 = 19043
    static let dropCopyPort: UInt16 = 19006

    func run(_ history: KeptHistory, _ output: ToolOutput) throws {
        let capture = try CaptureWriter(path: path)
        let names = history.names
        let space = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Framing.responseLengthMax, alignment: 8)
        defer { space.deallocate() }
        guard let base = space.baseAddress else { return }
        var tradeNumbers: [UInt32: UInt64] = [:]
        var events = try KeptEvents(history)
        while let record = try events.next() {
            output.progress.show("\(formatGrouped(capture.messageCount)) messages")
            // Numbers of trades go on over days that are left out.
            let isWanted =
                day.map { CivilDate(nanos: record.event.execID.nanos).number == $0 } ?? true
            if isWanted { addData(record, to: capture, base, names) }
            if includesTrades {
                addTrades(record, to: capture, base, names, &tradeNumbers, isWanted: isWanted)
            }
        }
        try capture.finish()
        guard output.isJSON else {
            return output.add(
                "\(formatGrouped(capture.messageCount)) messages in \(path); tshark -d "
                    + "tcp.port==\(Self.orderPort),eti reads them")
        }
        output.object {
            $0.field("messages", capture.messageCount)
            $0.field("output", path)
        }
    }

    /// A session's conversation has a port of its own on the client's side.
    private func clientPort(_ session: SessionIndex, _ base: UInt16) -> UInt16 {
        base &+ UInt16(truncatingIfNeeded: session.index)
    }

    private func addData(
        _ record: EventRecord, to capture: CaptureWriter, _ base: UnsafeMutableRawPointer,
        _ names: MarketNames
    ) {
        guard let message = record.sessionMessage else { return }
        // Beginning and end of the service are told to everybody.
        let addressees =
            message == .sessionEvent && record.event.session.isNone
            ? names.data.sessions.indices.map { SessionIndex($0) } : [record.event.session]
        var delivery = Delivery(
            applID: 4, partitionID: names.data.partitionID,
            sendingTime: record.event.execID.nanos)
        delivery.isResent = true
        let (id, report) = (record.sessionMessageID, names.reportNames(of: record))
        let length =
            switch message {
            case .orderReport: record.writeOrderReport(to: base, delivery, id: id, report)
            case .massDeletion: record.writeMassDeletion(to: base, delivery, id: id, report)
            case .marketDeletion: record.writeMarketDeletion(to: base, delivery, id: id, report)
            case .sessionEvent:
                record.writeSessionEvent(
                    to: base, delivery, id: id,
                    marketSegmentID: record.context.product.isNone
                        ? Null.i32 : report.marketSegmentID)
            }
        for addressee in addressees where session == nil || session == addressee {
            capture.add(
                UnsafeRawBufferPointer(start: base, count: length), from: Self.orderPort,
                to: clientPort(addressee, 40_000), nanos: record.event.execID.nanos)
        }
    }

    private func addTrades(
        _ record: EventRecord, to capture: CaptureWriter, _ base: UnsafeMutableRawPointer,
        _ names: MarketNames, _ numbers: inout [UInt32: UInt64], isWanted: Bool
    ) {
        guard record.fillCount > 0 else { return }
        let owner = record.ownerSession
        let unit = names.unit(of: owner)
        let delivery = Delivery(
            applID: 1, partitionID: names.data.partitionID,
            sendingTime: record.event.execID.nanos)
        let trader = unit?.traders.first { $0.id == record.event.trader }
        let tradeNames = TradeNames(
            organisation: names.data.organisation, unit: unit?.name ?? "",
            trader: trader?.name ?? "")
        for index in 0..<record.fillCount {
            numbers[unit?.id ?? 0, default: 0] += 1
            guard isWanted, session == nil || session == owner else { continue }
            let length = record.writeTrade(
                index, to: base, delivery, applSeqNum: numbers[unit?.id ?? 0] ?? 0,
                names.reportNames(of: record), tradeNames)
            capture.add(
                UnsafeRawBufferPointer(start: base, count: length), from: Self.dropCopyPort,
                to: clientPort(owner, 50_000), nanos: record.event.execID.nanos)
        }
    }
}
