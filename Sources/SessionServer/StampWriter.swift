import Domain
import Rings

/// Notes for other programs when each answered request passed which point of its way.
///
/// Nobody is waited for: who reads too slowly loses records. What was noted becomes visible with
/// `publish`, once per batch. Written by the port's thread alone.
public struct StampWriter: ~Copyable {
    /// Notes that become visible at the latest when so many are there; the ring has more slots.
    private static let batchMax = 64

    private var ring: BroadcastRing<RequestStamps>.Producer
    private var pending = 0

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

    @inline(__always)
    mutating func note(_ stamps: RequestStamps) {
        if pending == Self.batchMax { publishBatch() }
        ring.write(stamps, at: pending)
        pending &+= 1
    }

    /// True when something noted is not visible yet.
    var arePending: Bool { pending > 0 }

    @inline(__always)
    mutating func publish() {
        if pending > 0 { publishBatch() }
    }

    @inline(never)
    private mutating func publishBatch() {
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
