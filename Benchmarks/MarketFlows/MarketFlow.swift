import Domain

/// All requests of a made-up market, and what is in them.
public struct MarketFlow: Sendable {
    public let profile: MarketProfile
    public let requests: [MarketRequest]
    public let mix: MarketMix
    /// What the participants' own book executed.
    public let executions: ExecutionsHash

    public init(_ profile: MarketProfile) {
        var generator = MarketGenerator(profile)
        var requests: [MarketRequest] = []
        requests.reserveCapacity(profile.messages)
        var mix = MarketMix()
        while requests.count < profile.messages {
            let request = generator.next()
            requests.append(request)
            mix.note(request, generator.book, middle: generator.middle)
        }
        mix.finish(requests, generator.book)
        self.profile = profile
        self.requests = requests
        self.mix = mix
        executions = generator.book.executions
    }

    public var orderCount: Int { mix.entered + mix.immediate }

    /// Every price is within.
    public var ticks: ClosedRange<Int32> { profile.ticks }
}

/// What a flow consists of, counted.
public struct MarketMix: Sendable, Equatable {
    /// New orders that may rest.
    public internal(set) var entered = 0
    /// New orders that do not rest.
    public internal(set) var immediate = 0
    public internal(set) var modified = 0
    public internal(set) var repriced = 0
    public internal(set) var cancelled = 0
    /// Cancels and changes of what had gone.
    public internal(set) var stale = 0
    /// Resting orders hit.
    public internal(set) var executions = 0
    public internal(set) var restingMost = 0
    public internal(set) var restingAtEnd = 0
    public internal(set) var levelsMost = 0
    public internal(set) var levelsAtEnd = 0
    public internal(set) var lowestMiddle = Int32.max
    public internal(set) var highestMiddle = Int32.min
    /// From entry to withdrawal, of those withdrawn.
    public internal(set) var lifetimeMedianNanos: UInt64 = 0

    mutating func note(_ request: MarketRequest, _ book: TickBook, middle: Int32) {
        switch request.kind {
        case .enter: entered += 1
        case .immediate: immediate += 1
        case _ where request.isStale: stale += 1
        case .modify: modified += 1
        case .cancel: cancelled += 1
        }
        restingMost = max(restingMost, book.restingCount)
        levelsMost = max(levelsMost, book.levelCount)
        lowestMiddle = min(lowestMiddle, middle)
        highestMiddle = max(highestMiddle, middle)
    }

    mutating func finish(_ requests: [MarketRequest], _ book: TickBook) {
        executions = book.executions.count
        restingAtEnd = book.restingCount
        levelsAtEnd = book.levelCount
        var entry: [UInt64] = []
        var tick: [Int32] = []
        var lifetimes: [UInt64] = []
        for request in requests {
            let order = Int(request.order)
            switch request.kind {
            case .enter, .immediate:
                entry.append(request.timeNanos)
                tick.append(request.tick)
            case _ where request.isStale: break
            case .modify:
                if request.tick != tick[order] { repriced += 1 }
            case .cancel: lifetimes.append(request.timeNanos - entry[order])
            }
        }
        lifetimes.sort()
        lifetimeMedianNanos = lifetimes.isEmpty ? 0 : lifetimes[lifetimes.count / 2]
    }
}

extension MarketMix: CustomStringConvertible {
    public var description: String {
        let orders = entered + immediate
        return "\(Self.percent(immediate, of: orders)) of \(orders) new orders IOC, of the others "
            + "\(Self.percent(modified, of: entered)) modified (\(Self.percent(repriced, of: modified)) "
            + "by a tick) and \(Self.percent(cancelled, of: entered)) cancelled after a median of "
            + "\(lifetimeMedianNanos / 1000) µs; \(stale) requests too late; \(executions) executions; "
            + "at most \(restingMost) resting orders on \(levelsMost) levels, at the end "
            + "\(restingAtEnd) on \(levelsAtEnd); middle from \(lowestMiddle) to \(highestMiddle) ticks"
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        let tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
