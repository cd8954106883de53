/// What the network knows of one connection: trivial, in a table, reset when its place is used again.
struct UringConnection {
    /// The life of a place in the table.
    ///
    ///     free ▸ open ▸ finished ▸ free
    ///             └▸ draining ▸ lingering ▴
    enum Phase: UInt8 {
        case free
        /// Reads and writes.
        case open
        /// Closed from here: sends what is left, input is thrown away.
        case draining
        /// All is sent and our end announced: waits for the peer's, so that nothing of ours is lost to
        /// a reset.
        case lingering
        /// `closed` is reported; operations under way come to their end.
        case finished
    }

    var phase = Phase.free
    var descriptor: Int32 = -1
    /// Counts the lives of the place; 24 bits travel with every operation.
    var generation: UInt32 = 0

    /// Operations whose last completion is to come. Memory is used again only at zero.
    var operationCount: Int32 = 0
    /// Timer ticks since something last moved, while draining or lingering.
    var tickCount: Int32 = 0

    // What stands out
    var isQueued = false
    var isReceiving = false
    var isSending = false
    var receivedIsPending = false
    var sentIsPending = false

    // What was asked for, and what was done about it
    var wantsPromotion = false
    var promotionCancelIsSent = false
    var ignoresInput = false
    var isReset = false
    var isShutDown = false
    var peerHasEnded = false
    var closedIsTaken = false

    // Input: positions in the small buffer, or in the stream once there is a group.
    var group: Int32 = -1
    var bufferTail: UInt16 = 0
    var readPosition = 0
    var writePosition = 0
    /// How far into the stream the kernel has been given buffers.
    var providedPosition = 0

    // Output: blocks in order.
    var headBlock: Int32 = -1
    var tailBlock: Int32 = -1
    var spaceIsHandedOut = false
    /// Somebody wanted room for more and was refused.
    var lacksRoom = false
    var unsentCount = 0
    /// When the oldest byte of the send under way was committed.
    var sendingSince: UInt64 = 0
}
