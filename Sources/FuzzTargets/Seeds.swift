import Domain
import Exchange
import OrderFlow
import Telemetry

/// Messages that are right byte for byte.
public struct Vectors {
    public var requests: [[UInt8]]
    public var responses: [[UInt8]]
    /// Messages of the public feed, the packet header among them.
    public var feed: [[UInt8]]

    public init(requests: [[UInt8]], responses: [[UInt8]], feed: [[UInt8]]) {
        self.requests = requests
        self.responses = responses
        self.feed = feed
    }
}

extension FuzzTarget {
    /// Inputs to begin with.
    public func seeds(_ vectors: Vectors) -> [[UInt8]] {
        switch name {
        case "requests": vectors.requests + [vectors.requests.flatMap { $0 }]
        case "responses": vectors.responses + [vectors.responses.flatMap { $0 }]
        case "client":
            vectors.responses.map { [3] + $0 } + [[17] + vectors.responses.flatMap { $0 }]
        case "datagram": Seeds.datagrams(vectors.feed)
        case "books": [Seeds.feed(trading: 40), Seeds.feed(trading: 8)]
        case "engine", "sessions", "market": Seeds.scripts
        case "snapshot": Seeds.snapshots
        case "snapshot-file": Seeds.snapshotFiles
        case "genesis": Seeds.geneses
        case "archive": Seeds.archives
        case "journal": Seeds.journals
        case "command-ring": Seeds.rings
        case "history": Seeds.histories
        case "surface": Seeds.surface
        case "configuration": [Array(Configuration.demonstration.printed().utf8)]
        case "lobster": Seeds.flows
        case "record": [Array(Seeds.record.utf8)]
        case "histograms": [Array(Seeds.histograms.utf8)]
        case "gzip": [Seeds.gzip]
        default: [[]]
        }
    }
}

enum Seeds {
    /// Every message behind the packet header, and all of them together.
    static func datagrams(_ feed: [[UInt8]]) -> [[UInt8]] {
        guard let header = feed.first(where: { $0.count >= 4 && $0[2] == 0xCD && $0[3] == 0x32 })
        else { return feed }
        let messages = feed.filter { $0 != header }
        return messages.map { header + $0 } + [header + messages.flatMap { $0 }]
    }

    /// Datagrams of a venue on which somebody trades.
    static func feed(trading count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        VenueUnderTest.run { venue in
            venue.onDatagram = { channel, datagram in
                let length = UInt16(datagram.count)
                bytes += [channel.rawValue, UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
                bytes += datagram
            }
            script(count * 6, 11).withUnsafeBytes { MarketRun.play(venue, $0) }
            venue.publishSnapshots()
        }
        // Snapshots repeat themselves; the middle has a join, trading and another snapshot.
        return Array(bytes.prefix(24_576))
    }

    static let scripts = [script(24, 1), script(96, 2), script(400, 3), script(1200, 4)]

    /// Bytes that look random.
    static func script(_ count: Int, _ seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    static let flows = [
        [0] + Array("34200.1,1,11,5,1000000,1\n34200.2,2,11,2,1000000,1\n".utf8)
            + Array("34200.25,4,11,3,1000000,1\n34200.3,5,0,10,1000100,-1\n".utf8),
        [1] + Array("1000100,5,999900,10\n1000100,3,999900,12\n".utf8),
        [2] + Array("order_id,side,price,size\n7,1,999900,10\n8,-1,1000100,5\n".utf8),
        [3] + Array("row,kind\n0,ioc\n1,skip\n".utf8),
    ]

    static let record =
        LoadRecord.header
        + LoadRecord(
            plannedNanos: 1_700_000_000_000_000_000, sentNanos: 1_700_000_000_000_000_100,
            receivedNanos: 1_700_000_000_000_009_000, session: 10001, msgSeqNum: 3, template: 10125
        ).line + "1,2,3,4,5,6\n"

    static var histograms: String {
        var histogram = LatencyHistogram()
        for value in [1, 20, 300, 4000, 50_000] as [UInt64] { histogram.record(value) }
        return HistogramLog.header(startNanos: 1_700_000_000_000_000_000)
            + HistogramLog.line(histogram, tag: "a", offsetNanos: 0, lengthNanos: 1_000_000_000)
    }

    /// "apus\n", compressed.
    static let gzip: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x2C, 0x28, 0x2D, 0xE6, 2, 0, 0x30, 0x7E, 0xE6,
        0x67, 5, 0, 0, 0,
    ]
}
