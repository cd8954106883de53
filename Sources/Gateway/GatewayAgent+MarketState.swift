import Domain
import Reports
import SessionServer
import Wire

// Requests of market operations, and what everybody is told because of them.
extension GatewayAgent {
    /// 60000: halts, resumes, closes or opens a product or an instrument, or ends the day.
    ///
    /// Every session of the order port may send it, so that those which may not hear why.
    mutating func changeMarketState(
        _ change: MarketStateRequestView, _ request: PortRequest
    ) -> FrameOutcome {
        guard port.reference.sessions[request.session.index].kind == .operations else {
            return .refused(Refusal(.notEntitledToRequest))
        }
        guard let action = MarketStateAction(rawValue: change.marketStateAction) else {
            return refuse(.invalidValue, .marketStateAction, request)
        }
        var command = Command(kind: .changeMarketState)
        command.marketStateAction = action
        command.date = CivilDate(nanos: request.receivedAt.nanos).number
        let isOfInstrument = change.securityID != Null.i64
        if change.marketSegmentID == Null.i32 {
            // Only the day ends everywhere at once.
            guard action == .endOfDay else { return refuse(.missing, .marketSegmentID, request) }
        } else {
            command.product = port.product(marketSegmentID: change.marketSegmentID)
            guard !command.product.isNone else {
                return .refused(
                    Refusal(.productUnknown, number: Int64(change.marketSegmentID)))
            }
        }
        if isOfInstrument {
            guard action != .endOfDay else { return refuse(.invalidValue, .securityID, request) }
            command.instrument = port.instrument(securityID: change.securityID)
            guard !command.instrument.isNone else {
                return .refused(Refusal(.instrumentUnknown, number: change.securityID))
            }
            guard port.reference.instruments[command.instrument.index].product == command.product
            else {
                return .refused(Refusal(.instrumentNotInProduct, number: change.securityID))
            }
        }
        let outcome = submit(command)
        if case .forwarded = outcome { port.holdUntilAnswered(request) }
        return outcome
    }

    func refuse(
        _ kind: FieldViolation.Kind, _ field: WireField, _ request: PortRequest
    ) -> FrameOutcome {
        .refused(Refusal(FieldViolation(kind, field), of: request.template))
    }

    /// 10307 to every trading session that is logged on.
    mutating func announce(_ event: Event, at slot: Int, answerIn: Timestamp) {
        let context = events.read(at: slot + 1, as: EventContext.self)
        var delivery = Delivery(
            applID: 4, partitionID: port.reference.partitionID, sendingTime: clock.now().nanos)
        delivery.timeOut = engineOut.time(of: event.sequence).nanos
        delivery.notificationIn = answerIn.nanos
        let id = ApplMsgID(execID: event.execID.nanos, index: UInt64(context.messageIndex))
        let product = context.product
        let marketSegmentID = product.isNone ? Null.i32 : port.reference.products[product.index]
        let record = wholeRecord(of: event, at: slot)
        for session in 0..<port.reference.sessions.count
        where port.reference.sessions[session].kind == .trading {
            let index = port.connection(of: SessionIndex(session))
            let length = TradingSessionStatusBroadcastWriter.fixedLength
            guard index >= 0, let space = port.space(index, length) else { continue }
            record.writeSessionEvent(
                to: space, delivery, id: id, marketSegmentID: marketSegmentID)
            port.commit(index, length)
        }
    }
}
