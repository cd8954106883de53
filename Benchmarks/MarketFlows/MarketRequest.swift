import Domain

/// What a participant of a made-up market sends.
public struct MarketRequest: BitwiseCopyable, Sendable, Equatable {
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// A limit order that may trade, and then rests.
        case enter
        /// A limit order that trades or is cancelled.
        case immediate
        /// New total and new price.
        case modify
        case cancel
    }

    public var kind: Kind
    public var side: Side
    /// How often the order was changed before.
    public var version: UInt8 = 0
    /// There is no such order any more: it has to be refused.
    public var isStale = false
    /// Orders count from 0.
    public var order: UInt32
    public var tick: Int32
    /// Of an order and of a change: the total, executed part included.
    public var quantity: Int32
    /// What a change adds to the open quantity.
    public var increase: Int32 = 0
    public var timeNanos: UInt64
}
