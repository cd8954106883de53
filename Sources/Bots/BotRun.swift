import Client
import Domain
import LinuxPlatform
import OrderFlow

/// A bot's clock: nanoseconds since its start, perhaps faster than the world's.
public struct BotClock: Sendable {
    private let start: UInt64
    private let speed: Double

    /// With a speed of 60 a minute is an hour for the bot.
    public init(speed: Double = 1) {
        start = SystemClock.monotonicNanos()
        self.speed = speed
    }

    public func now() -> UInt64 {
        UInt64(Double(SystemClock.monotonicNanos() - start) * speed)
    }

    /// How long to wait until a moment of this clock.
    func wait(until moment: UInt64) -> UInt64 {
        let now = now()
        return moment <= now ? 0 : UInt64(Double(moment - now) / speed)
    }
}

/// Turns a bot's loop: look at the market and the venue, let the bot act, wait for what is next.
public struct BotRun<Stream: ByteStream> {
    private let desk: Desk<Stream>
    private let market: any MarketView
    private let clock: BotClock
    /// Nobody waits longer: the market is looked at so often.
    private static var napNanosMax: UInt64 { 5_000_000 }

    public init(desk: Desk<Stream>, market: any MarketView, clock: BotClock) {
        self.desk = desk
        self.market = market
        self.clock = clock
    }

    /// Runs until the bot is done, its time is over, or somebody asks; the desk stays open.
    public func run<B: Bot>(
        _ bot: inout B, durationNanos: UInt64?, shouldStop: () -> Bool
    ) throws(ToolError) {
        var next: UInt64 = 0
        while !shouldStop(), !bot.isDone {
            let now = clock.now()
            if let durationNanos, now >= durationNanos { break }
            market.look()
            var executions: [OwnOrders.Execution] = []
            try desk.look { executions.append($0) }
            for execution in executions { bot.note(execution) }
            next = try bot.act(at: now, desk: desk, top: market.top)
            try desk.flush()
            let nap = min(clock.wait(until: next), Self.napNanosMax)
            // A wait ends early when the venue says something.
            if nap >= 1_000_000 { desk.venue.wait(nanos: Int(nap)) } else { Nap.nanos(nap) }
        }
    }

    /// Lets the bot see the answers to its last requests, withdraws its orders and logs out.
    public func finish<B: Bot>(_ bot: inout B) throws(ToolError) {
        var executions: [OwnOrders.Execution] = []
        _ = try desk.settle { executions.append($0) }
        try desk.close { executions.append($0) }
        for execution in executions { bot.note(execution) }
        try bot.end(desk: desk)
    }
}
