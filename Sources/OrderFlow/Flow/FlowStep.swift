import Domain

/// What is sent for one row, or for a sweep of several, and what must be true after it.
public struct FlowStep: Equatable, Sendable {
    public enum Action: UInt8, Sendable {
        /// A limit order for the day.
        case enter
        /// A change to a smaller total.
        case reduce
        case delete
        /// An immediate-or-cancel order on the other side.
        case take
        /// An execution that the venue cannot repeat: the order is reduced, or deleted when nothing
        /// of it is left.
        case reduceOrDelete
        /// Nothing is sent; the book must be as before.
        case nothing
    }

    public var action: Action
    /// The rows of the step; the last one's best prices are the truth.
    public var firstRow: Int
    public var lastRow: Int
    public var timeNanos: Int64
    /// The resting order; for a sweep the first that trades.
    public var orderID: Int64
    /// Side of the resting order.
    public var side: Side
    public var price: Int64
    public var size: Int64
    /// The venue must not know the order.
    public var expectsReject: Bool
}

/// Turns rows into steps by the rules of the data: one step a row, or one a sweep.
public struct FlowPlan {
    private let flow: RecordedFlow
    private let sweeps: Bool
    private let endRow: Int
    private var row: Int

    /// Rows from `from` to `to`, both included; without values all that the seed allows.
    public init(_ flow: RecordedFlow, sweeps: Bool, from: Int? = nil, to: Int? = nil) {
        self.flow = flow
        self.sweeps = sweeps
        row = from ?? flow.firstRow
        endRow = min(flow.events.count, to.map { $0 + 1 } ?? flow.events.count)
    }

    /// The next step, or nil after the last row.
    public mutating func next() -> FlowStep? {
        guard row < endRow else { return nil }
        let event = flow.events[row]
        let exception = flow.exceptions[row]
        var step = FlowStep(
            action: .nothing, firstRow: row, lastRow: row, timeNanos: event.timeNanos,
            orderID: event.orderID, side: event.side, price: event.price, size: event.size,
            expectsReject: exception == .unknownOrder)
        switch event.kind {
        case .newOrder: step.action = .enter
        case .reduction: step.action = .reduce
        case .deletion: step.action = .delete
        case .hiddenExecution: step.action = .nothing
        case .execution where exception == .executionNotAtFront: step.action = .reduceOrDelete
        case .execution:
            step.action = .take
            if sweeps { extend(&step) }
        }
        row = step.lastRow + 1
        return step
    }

    /// Adds the neighbouring executions of the same moment and direction to a step.
    private func extend(_ step: inout FlowStep) {
        var index = step.lastRow + 1
        while index < endRow {
            let event = flow.events[index]
            if event.kind == .hiddenExecution {
                index += 1
                continue
            }
            guard event.kind == .execution, event.timeNanos == step.timeNanos,
                event.side == step.side, flow.exceptions[index] == nil
            else { return }
            step.size += event.size
            step.price =
                step.side == .buy ? min(step.price, event.price) : max(step.price, event.price)
            step.lastRow = index
            index += 1
        }
    }
}

extension RecordedFlow {
    /// The fills that a step's rows record, in their order.
    func recordedFills(_ step: FlowStep) -> [NaiveBook.Fill] {
        var fills: [NaiveBook.Fill] = []
        for row in step.firstRow...step.lastRow where events[row].kind == .execution {
            let event = events[row]
            fills.append(.init(orderID: event.orderID, price: event.price, size: event.size))
        }
        return fills
    }
}
