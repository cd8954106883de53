import Domain
import Platform
import PublicBooks

/// A feed that hands every datagram on, and to a second receiver only most of them: some are lost, some
/// come twice, some come after others.
///
/// The second one's books are compared with those of one that loses nothing.
final class LossyRelay: DatagramFeed {
    private let feed: any DatagramFeed
    /// Of a hundred datagrams so many are lost, as many doubled, and as many held back.
    var percent: Int
    private var whole = PublicBookBuilder()
    private var lossy = PublicBookBuilder()
    private var held: [(FeedChannel, [UInt8])] = []
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Datagrams lost, doubled or held back.
    private(set) var lossCount = 0
    /// Datagrams after which a book was stale.
    private(set) var staleCount = 0
    /// Live books at the true one's number that were not the true one.
    private(set) var falseCount = 0

    init(_ feed: any DatagramFeed, percent: Int) {
        self.feed = feed
        self.percent = percent
    }

    func wait(nanos: UInt64) { feed.wait(nanos: nanos) }

    func receive(_ body: (FeedChannel, UnsafeRawBufferPointer) -> Void) -> Int {
        feed.receive { channel, datagram in
            body(channel, datagram)
            whole.take(datagram, from: channel)
            relay(datagram, channel)
            judge()
        }
    }

    /// All books are live and the true ones.
    var isSettled: Bool {
        guard whole.instrumentCount > 0, lossy.instrumentCount == whole.instrumentCount else {
            return false
        }
        return (0..<whole.instrumentCount).allSatisfy { index in
            let securityID = whole.instrument(index).securityID
            guard let other = lossy.index(of: securityID) else { return false }
            return lossy.instrument(other).isLive
                && orders(whole, index) == orders(lossy, other)
        }
    }

    private func relay(_ datagram: UnsafeRawBufferPointer, _ channel: FeedChannel) {
        switch random(100) {
        case 0..<percent: lossCount += 1
        case percent..<2 * percent:
            lossCount += 1
            lossy.take(datagram, from: channel)
            lossy.take(datagram, from: channel)
        case 2 * percent..<3 * percent:
            lossCount += 1
            held.append((channel, [UInt8](datagram)))
            return
        default: lossy.take(datagram, from: channel)
        }
        guard !held.isEmpty, random(3) == 0 || percent == 0 else { return }
        let (lateChannel, bytes) = held.removeFirst()
        bytes.withUnsafeBytes { lossy.take($0, from: lateChannel) }
    }

    /// A live book that is as far as the true one is equal to it.
    private func judge() {
        for index in 0..<lossy.instrumentCount {
            let view = lossy.instrument(index)
            if view.condition == .stale { staleCount += 1 }
            guard view.isLive, let other = whole.index(of: view.securityID),
                whole.lastMsgSeqNum(marketSegmentID: view.marketSegmentID)
                    == lossy.lastMsgSeqNum(marketSegmentID: view.marketSegmentID),
                whole.instrument(other).isLive
            else { continue }
            if view.top != whole.instrument(other).top { falseCount += 1 }
        }
    }

    private func orders(_ builder: borrowing PublicBookBuilder, _ index: Int) -> [PublicOrder] {
        var orders: [PublicOrder] = []
        for side in [Side.buy, .sell] {
            builder.forEachOrder(index, side) {
                orders.append($0)
                return true
            }
        }
        return orders
    }

    private func random(_ bound: UInt64) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int((state >> 11) % bound)
    }
}
