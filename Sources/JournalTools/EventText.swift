import CommandLineTool
import DataOutput
import Domain
import SessionServer

/// What a command did, for people and for programs.
struct EventText {
    let names: MarketNames

    /// One line: kind, whom it is for, what it says of the order, and its executions.
    func line(_ seen: SeenEvent) -> String {
        let event = seen.event
        var text = "\(event.kind) for \(names.session(seen.owner))"
        if event.kind == .requestRejected { return text + ": " + Self.refusal(event) }
        if !event.orderID.isNone, !event.instrument.isNone {
            text += ": order \(event.orderID.raw), "
            text += names.terms(event.side, event.orderQty, event.instrument, event.price)
            text += ", open \(NumberText.quantity(event.leavesQty)), executed "
            text += "\(NumberText.quantity(event.cumQty)), \(event.ordStatus.word)"
        }
        for fill in seen.fills {
            text += "; \(NumberText.quantity(fill.quantity)) at "
            text += "\(names.price(fill.price, event.instrument)) (match \(fill.matchID))"
        }
        return text
    }

    func write(_ seen: SeenEvent, to json: inout JSONWriter) {
        let event = seen.event
        json.field("kind", "\(event.kind)")
        json.field("exec_id", event.execID.nanos)
        if let session = names.sessionID(seen.owner) { json.field("session", session) }
        if event.kind == .requestRejected {
            json.field("reject_reason", event.reject.reason.rawValue)
            json.field("text", Self.refusal(event))
        }
        guard !event.orderID.isNone, let instrument = names.instrument(event.instrument) else {
            return
        }
        json.field("order_id", "\(event.orderID.raw)")
        json.field("security_id", instrument.securityID)
        json.field("side", "\(event.side)")
        json.field("price", NumberText.number(event.price))
        json.field("order_qty", NumberText.number(event.orderQty))
        json.field("leaves_qty", NumberText.number(event.leavesQty))
        json.field("cum_qty", NumberText.number(event.cumQty))
        json.field("ord_status", event.ordStatus.word)
        guard !seen.fills.isEmpty else { return }
        json.array("fills") { json in
            for fill in seen.fills {
                json.object {
                    $0.field("price", NumberText.number(fill.price))
                    $0.field("quantity", NumberText.number(fill.quantity))
                    $0.field("match_id", fill.matchID)
                    $0.field("trade_id", fill.tradeID)
                    $0.field("side_trade_id", fill.sideTradeID)
                }
            }
        }
    }

    /// Why a request was refused, in the words that its sender read.
    static func refusal(_ event: Event) -> String {
        withUnsafeTemporaryAllocation(byteCount: RejectText.lengthMax, alignment: 8) { space in
            guard let base = space.baseAddress else { return "" }
            var text = RejectText(base)
            text.explainOrder(event.reject, value: event.rejectValue)
            let words = String(
                decoding: UnsafeRawBufferPointer(start: base, count: text.count), as: UTF8.self)
            return "\(words) (reason \(event.reject.reason.rawValue))"
        }
    }
}
