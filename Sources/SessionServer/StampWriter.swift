import Domain
import Rings

/// Notes for other programs when each answered request passed which point of its way.
///
/// Nobody is waited for: who reads too slowly loses records. What was noted becomes visible with
/// `publish`, once per batch. Written by the port's thread alone.
public struct StampWriter: ~Copyable {
    /// Notes that become visible at the latest when so many are there; the ring has more slots.
    @usableFromInline static let batchMax = 64

    @usableFromInline var ring: BroadcastRing<RequestStamps>.Producer
    @usableFromInline var pending = 0

    /// `ring` has no gating consumers, and room for a batch.
    public init(_ ring: consuming BroadcastRing<RequestStamps>.Producer) {
        self.ring = ring
        makeRoom()
    }

    /// Notes that nobody can read.
    public static func unseen() -> StampWriter {
        var ring = BroadcastRing<RequestStamps>.make(capacity: batchMax, gatingConsumers: 0)
        return StampWriter(ring.takeProducer())
    }

    /// The record is put together in its place, where nothing has to be kept for it meanwhile.
    @inlinable @inline(__always)
    mutating func note(_ stamps: @autoclosure () -> RequestStamps) {
        if pending == Self.batchMax { publishBatch() }
        let slot = ring.slot(at: pending)
        pending &+= 1
        stamps().forEachWord { slot.store(word: $0, $1) }
    }

    @inline(__always)
    mutating func publish() {
        if pending > 0 { publishBatch() }
    }

    @usableFromInline @inline(never)
    mutating func publishBatch() {
        ring.publish(pending)
        pending = 0
        makeRoom()
    }

    /// Nobody holds the ring up, so there is always room for another batch.
    private mutating func makeRoom() {
        let hasRoom = ring.hasRoom(for: Self.batchMax)
        precondition(hasRoom, "the ring has room for a batch")
    }
}
