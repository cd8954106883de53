import Domain

/// A request with everything that is known of its way.
public struct MeasuredRequest: Sendable {
    public var stamps: RequestStamps
    /// The client's times; `none` where only the venue was watched.
    public var planned = Timestamp.none
    public var sent = Timestamp.none
    public var received = Timestamp.none

    public init(
        _ stamps: RequestStamps, planned: Timestamp = .none, sent: Timestamp = .none,
        received: Timestamp = .none
    ) {
        self.stamps = stamps
        self.planned = planned
        self.sent = sent
        self.received = received
    }

    /// The whole that the request is ranked by: the client's view if there is one, else the venue's.
    public var wholeNanos: UInt64 {
        received.isNone
            ? stamps.gatewayOut.nanos(since: stamps.gatewayIn) : received.nanos(since: planned)
    }

    func time(_ point: MeasuringPoint) -> Timestamp {
        switch point {
        case .planned: planned
        case .sent: sent
        case .kernelIn: stamps.kernelReceive
        case .gatewayIn: stamps.gatewayIn
        case .engineIn: stamps.engineIn
        case .engineOut: stamps.engineOut
        case .answerIn: stamps.answerIn
        case .gatewayOut: stamps.gatewayOut
        case .received: received
        case .dropCopyIn, .dropCopyOut, .listenerIn, .publicOut: .none
        }
    }

    /// What a stage took, if both its ends were measured and in order.
    func nanos(_ stage: Stage) -> UInt64? {
        let (start, end) = (time(stage.points.from), time(stage.points.to))
        return start.isNone || end.isNone || end < start ? nil : end.nanos - start.nanos
    }
}

/// The slowest requests of a run, slowest first: where to look when a percentile is not enough.
struct SlowRequests {
    private(set) var requests: [MeasuredRequest] = []
    private let capacity: Int
    /// What a request must exceed to be among them; the one comparison most requests cost.
    private var thresholdNanos: UInt64 = 0

    init(capacity: Int = 10) {
        self.capacity = capacity
        requests.reserveCapacity(capacity + 1)
    }

    mutating func note(_ request: MeasuredRequest) {
        let nanos = request.wholeNanos
        guard nanos > thresholdNanos || requests.count < capacity else { return }
        let place = requests.firstIndex { $0.wholeNanos < nanos } ?? requests.count
        requests.insert(request, at: place)
        if requests.count > capacity { requests.removeLast() }
        if requests.count == capacity { thresholdNanos = requests[capacity - 1].wholeNanos }
    }
}
