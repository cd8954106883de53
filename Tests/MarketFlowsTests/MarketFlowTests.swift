import Domain
import MarketFlows
import Testing

extension MarketProfile: CustomTestStringConvertible {
    public var testDescription: String { name }
}

/// What the flows claim to be, counted from their requests.
@Suite struct MarketFlowTests {
    static func flow(_ profile: MarketProfile, messages: Int, seed: UInt64 = 1) -> MarketFlow {
        var profile = profile
        profile.messages = messages
        profile.seed = seed
        return MarketFlow(profile)
    }

    @Test(arguments: MarketProfile.all)
    func seedDecides(profile: MarketProfile) {
        let flow = Self.flow(profile, messages: 20_000)
        let again = Self.flow(profile, messages: 20_000)
        let other = Self.flow(profile, messages: 20_000, seed: 2)
        #expect(flow.requests == again.requests)
        #expect(flow.executions == again.executions)
        #expect(flow.requests != other.requests)
    }

    @Test(arguments: MarketProfile.all)
    func mixIsAsClaimed(profile: MarketProfile) {
        let flow = Self.flow(profile, messages: 200_000)
        let mix = flow.mix
        #expect(flow.requests.count == 200_000)
        #expect(mix.entered + mix.immediate + mix.modified + mix.cancelled + mix.stale == 200_000)
        let orders = Double(mix.entered + mix.immediate)
        #expect(abs(Double(mix.immediate) / orders - 0.15) < 0.01)
        // What trades before is neither changed nor withdrawn.
        let changed = Double(mix.modified) / Double(mix.entered)
        let withdrawn = Double(mix.cancelled) / Double(mix.entered)
        #expect(changed > 0.12 && changed < 0.21)
        #expect(withdrawn > 0.6 && withdrawn < 0.96)
        #expect(abs(Double(mix.repriced) / Double(mix.modified) - 0.9) < 0.02)
        #expect(mix.stale > 100 && mix.stale < 2_000)
        #expect(mix.executions > 1_000)
        #expect(mix.lifetimeMedianNanos > 200_000 && mix.lifetimeMedianNanos < 420_000)
    }

    @Test(arguments: MarketProfile.all)
    func pricesStayWithinAndOrdersComeInOrder(profile: MarketProfile) {
        let flow = Self.flow(profile, messages: 100_000)
        var orders: UInt32 = 0
        var time: UInt64 = 0
        for request in flow.requests {
            #expect(flow.ticks.contains(request.tick) && request.tick > 0)
            #expect(request.quantity > 0 && request.timeNanos >= time)
            time = request.timeNanos
            guard request.kind == .enter || request.kind == .immediate else {
                #expect(request.order < orders)
                continue
            }
            #expect(request.order == orders)
            orders += 1
        }
        #expect(Int(orders) == flow.orderCount)
    }

    @Test func distancesFallAsAPower() {
        let flow = Self.flow(.quiet, messages: 200_000)
        var counts: [Int32: Int] = [:]
        for request in flow.requests where request.kind == .enter {
            counts[abs(request.tick - 10_000), default: 0] += 1
        }
        #expect(counts.keys.allSatisfy { (1...45).contains($0) })
        // One of at least d comes with 1 / d, of those up to 45.
        let all = Double(counts.values.reduce(0, +)) * 46 / 45
        for distance in Int32(2)...10 {
            let beyond = counts.filter { $0.key >= distance }.values.reduce(0, +)
            let expected = all * (1 / Double(distance) - 1.0 / 46)
            #expect(abs(Double(beyond) / expected - 1) < 0.05)
        }
    }

    // MARK: What is particular to each

    /// A quarter of the 40,000 of a whole flow.
    @Test func quietPilesUp() {
        let mix = Self.flow(.quiet, messages: 500_000).mix
        // Hardly anything trades before it is withdrawn.
        #expect((370_000...430_000).contains(mix.lifetimeMedianNanos))
        #expect(Double(mix.cancelled) / Double(mix.entered) > 0.91)
        #expect((9_500...10_625).contains(mix.restingAtEnd))
        #expect((85...95).contains(mix.levelsAtEnd))
        #expect(mix.lowestMiddle == 10_000 && mix.highestMiddle == 10_000)
    }

    @Test func routineDayWandersALittle() {
        let mix = Self.flow(.normal, messages: 200_000).mix
        #expect(mix.highestMiddle - mix.lowestMiddle > 10)
        #expect(mix.highestMiddle - mix.lowestMiddle <= 300)
    }

    /// The whole path, in fewer messages.
    static func hurried(_ profile: MarketProfile) -> MarketFlow {
        var profile = profile
        profile.messages = 200_000
        profile.pathMessages = 200_000
        return MarketFlow(profile)
    }

    @Test(arguments: [(MarketProfile.swing25, Int32(1_000)), (.swing40, 1_600)])
    func swingsReachTheirShares(profile: MarketProfile, ticks: Int32) {
        let mix = Self.hurried(profile).mix
        #expect(abs(mix.lowestMiddle - (4_000 - ticks)) <= 50)
        #expect(abs(mix.highestMiddle - 4_000) <= 50)
    }

    @Test func crashIsDeepAndItsBookThinAndWide() {
        let mix = Self.hurried(.flashCrash).mix
        #expect(mix.highestMiddle - mix.lowestMiddle > 38_000)
        // Few orders, mostly alone at their price.
        #expect(mix.levelsAtEnd > 500)
        #expect(Double(mix.restingAtEnd) / Double(mix.levelsAtEnd) < 2)
    }
}
