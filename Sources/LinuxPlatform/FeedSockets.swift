import CLinux
import Platform

/// Both channels of a feed, received by sockets.
public final class FeedSockets: DatagramFeed {
    public let incremental: DatagramReceiver
    public let snapshot: DatagramReceiver

    /// Binds to both ports, or joins the group on both, on the interface of that address.
    public init(
        _ address: FeedAddress, interface: String = "127.0.0.1", bufferBytes: Int = 8 << 20
    ) throws(SystemError) {
        incremental = try DatagramReceiver(
            address: address.address, port: address.port, interface: interface,
            bufferBytes: bufferBytes)
        snapshot = try DatagramReceiver(
            address: address.address, port: address.snapshotPort, interface: interface,
            bufferBytes: bufferBytes)
    }

    /// Any two neighbouring free ports of this machine: for those who tell the sender afterwards.
    public convenience init(anyPortOf address: String, bufferBytes: Int = 8 << 20)
        throws(SystemError)
    {
        var last = SystemError("no two neighbouring ports of \(address) are free", code: 0)
        for _ in 0..<64 {
            let probe = try DatagramReceiver(
                address: address, port: 0, bufferBytes: bufferBytes)
            guard probe.port < .max else { continue }
            do throws(SystemError) {
                let incremental = try DatagramReceiver(
                    address: address, port: probe.port + 1, bufferBytes: bufferBytes)
                self.init(incremental: incremental, snapshot: probe)
                return
            } catch {
                last = error
            }
        }
        throw last
    }

    private init(incremental: DatagramReceiver, snapshot: DatagramReceiver) {
        self.incremental = incremental
        self.snapshot = snapshot
    }

    public var address: FeedAddress { FeedAddress(port: incremental.port) }

    /// Incremental first: what a snapshot stands on should be there when it comes.
    public func receive(_ body: (FeedChannel, UnsafeRawBufferPointer) -> Void) -> Int {
        incremental.receive { body(.incremental, $0) } + snapshot.receive { body(.snapshot, $0) }
    }

    public func wait(nanos: UInt64) {
        clinux_wait_readable(incremental.descriptor, snapshot.descriptor, nanos)
    }
}
