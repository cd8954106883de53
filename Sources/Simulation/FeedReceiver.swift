import Domain
import Platform
import PublicBooks

/// Somebody with books made of the public feed, some of whose packets are lost.
final class FeedReceiver {
    private var builder: PublicBookBuilder
    private let findings: Findings

    init(_ findings: Findings) {
        self.findings = findings
        var limits = PublicBookLimits()
        limits.instruments = 16
        limits.orders = 4_096
        limits.products = 4
        limits.packets = 2_048
        builder = PublicBookBuilder(limits: limits)
    }

    func take(_ packet: [UInt8], _ channel: FeedChannel) {
        packet.withUnsafeBytes { builder.take($0, from: channel) }
    }

    /// The book, of instruments that the receiver trusts.
    func book() -> (book: [FeedKey: FeedOrder], live: Set<Int64>) {
        var book: [FeedKey: FeedOrder] = [:]
        var live: Set<Int64> = []
        for index in 0..<builder.instrumentCount {
            let instrument = builder.instrument(index)
            guard instrument.isLive else { continue }
            live.insert(instrument.securityID)
            for side in [Side.buy, .sell] {
                builder.forEachOrder(index, side) { order in
                    let key = FeedKey(
                        security: instrument.securityID, side: side.rawValue,
                        priority: order.timePriority.nanos)
                    book[key] = FeedOrder(price: order.price.raw, quantity: order.quantity.raw)
                    return true
                }
            }
        }
        return (book, live)
    }
}
