import Domain
import OrderFlow

/// Makes the requests of a made-up market one by one, the same ones for the same profile.
///
/// It keeps the book itself, as participants know what became of their orders: nobody withdraws what
/// has traded, but for the few who are too late.
public struct MarketGenerator {
    /// What somebody will do with an order.
    private struct Intention {
        var kind: MarketRequest.Kind
        var order: UInt32
        /// It is done although the order has gone, because it has.
        var isStale = false
    }

    public let profile: MarketProfile
    private var random: SplitMix
    private(set) var book: TickBook
    private var versions: [UInt8] = []
    /// Intentions by the step at which they are carried out, in a circle.
    private var agenda: [[Intention]]
    private var due = 0
    /// New orders so far.
    private var step = 0
    /// New orders along the path.
    private let pathSteps: Double
    /// How far the walk is from the path.
    private var drift: Int32 = 0
    /// Where the middle is.
    private(set) var middle: Int32

    /// Orders in the book now.
    public var restingCount: Int { book.restingCount }

    public init(_ profile: MarketProfile) {
        self.profile = profile
        random = SplitMix(seed: profile.seed)
        book = TickBook(profile.ticks)
        let stepsAhead = profile.lifetimeMedianNanos * 16 / profile.arrivalNanos + 16
        agenda = Array(repeating: [], count: stepsAhead)
        let resting = 1 - profile.immediateShare
        pathSteps =
            Double(profile.pathMessages)
            / (1 + resting * (profile.modifiedShare + profile.cancelledShare))
        middle = profile.path.tick(at: 0)
    }

    public mutating func next() -> MarketRequest {
        while due < agenda[step % agenda.count].count {
            let intention = agenda[step % agenda.count][due]
            due += 1
            if let request = carryOut(intention) { return request }
        }
        agenda[step % agenda.count].removeAll(keepingCapacity: true)
        due = 0
        step += 1
        return enterNext()
    }

    // MARK: New orders

    private mutating func enterNext() -> MarketRequest {
        moveMiddle()
        let isImmediate = random.unit() < profile.immediateShare
        let side: Side = random.next() & 1 == 0 ? .buy : .sell
        let isThrough = isImmediate && random.unit() < profile.hitShare
        let isBelow = (side == .buy) != isThrough
        let range = isImmediate ? profile.immediateQuantity : profile.restingQuantity
        let order = UInt32(versions.count)
        versions.append(0)
        let request = MarketRequest(
            kind: isImmediate ? .immediate : .enter, side: side, order: order,
            tick: middle + (isBelow ? -distance() : distance()), quantity: draw(range),
            timeNanos: now)
        book.apply(request)
        if !isImmediate { plan(order) }
        return request
    }

    private mutating func moveMiddle() {
        let path = profile.path
        if path.stepOrders > 0, step % path.stepOrders == 0 {
            drift += random.next() & 1 == 0 ? 1 : -1
            drift = max(-path.reach, min(path.reach, drift))
        }
        middle =
            path.tick(at: (Double(step) / pathSteps).truncatingRemainder(dividingBy: 1)) + drift
    }

    /// Ticks from the middle, by the power law, none beyond the most.
    private mutating func distance() -> Int32 {
        while true {
            let inverse = 1 / (1 - random.unit())
            var distance = 1.0
            for _ in 0..<profile.depthPower { distance *= inverse }
            if distance < Double(profile.depthMax) + 1 { return Int32(distance) }
        }
    }

    private mutating func draw(_ range: ClosedRange<Int32>) -> Int32 {
        range.lowerBound + Int32(random.below(range.count))
    }

    private var now: UInt64 { UInt64(step) * UInt64(profile.arrivalNanos) + UInt64(due) }

    // MARK: What becomes of them

    /// Decides about the life of an order that may rest.
    private mutating func plan(_ order: UInt32) {
        let isModified = random.unit() < profile.modifiedShare
        let isCancelled = random.unit() < profile.cancelledShare
        let life = max(1, lifetimeNanos() / profile.arrivalNanos)
        if isModified {
            schedule(Intention(kind: .modify, order: order), in: max(1, random.below(life)))
        }
        if isCancelled { schedule(Intention(kind: .cancel, order: order), in: life) }
    }

    /// A doubling from -4 to 4, and a place within it: no logarithm, which differs from one machine to
    /// the next.
    private mutating func lifetimeNanos() -> Int {
        let sixteenths = profile.lifetimeMedianNanos << random.below(8)
        return (sixteenths + Int(Double(sixteenths) * random.unit())) / 16
    }

    private mutating func schedule(_ intention: Intention, in steps: Int) {
        agenda[(step + min(steps, agenda.count - 1)) % agenda.count].append(intention)
    }

    /// The request that an intention comes to; nil when there is no reason for it any more.
    private mutating func carryOut(_ intention: Intention) -> MarketRequest? {
        let order = intention.order
        guard intention.isStale != book.isLive(order) else { return nil }
        var request = MarketRequest(
            kind: intention.kind, side: book.side(order), version: versions[Int(order)],
            isStale: intention.isStale, order: order, tick: book.tick(order),
            quantity: book.total(order), timeNanos: now)
        if intention.kind == .modify {
            request.increase = 1 + Int32(random.below(Int(profile.restingQuantity.lowerBound)))
            request.quantity += request.increase
            if random.unit() < profile.repricedShare, !intention.isStale {
                request.tick += random.next() & 1 == 0 ? 1 : -1
                request.tick = min(
                    max(request.tick, profile.ticks.lowerBound), profile.ticks.upperBound)
            }
            if !intention.isStale { versions[Int(order)] += 1 }
        } else if !intention.isStale {
            if random.unit() < profile.staleShare { comeTooLate(.cancel, order) }
            if random.unit() < profile.staleShare { comeTooLate(.modify, order) }
        }
        book.apply(request)
        return request
    }

    private mutating func comeTooLate(_ kind: MarketRequest.Kind, _ order: UInt32) {
        schedule(Intention(kind: kind, order: order, isStale: true), in: 1 + random.below(8))
    }
}
