import Domain

/// Something that a datagram told, for those who follow the market event by event.
///
/// Events of one engine transaction come in the feed's order, the changed best prices last.
@frozen public struct PublicEvent: BitwiseCopyable, Sendable {
    @frozen public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// Best prices, or their quantities or counts, changed: `top`.
        case topOfBook
        /// A trade at one price: `price`, `quantity`, aggressor's `side` if `hasAggressor`, `matchID`.
        /// A transaction that trades at several prices gives one for each.
        case trade
        /// One resting order traded (13104, 13105): its `side` and `timePriority`, `price` and `quantity`
        /// of the execution.
        case orderExecuted
        /// An aggressor traded (13202): whole `quantity`, last `price`, its `side`.
        case executionSummary
        /// `instrument`'s trading state changed.
        case instrumentState
        /// The product's trading state changed; no instrument.
        case productState
        /// The book became true: joined or repaired. `time` is the engine time that the snapshot was as of;
        /// `none` when the missing packet came itself and nothing was missed.
        case live
        /// The book can no longer be trusted.
        case stale
    }

    public var kind: Kind
    public var hasAggressor = false
    public var side = Side.buy
    /// TrdMatchID; all ones = none.
    public var matchID = UInt32.max
    /// Index for `PublicBookBuilder.instrument(_:)`; -1 for a product's event.
    public var instrument: Int32
    public var marketSegmentID: Int32
    /// Engine time of the transaction (ExecID); of `live` see there, `none` for `stale`.
    public var time: Timestamp
    public var price = Price.none
    public var quantity = Quantity.zero
    public var timePriority = Timestamp.none
    public var top = TopOfBook()

    init(_ kind: Kind, instrument: Int32, marketSegmentID: Int32, time: Timestamp) {
        self.kind = kind
        self.instrument = instrument
        self.marketSegmentID = marketSegmentID
        self.time = time
    }
}
