/// A place that a request, its answer or a copy of it passes, and where somebody reads the clock.
public enum MeasuringPoint: UInt8, CaseIterable, Sendable {
    /// The client's plan: when the request was due.
    case planned
    /// The client handed the request to its system.
    case sent
    /// The kernel had the request's last byte.
    case kernelIn
    /// RequestTime.
    case gatewayIn
    /// TrdRegTSTimeIn.
    case engineIn
    /// TrdRegTSTimeOut.
    case engineOut
    /// ResponseIn.
    case answerIn
    /// SendingTime of the answer.
    case gatewayOut
    /// The client had the answer.
    case received
    /// NotificationIn: the drop copy read the event.
    case dropCopyIn
    /// SendingTime of the drop copy's message.
    case dropCopyOut
    /// The listener had the message.
    case listenerIn
    /// TransactTime of the packet by which the public heard of it.
    case publicOut

    /// How people call it.
    public var words: String {
        switch self {
        case .planned: "planned"
        case .sent: "sent"
        case .kernelIn: "kernel in"
        case .gatewayIn: "gateway in"
        case .engineIn: "engine in"
        case .engineOut: "engine out"
        case .answerIn: "answer in"
        case .gatewayOut: "gateway out"
        case .received: "received"
        case .dropCopyIn: "copy in"
        case .dropCopyOut: "copy out"
        case .listenerIn: "listener"
        case .publicOut: "feed out"
        }
    }
}

/// A part of the way between two measuring points, in the order in which reports show them.
public enum Stage: Int, CaseIterable, Sendable {
    // The way of a request and its answer, part by part.
    case sending, request, kernel, queue, engine, back, encoding, answer
    // Several parts in one.
    case venue, service, response
    /// The venue alone for what its gateway answers itself: logons, requests refused at the door.
    case gatewayOnly
    // The drop copy.
    case copyIn, copyThrough, copyWay, copyDelay, copyAfterAnswer
    // The public feed. Either the answer or the public is first: each transaction is in one of the two.
    case feedWay, feedAfterAnswer, feedBeforeAnswer

    /// What kind of line a stage is in a report.
    public enum Family: Sendable, CaseIterable {
        /// Parts that follow one another: their times add up.
        case part
        /// Spans of several parts.
        case whole
        case dropCopy
        case feed
    }

    public var points: (from: MeasuringPoint, to: MeasuringPoint) {
        switch self {
        case .sending: (.planned, .sent)
        case .request: (.sent, .gatewayIn)
        case .kernel: (.kernelIn, .gatewayIn)
        case .queue: (.gatewayIn, .engineIn)
        case .engine: (.engineIn, .engineOut)
        case .back: (.engineOut, .answerIn)
        case .encoding: (.answerIn, .gatewayOut)
        case .answer: (.gatewayOut, .received)
        case .venue, .gatewayOnly: (.gatewayIn, .gatewayOut)
        case .service: (.sent, .received)
        case .response: (.planned, .received)
        case .copyIn: (.engineOut, .dropCopyIn)
        case .copyThrough: (.dropCopyIn, .dropCopyOut)
        case .copyWay: (.dropCopyOut, .listenerIn)
        case .copyDelay: (.engineOut, .listenerIn)
        case .copyAfterAnswer: (.gatewayOut, .listenerIn)
        case .feedWay: (.engineOut, .publicOut)
        case .feedAfterAnswer: (.gatewayOut, .publicOut)
        case .feedBeforeAnswer: (.publicOut, .gatewayOut)
        }
    }

    public var family: Family {
        switch self {
        case .sending, .request, .kernel, .queue, .engine, .back, .encoding, .answer: .part
        case .venue, .service, .response, .gatewayOnly: .whole
        case .copyIn, .copyThrough, .copyWay, .copyDelay, .copyAfterAnswer: .dropCopy
        case .feedWay, .feedAfterAnswer, .feedBeforeAnswer: .feed
        }
    }

    /// Whether the stage is one of those that add up to the whole. The kernel's is not: it lies within
    /// the request's way from the client.
    var isAddend: Bool { family == .part && self != .kernel }

    /// At most 23 characters, so that a line of figures fits a terminal of 80 columns.
    public var label: String {
        switch self {
        case .venue: "gateway in → out"
        case .gatewayOnly: "answered without engine"
        default: "\(points.from.words) → \(points.to.words)"
        }
    }

    /// One word for logs and JSON.
    public var tag: String {
        switch self {
        case .gatewayOnly: "gateway_only"
        default:
            "\(points.from.words)..\(points.to.words)".map { $0 == " " ? "_" : String($0) }
                .joined()
        }
    }

    /// What the time was spent on, in a few words for a report's reader.
    public var explanation: String {
        switch self {
        case .sending: "the client was late: the request was due and not handed over yet"
        case .request: "the client's system, the network and the gateway's attention"
        case .kernel: "the bytes lay in the kernel"
        case .queue: "decoding, checks, and the queue before the engine"
        case .engine: "risk checks, matching, the events of the transaction"
        case .back: "the events waited for the gateway"
        case .encoding: "the answer was written"
        case .answer: "the sending, the network and the client's attention"
        case .venue: "the venue, from reading the request to writing the answer"
        case .service: "the client's view, from handing over"
        case .response: "the client's view, from the planned moment: stalls count"
        case .gatewayOnly: "logons and requests that never reached the engine"
        case .copyIn: "the event waited for the drop copy"
        case .copyThrough: "history, and writing the message"
        case .copyWay: "the sending, the network and the listener's attention"
        case .copyDelay: "an event until its listener has it"
        case .copyAfterAnswer: "how long after the answer a listener knows"
        case .feedWay: "the event waited for the publisher of market data"
        case .feedAfterAnswer: "how long after the answer the public was told, where it was later"
        case .feedBeforeAnswer: "how long before the answer, where it was earlier"
        }
    }
}
