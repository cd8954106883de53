import DataOutput
import Domain
import Glibc
import Platform
import TestSupport

@testable import MarketWatch

/// A feed of one product with two instruments, written by hand.
struct ScriptedFeed {
    static let unit: Int64 = 100_000_000
    static let second: UInt64 = 1_000_000_000
    /// 2026-11-21 06:00:00 UTC.
    static let start: UInt64 = 1_795_240_800 * second

    let feed = FakeFeed()
    private var incremental = FeedPacketWriter(marketSegmentID: 200)
    private var snapshot = FeedPacketWriter(marketSegmentID: 200)

    init() {
        feed.put(
            snapshot.packet(
                [
                    FeedMessage.productSummary(last: 0),
                    FeedMessage.instrumentSummary(2001, orders: 0, updated: Self.start),
                    FeedMessage.instrumentSummary(2002, orders: 0, updated: Self.start),
                ], sentAt: Self.start), .snapshot)
    }

    /// Sends one transaction at so many nanoseconds after the start.
    mutating func send(_ messages: [FeedMessage.Bytes], at nanos: UInt64) {
        feed.put(incremental.packet(messages, sentAt: Self.start + nanos), .incremental)
    }

    mutating func bid(
        _ cents: Int64, _ quantity: Int64, on security: Int64 = 2001, at nanos: UInt64
    ) {
        send(
            [
                FeedMessage.add(
                    security, side: 1, price: cents * 1_000_000, quantity: quantity * 10_000,
                    priority: Self.start + nanos)
            ], at: nanos)
    }

    /// A sale to part of the bid that was entered at `priority`.
    mutating func sell(
        _ cents: Int64, _ quantity: Int64, on security: Int64 = 2001, priority: UInt64,
        match: UInt32, at nanos: UInt64
    ) {
        send(
            [
                FeedMessage.executionSummary(
                    security, aggressor: 2, price: cents * 1_000_000, quantity: quantity * 10_000,
                    at: Self.start + nanos),
                FeedMessage.execution(
                    security, side: 1, price: cents * 1_000_000, quantity: quantity * 10_000,
                    priority: Self.start + priority, match: match, isFull: false),
            ], at: nanos)
    }

    /// A bid of 1,000 at 585.33, three sales over two minutes, another instrument's bid, a halt.
    static func market() -> ScriptedFeed {
        var feed = ScriptedFeed()
        feed.bid(58_533, 1000, at: 10)
        feed.bid(58_530, 500, at: 20)
        feed.sell(58_533, 100, priority: 10, match: 1, at: second)
        feed.sell(58_533, 50, priority: 10, match: 2, at: 30 * second)
        feed.sell(58_530, 10, priority: 20, match: 3, at: 70 * second)
        feed.bid(3_100, 7, on: 2002, at: 71 * second)
        feed.send(
            [
                FeedMessage.productState(1, at: start + 72 * second),
                FeedMessage.instrumentState(2001, 2, at: start + 72 * second),
            ], at: 72 * second)
        return feed
    }

    static var names: InstrumentNames {
        get throws {
            try InstrumentNames.parse(
                """
                {"products": [{"marketSegmentID": 200, "name": "STOCKS",
                  "tickTable": [{"tickSize": "0.01"}],
                  "instruments": [{"securityID": 2001, "name": "AAPL"},
                                  {"securityID": 2002, "name": "MSFT"}]}]}
                """)
        }
    }

    func listener(_ bounds: FeedListener.Bounds = .init()) -> FeedListener {
        FeedListener(
            feed, clock: Clock(source: { 1_795_240_800 * 1_000_000_000 }), bounds: bounds,
            limits: .init(products: 2, instruments: 8, orders: 64, packets: 16),
            shouldStop: { feed.isEmpty })
    }
}

extension InstrumentNames {
    static func parse(_ text: String) throws -> InstrumentNames {
        try withFile(text) { try InstrumentNames.read($0) }
    }
}

/// What a piece of code writes to a LineOutput.
func written(_ body: (LineOutput) throws -> Void) throws -> String {
    let path = temporaryPath()
    defer { unlink(path) }
    let descriptor = open(path, O_CREAT | O_RDWR, 0o600)
    defer { close(descriptor) }
    let output = LineOutput(descriptor: descriptor)
    try body(output)
    output.flush()
    return try contents(path)
}

func temporaryPath(_ ending: String = ".txt") -> String {
    "/tmp/apus-marketwatch-\(getpid())-\(UInt64.random(in: 0 ... .max))\(ending)"
}

func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let path = temporaryPath()
    defer { unlink(path) }
    guard let file = fopen(path, "w") else { throw FileProblem() }
    fputs(text, file)
    fclose(file)
    return try body(path)
}

func contents(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw FileProblem() }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

struct FileProblem: Error {}
