import Domain

/// What the messages of one engine transaction have told so far.
struct TransactionState {
    /// Engine time; `none` between transactions.
    var time = Timestamp.none
    /// Executions of resting orders at one price, which make one trade.
    var trade: PendingTrade?
    /// The aggressor's summary, until the executions behind it or a trade report account for it.
    var summary: PendingTrade?
    /// The latest summary's aggressor, for the executions behind it.
    var aggressor: (instrument: Int, side: Side)?
}

struct PendingTrade {
    var instrument: Int
    var matchID: UInt32
    var price: Price
    var quantity: Quantity
    var aggressor: Side?
}
