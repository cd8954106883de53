import Domain
import Testing
import Wire

@testable import Sessions

func millis(_ value: UInt64) -> Timestamp {
    Timestamp(nanos: 1_000_000_000_000 + value * 1_000_000)
}

@Suite("Heartbeats")
struct HeartbeatTests {
    @Test(
        "An interval outside the bounds becomes the nearest one, none the default",
        arguments: [
            (0, 10_000), (UInt32.max, 10_000), (1, 100), (99, 100), (100, 100), (101, 101),
            (10_000, 10_000), (60_000, 60_000), (60_001, 60_000), (4_000_000_000, 60_000),
        ] as [(UInt32, UInt32)])
    func interval(requested: UInt32, applied: UInt32) {
        #expect(HeartbeatInterval.applied(requested: requested) == applied)
    }

    @Test("One goes out every interval, and missed ones are not made up for")
    func outgoing() {
        var schedule = HeartbeatSchedule(intervalMillis: 100, now: millis(0))
        let table: [(UInt64, Bool)] = [
            (0, false), (99, false), (100, true), (100, false), (199, false), (200, true),
            (950, true), (951, false), (1049, false), (1050, true),
        ]
        for (at, expected) in table {
            #expect(schedule.takeOutgoing(now: millis(at)) == expected, "at \(at)")
        }
    }

    @Test("Three silent intervals are a violation, any message starts them anew")
    func silence() {
        var schedule = HeartbeatSchedule(intervalMillis: 100, now: millis(0))
        #expect(schedule.isViolated(at: millis(299)) == false)
        #expect(schedule.isViolated(at: millis(300)) == true)
        schedule.heard(at: millis(299))
        #expect(schedule.isViolated(at: millis(598)) == false)
        #expect(schedule.isViolated(at: millis(599)) == true)
    }

    @Test("The deadline is whichever comes first")
    func deadline() {
        var schedule = HeartbeatSchedule(intervalMillis: 100, now: millis(0))
        #expect(schedule.deadline == millis(100))
        for at in [100, 200] as [UInt64] { _ = schedule.takeOutgoing(now: millis(at)) }
        #expect(schedule.deadline == millis(300))
        _ = schedule.takeOutgoing(now: millis(300))
        #expect(schedule.deadline == millis(300))
    }
}

@Suite("Throttle")
struct ThrottleTests {
    static let limits = ThrottleLimits(messagesMax: 3, intervalMillis: 100, disconnectLimit: 2)

    @Test("The window slides: what lies an interval back makes room, refusals fill nothing")
    func slides() {
        var throttle = Throttle(limits: Self.limits)
        let table: [(UInt64, Bool)] = [
            (0, true), (10, true), (50, true), (60, false), (99, false), (100, true), (105, false),
            (110, true), (149, false), (150, true), (150, false), (1000, true), (1000, true),
            (1000, true), (1000, false),
        ]
        for (at, expected) in table {
            let isOpen = throttle.isOpen(at: millis(at))
            #expect(isOpen == expected, "at \(at)")
            if isOpen { throttle.admit(at: millis(at)) } else { throttle.refuse() }
        }
    }

    @Test("Without a limit everything passes")
    func off() {
        var throttle = Throttle(limits: .none)
        for _ in 0..<10_000 {
            #expect(throttle.isOpen(at: millis(0)) == true)
            throttle.admit(at: millis(0))
        }
    }

    @Test("Only refusals in a row end the session, and a limit of 0 never does")
    func disconnects() {
        var throttle = Throttle(limits: Self.limits)
        #expect(throttle.endsWithNextRefusal == false)
        throttle.refuse()
        throttle.admit(at: millis(0))
        throttle.refuse()
        #expect(throttle.endsWithNextRefusal == false)
        throttle.refuse()
        #expect(throttle.endsWithNextRefusal == true)

        var patient = Throttle(
            limits: ThrottleLimits(messagesMax: 1, intervalMillis: 100, disconnectLimit: 0))
        for _ in 0..<1000 { patient.refuse() }
        #expect(patient.endsWithNextRefusal == false)
    }

    @Test("A clock set back keeps the window shut rather than open")
    func clockBack() {
        var throttle = Throttle(limits: Self.limits)
        for _ in 0..<3 { throttle.admit(at: millis(1000)) }
        #expect(throttle.isOpen(at: millis(10)) == false)
    }

    @Test("It agrees with a list of admissions under random traffic")
    func agreesWithNaive() {
        var random = SplitMix(seed: 7)
        for _ in 0..<50 {
            let limits = ThrottleLimits(
                messagesMax: UInt32(1 + random.next() % 9), intervalMillis: 50, disconnectLimit: 0)
            var throttle = Throttle(limits: limits)
            var admitted: [UInt64] = []
            var at: UInt64 = 0
            for _ in 0..<500 {
                at += random.next() % 20
                let inWindow = admitted.filter { at - $0 < 50 }.count
                let expected = inWindow < Int(limits.messagesMax)
                #expect(throttle.isOpen(at: millis(at)) == expected)
                if expected {
                    throttle.admit(at: millis(at))
                    admitted.append(at)
                }
            }
        }
    }
}

@Suite("Traders, subscriptions, back-off")
struct SessionPartTests {
    @Test("A trader logs in once, and out once")
    func traders() {
        var traders = LoggedInTraders(capacity: 2)
        let (a, b, c) = (TraderID(raw: 11), TraderID(raw: 12), TraderID(raw: 13))
        #expect(traders.contains(a) == false)
        #expect(traders.insert(a) == true)
        #expect(traders.insert(a) == false)
        #expect(traders.insert(b) == true)
        #expect(traders.insert(c) == false)
        #expect(traders.remove(a) == true)
        #expect(traders.remove(a) == false)
        #expect(traders.contains(b) == true)
        #expect(traders.contains(a) == false)
        #expect(traders.contains(.none) == false)
        traders.removeAll()
        #expect(traders.contains(b) == false)
    }

    @Test("The same stream and scope cannot be subscribed twice; handles are never used again")
    func subscriptions() {
        var subscriptions = Subscriptions()
        #expect(subscriptions.subscribe(stream: 2, scope: .max) == .subscribed(applSubID: 1))
        #expect(subscriptions.subscribe(stream: 2, scope: .max) == .duplicate)
        #expect(subscriptions.subscribe(stream: 3, scope: .max) == .subscribed(applSubID: 2))
        #expect(subscriptions.subscribe(stream: 3, scope: 1) == .subscribed(applSubID: 3))
        #expect(subscriptions.unsubscribe(applSubID: 9) == false)
        #expect(subscriptions.unsubscribe(applSubID: 1) == true)
        #expect(subscriptions.unsubscribe(applSubID: 1) == false)
        #expect(subscriptions.subscribe(stream: 2, scope: .max) == .subscribed(applSubID: 4))
    }

    @Test("Subscriptions end at their capacity")
    func subscriptionsFull() {
        var subscriptions = Subscriptions()
        for scope in 0..<UInt32(Subscriptions.capacity) {
            #expect(
                subscriptions.subscribe(stream: 3, scope: scope)
                    == .subscribed(applSubID: scope + 1))
        }
        #expect(subscriptions.subscribe(stream: 3, scope: 99) == .full)
    }

    @Test("Failures beyond the free ones cost growing delays, and success forgets them")
    func backOff() {
        var backOff = LogonBackOff()
        for _ in 0..<3 {
            backOff.failed(at: millis(0))
            #expect(backOff.isBlocked(at: millis(0)) == false)
        }
        for (failure, delay) in [250, 500, 1000, 2000, 4000, 8000, 8000].enumerated() {
            let at = UInt64(failure) * 100_000
            backOff.failed(at: millis(at))
            #expect(backOff.isBlocked(at: millis(at + UInt64(delay) - 1)))
            #expect(!backOff.isBlocked(at: millis(at + UInt64(delay))))
        }
        backOff.succeeded()
        backOff.failed(at: millis(0))
        #expect(backOff.isBlocked(at: millis(0)) == false)
    }
}

@Suite("A session")
struct SessionTests {
    @Test("MsgSeqNum starts behind the logon with every instance and must rise by one")
    func sequence() {
        var session = Session(throttle: .none, tradersMax: 1)
        for instance in 1...3 as ClosedRange<UInt32> {
            session.logOn(requestedHeartbeatMillis: 0, now: millis(0))
            #expect(session.instanceID == instance)
            #expect(session.expectedMsgSeqNum == 2)
            for wrong in [0, 1, 3, .max] as [UInt32] {
                let admission = session.judge(msgSeqNum: wrong, isThrottled: true, now: millis(0))
                #expect(admission == .sequenceBroken)
            }
            let admission = session.judge(msgSeqNum: 2, isThrottled: true, now: millis(0))
            #expect(admission == .admitted)
            session.count(admission, isThrottled: true, now: millis(0))
            #expect(session.expectedMsgSeqNum == 3)
            session.logOff()
        }
    }

    @Test("Judging alone changes nothing; the throttle comes after the number")
    func judging() {
        var session = Session(
            throttle: ThrottleLimits(messagesMax: 1, intervalMillis: 100, disconnectLimit: 1),
            tradersMax: 1)
        session.logOn(requestedHeartbeatMillis: 0, now: millis(0))
        for _ in 0..<5 {
            #expect(session.judge(msgSeqNum: 2, isThrottled: true, now: millis(0)) == .admitted)
        }
        session.count(.admitted, isThrottled: true, now: millis(0))
        #expect(session.judge(msgSeqNum: 2, isThrottled: true, now: millis(1)) == .sequenceBroken)
        #expect(session.judge(msgSeqNum: 3, isThrottled: false, now: millis(1)) == .admitted)
        let refusal = session.judge(msgSeqNum: 3, isThrottled: true, now: millis(1))
        #expect(refusal == .throttled(endsSession: false))
        session.count(refusal, isThrottled: true, now: millis(1))
        #expect(
            session.judge(msgSeqNum: 4, isThrottled: true, now: millis(1))
                == .throttled(endsSession: true))
        #expect(session.judge(msgSeqNum: 4, isThrottled: true, now: millis(100)) == .admitted)
    }

    @Test("Exempt requests touch neither the window nor the count of refusals")
    func exempt() {
        var session = Session(
            throttle: ThrottleLimits(messagesMax: 1, intervalMillis: 100, disconnectLimit: 1),
            tradersMax: 1)
        session.logOn(requestedHeartbeatMillis: 0, now: millis(0))
        session.count(.admitted, isThrottled: true, now: millis(0))
        session.count(.throttled(endsSession: false), isThrottled: true, now: millis(1))
        session.count(.admitted, isThrottled: false, now: millis(2))
        #expect(
            session.judge(msgSeqNum: 5, isThrottled: true, now: millis(3))
                == .throttled(endsSession: true))
    }

    @Test("Logging on again forgets traders and subscriptions, but not the throttle's window")
    func logonAgain() {
        var session = Session(
            throttle: ThrottleLimits(messagesMax: 1, intervalMillis: 100, disconnectLimit: 5),
            tradersMax: 2)
        session.logOn(requestedHeartbeatMillis: 5, now: millis(0))
        #expect(session.heartbeatMillis == 100)
        #expect(session.traders.insert(TraderID(raw: 11)) == true)
        _ = session.subscriptions.subscribe(stream: 2, scope: .max)
        session.count(.admitted, isThrottled: true, now: millis(0))
        session.logOff()
        session.logOn(requestedHeartbeatMillis: 0, now: millis(10))
        #expect(session.traders.count == 0)
        #expect(session.subscriptions.count == 0)
        #expect(
            session.judge(msgSeqNum: 2, isThrottled: true, now: millis(10))
                == .throttled(endsSession: false))
    }
}

@Suite("Rules per template")
struct RequestRuleTests {
    @Test("Exempt from the throttle is the session layer and what deletes")
    func throttled() {
        let throttled = TemplateID.allCases.filter { $0.isRequest && $0.isThrottled }
        #expect(
            throttled.map(\.rawValue).sorted() == [10100, 10106, 10125, 10126])
    }

    @Test("Requests outside the session layer need a trader")
    func trader() {
        let needing = TemplateID.allCases.filter { $0.isRequest && $0.needsTrader }
        #expect(
            needing.map(\.rawValue).sorted() == [10100, 10106, 10109, 10120, 10125, 10126])
    }

    @Test("Responses are offered to nobody, orders to trading sessions only")
    func offered() {
        let askAgain: [TemplateID] = [.retransmitRequest, .retransmitMEMessageRequest]
        for template in TemplateID.allCases {
            #expect(
                template.isOffered(to: .trading, on: .order)
                    == (template.isRequest && template != .retransmitRequest))
            #expect(
                !template.isOffered(to: .operations, on: .order) || !askAgain.contains(template))
            #expect(template.isOffered(to: .backOffice, on: .order) == false)
            #expect(template.isOffered(to: .trading, on: .dropCopy) == false)
            #expect(!template.isOffered(to: .operations, on: .order) || !template.needsTrader)
            #expect(!template.isOffered(to: .operations, on: .dropCopy) || !template.needsTrader)
            #expect(!template.isOffered(to: .backOffice, on: .dropCopy) || !template.needsTrader)
        }
        let everywhere: [TemplateID] = [
            .logonRequest, .logoutRequest, .heartbeat, .subscribeRequest, .unsubscribeRequest,
        ]
        for template in askAgain {
            #expect(template.isOffered(to: .operations, on: .dropCopy))
            #expect(template.isOffered(to: .backOffice, on: .dropCopy))
        }
        for template in everywhere {
            #expect(template.isOffered(to: .operations, on: .order))
            #expect(template.isOffered(to: .operations, on: .dropCopy))
            #expect(template.isOffered(to: .backOffice, on: .dropCopy))
        }
        #expect(TemplateID.marketStateRequest.isOffered(to: .operations, on: .order))
        #expect(!TemplateID.marketStateRequest.isOffered(to: .operations, on: .dropCopy))
        #expect(!TemplateID.marketStateRequest.isThrottled)
        #expect(TemplateID.userLoginRequest.isOffered(to: .backOffice, on: .dropCopy))
        #expect(!TemplateID.userLoginRequest.isOffered(to: .operations, on: .dropCopy))
    }

    @Test("Each port offers its streams; what comes by itself is subscribed to nowhere")
    func streams() {
        let offered = PortKind.allCases.map { port in
            (UInt8.min...UInt8.max).filter { port.scopeRule(ofStream: $0) != nil }
        }
        #expect(offered == [[2, 3, 10], [1, 2, 3, 5, 10]])
        #expect(PortKind.dropCopy.scopeRule(ofStream: 1) == .nothing)
        #expect(PortKind.dropCopy.scopeRule(ofStream: 5) == .session)
        #expect(PortKind.order.scopeRule(ofStream: 3) == .partition)
    }

    @Test("A subscription judged is the one then made, and its handle is known until it ends")
    func handles() {
        var subscriptions = Subscriptions()
        let judged = subscriptions.judge(stream: 5, scope: 7)
        #expect(judged == .subscribed(applSubID: 1))
        #expect(subscriptions.count == 0 && !subscriptions.contains(applSubID: 1))
        let made = subscriptions.subscribe(stream: 5, scope: 7)
        #expect(made == judged && subscriptions.contains(applSubID: 1))
        #expect(subscriptions.judge(stream: 5, scope: 7) == .duplicate)
        let isEnded = subscriptions.unsubscribe(applSubID: 1)
        #expect(isEnded && !subscriptions.contains(applSubID: 1))
        #expect(subscriptions.judge(stream: 5, scope: 7) == .subscribed(applSubID: 2))
    }
}

/// A small generator for tests: the seed repeats a run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
