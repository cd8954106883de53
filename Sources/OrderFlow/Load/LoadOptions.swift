import Client
import Domain

/// What a load run offers, on which sessions, and what it keeps.
public struct LoadOptions: Sendable {
    public enum Pacing: Equatable, Sendable {
        /// Orders a second, planned ahead whatever the answers do.
        case open(rate: Double)
        /// Each session sends when its last batch is answered.
        case closed
    }

    /// How often each kind of request is drawn.
    public struct Mix: Equatable, Sendable {
        public var new = 50
        public var cancel = 40
        public var modify = 5
        public var take = 5

        public init(new: Int = 50, cancel: Int = 40, modify: Int = 5, take: Int = 5) {
            self.new = new
            self.cancel = cancel
            self.modify = modify
            self.take = take
        }

        var sum: Int { new + cancel + modify + take }
    }

    public var pacing = Pacing.open(rate: 1000)
    public var mix = Mix()
    /// Requests that leave in one send.
    public var batch = 1
    public var durationNanos: UInt64 = 10_000_000_000
    public var warmupNanos: UInt64 = 1_000_000_000
    public var seed: UInt64 = 1
    public var spins = false
    public var isStandard = false
    public var instrument: UInt32 = 2001
    public var product: Int32 = 200
    /// Middle of the prices, and the distance between two; resting orders never cross the middle.
    public var middle = Price(units: 585)
    public var tick = Price(raw: Price.unit / 100)
    /// Requests that a session may have in flight, a power of two; a quarter as many orders rest.
    public var inFlightMax = 16 * 1024
    /// Orders that are recorded one by one; 0 = none.
    public var recordCapacity = 0

    public init() {}
}

/// The moments at which an open loop sends, fixed before it starts.
struct SendingPlan {
    let startNanos: UInt64
    let batch: UInt64
    let nanosPerOrder: Double

    init(startNanos: UInt64, rate: Double, batch: Int) {
        self.startNanos = startNanos
        self.batch = UInt64(batch)
        nanosPerOrder = 1e9 / rate
    }

    /// When the order with this number, from 0, is due: a batch is due at its first order's moment.
    func moment(_ number: UInt64) -> UInt64 {
        startNanos + UInt64(Double(number / batch * batch) * nanosPerOrder)
    }
}
