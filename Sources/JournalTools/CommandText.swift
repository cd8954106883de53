import CommandLineTool
import DataOutput
import Domain

/// A kept command for people and for programs.
struct CommandText {
    let names: MarketNames

    /// One line: place, moment, kind, who, what.
    func line(_ command: Command) -> String {
        "\(command.sequence) \(NumberText.exactMoment(command.timeIn)) \(command.kind) "
            + words(command)
    }

    private func words(_ command: Command) -> String {
        switch command.kind {
        case .newOrder:
            return who(command)
                + names.terms(
                    command.attributes.side, command.quantity, command.instrument, command.price)
                + ", \(command.attributes.words)" + clOrdIDs(command)
        case .modifyOrder:
            return who(command) + order(command) + " to "
                + names.terms(
                    command.attributes.side, command.quantity, command.instrument, command.price)
                + clOrdIDs(command)
        case .deleteOrder: return who(command) + order(command) + clOrdIDs(command)
        case .deleteAllOrders:
            let owner =
                command.targetSession.isNone
                ? "" : " of \(names.session(command.targetSession))"
            return who(command) + "all in \(names.name(command.product))\(owner)"
        case .sessionStarted:
            return "\(names.session(command.session)), instance \(command.sessionInstanceID)"
        case .sessionEnded:
            return "\(names.session(command.session)), reason \(command.massActionReason.rawValue)"
        case .startBusinessDay: return "\(command.date)"
        case .changeMarketState:
            return who(command) + "\(command.marketStateAction)"
                + (command.product.isNone ? "" : " product \(names.name(command.product))")
                + (command.instrument.isNone ? "" : " instrument \(names.name(command.instrument))")
        case .listOrders: return "from place \(command.listingPosition)"
        case .restart: return command.date == .max ? "" : "on \(command.date)"
        case .continueMassCancel: return ""
        }
    }

    private func who(_ command: Command) -> String {
        let trader = command.trader.isNone ? "" : " \(names.trader(command.trader))"
        return "\(names.session(command.session))\(trader) request \(command.msgSeqNum): "
    }

    private func order(_ command: Command) -> String {
        command.orderID.isNone ? "the order named" : "order \(command.orderID.raw)"
    }

    private func clOrdIDs(_ command: Command) -> String {
        var text = ""
        if !command.origClOrdID.isNone { text += ", OrigClOrdID \(command.origClOrdID.raw)" }
        if !command.clOrdID.isNone { text += ", ClOrdID \(command.clOrdID.raw)" }
        return text
    }

    /// The members of an object; what a command lacks is left out.
    func write(_ command: Command, to json: inout JSONWriter) {
        json.field("sequence", command.sequence)
        json.field("time_in", command.timeIn.nanos)
        json.field("kind", "\(command.kind)")
        if !command.requestTime.isNone { json.field("request_time", command.requestTime.nanos) }
        if let session = names.sessionID(command.session) { json.field("session", session) }
        if command.sessionInstanceID > 0 {
            json.field("session_instance", command.sessionInstanceID)
        }
        if command.msgSeqNum != .max { json.field("msg_seq_num", command.msgSeqNum) }
        if !command.trader.isNone { json.field("trader", command.trader.raw) }
        if let instrument = names.instrument(command.instrument) {
            json.field("security_id", instrument.securityID)
            json.field("instrument", instrument.name)
        }
        if let product = names.product(command.product) {
            json.field("market_segment_id", product.marketSegmentID)
        }
        // Larger than what other programs read exactly as a number.
        if !command.orderID.isNone { json.field("order_id", "\(command.orderID.raw)") }
        if !command.clOrdID.isNone { json.field("cl_ord_id", "\(command.clOrdID.raw)") }
        if !command.origClOrdID.isNone {
            json.field("orig_cl_ord_id", "\(command.origClOrdID.raw)")
        }
        writeTerms(command, to: &json)
    }

    private func writeTerms(_ command: Command, to json: inout JSONWriter) {
        switch command.kind {
        case .newOrder, .modifyOrder:
            json.field("side", "\(command.attributes.side)")
            json.field("price", NumberText.number(command.price))
            json.field("quantity", NumberText.number(command.quantity))
            json.field("ord_type", command.attributes.ordType.word)
            json.field("time_in_force", command.attributes.timeInForce.word)
            json.field("exec_inst", command.attributes.execInst.word)
            json.field("standard", command.attributes.isStandard)
        case .deleteAllOrders:
            json.field("target_session", names.sessionID(command.targetSession))
        case .sessionEnded: json.field("mass_action_reason", command.massActionReason.rawValue)
        case .startBusinessDay: json.field("date", command.date)
        case .restart: json.field("date", command.date == .max ? nil : command.date)
        case .changeMarketState: json.field("action", "\(command.marketStateAction)")
        case .deleteOrder, .sessionStarted, .continueMassCancel, .listOrders: break
        }
    }
}
