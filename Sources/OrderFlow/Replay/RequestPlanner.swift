import Client
import Domain

/// What a replay trades, and how its requests look.
public struct ReplayTerms: Sendable, Equatable {
    public var instrument: UInt32
    public var product: Int32
    public var form: OrderForm

    public init(instrument: UInt32 = 2001, product: Int32 = 200, form: OrderForm = .short) {
        self.instrument = instrument
        self.product = product
        self.form = form
    }
}

/// Turns steps into requests.
///
/// Recorded reductions say what goes; a modify says what the new total is. So the total of each
/// order, as far as this side has asked for it, is kept here: fills never change it.
struct RequestPlanner {
    enum Request: Equatable {
        case new(OrderRequest, ClOrdID)
        case modify(OrderRequest, ClOrdID)
        case delete(ClOrdID)
        case take(OrderRequest, ClOrdID)
    }

    private let terms: ReplayTerms
    private var totals: [Int64: Int64] = [:]
    /// Names of the aggressor's orders: far from the file's, which name resting orders.
    private var lastTakeID: UInt64 = 1 << 62

    init(_ terms: ReplayTerms) {
        self.terms = terms
        totals.reserveCapacity(64 * 1024)
    }

    /// The request for a step, or nil when nothing is sent.
    ///
    /// `leavesQty` is what the venue says is open of the step's order; only `reduceOrDelete` asks.
    mutating func request(for step: FlowStep, leavesQty: Quantity? = nil) -> Request? {
        let name = FlowUnits.clOrdID(step.orderID)
        switch step.action {
        case .enter:
            totals[step.orderID] = step.size
            return .new(order(step, quantity: step.size), name)
        case .reduce, .reduceOrDelete:
            // An order this side never entered is named all the same: the venue must refuse.
            guard let total = totals[step.orderID] else {
                return .modify(order(step, quantity: step.size), name)
            }
            let rest = total - step.size
            let takesAll =
                step.action == .reduceOrDelete
                && FlowUnits.quantity(step.size) >= leavesQty ?? .zero
            guard rest > 0, !takesAll else {
                totals[step.orderID] = nil
                return .delete(name)
            }
            totals[step.orderID] = rest
            return .modify(order(step, quantity: rest), name)
        case .delete:
            totals[step.orderID] = nil
            return .delete(name)
        case .take:
            var request = order(step, quantity: step.size)
            request.side = step.side.opposite
            request.timeInForce = .immediateOrCancel
            lastTakeID += 1
            return .take(request, ClOrdID(raw: lastTakeID))
        case .nothing:
            return nil
        }
    }

    private func order(_ step: FlowStep, quantity: Int64) -> OrderRequest {
        OrderRequest(
            side: step.side, price: FlowUnits.price(step.price),
            quantity: FlowUnits.quantity(quantity), instrument: terms.instrument,
            product: terms.product)
    }
}
