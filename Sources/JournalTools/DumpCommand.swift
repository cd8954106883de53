import CommandLineTool
import Domain
import Engine

/// `apus-journal dump`: the commands one by one, and on request what they did.
struct DumpCommand {
    var from: UInt64 = 1
    var through: UInt64 = .max
    /// Only this session's requests.
    var session: SessionIndex?
    /// Only commands that did something to this order.
    var order: OrderID?
    var showsEvents = false

    func run(_ history: KeptHistory, _ output: ToolOutput) throws {
        let end = try history.end()
        let last = min(through, end.lastSequence)
        // What a command did to an order only its repetition tells, and that begins at the start.
        guard order != nil || showsEvents else { return try dumpCommands(history, last, output) }
        var walk = try ReplayWalk(history, from: Partition(history.partition), through: last)
        while let command = try walk.next() {
            output.passed(command.sequence, of: last)
            guard command.sequence >= from, isMeant(command) else {
                walk.drop()
                continue
            }
            let events = try walk.events()
            if let order, !events.contains(where: { $0.event.orderID == order }),
                command.orderID != order
            {
                continue
            }
            show(command, showsEvents ? events : [], history.names, output)
            if output.lines.isClosed { return }
        }
    }

    private func dumpCommands(
        _ history: KeptHistory, _ last: UInt64, _ output: ToolOutput
    ) throws {
        guard from <= last else { return }
        var reader = try history.commands(from: from)
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        while try reader.next(through: last, &command, &details) {
            if isMeant(command) { show(command, [], history.names, output) }
            if output.lines.isClosed { return }
        }
    }

    private func isMeant(_ command: Command) -> Bool {
        guard let session else { return true }
        return command.session == session
    }

    private func show(
        _ command: Command, _ events: [SeenEvent], _ names: MarketNames, _ output: ToolOutput
    ) {
        let (text, eventText) = (CommandText(names: names), EventText(names: names))
        guard output.isJSON else {
            output.add(text.line(command))
            for seen in events { output.add("    " + eventText.line(seen)) }
            return
        }
        output.object { json in
            text.write(command, to: &json)
            guard showsEvents else { return }
            json.array("events") { json in
                for seen in events { json.object { eventText.write(seen, to: &$0) } }
            }
        }
    }
}
