import Domain
import Platform

/// A network that could not be set up.
public typealias NetworkError = SystemError

/// Stream connections over io_uring: one ring, direct descriptors, one system call per duty cycle.
public final class UringNetwork: Network {
    public struct Configuration: Sendable {
        /// IPv4 address to listen on, in dots.
        public var address = "127.0.0.1"
        /// Port to listen on; 0 takes any that is free.
        public var port: UInt16 = 0
        /// How many connections may be open at once.
        public var connectionCapacity = 1024
        /// How many of them may read at full speed at once.
        public var promotedCapacity = 512
        /// Largest piece of output, in bytes.
        public var frameLengthMax = 16 << 10
        /// Bound of unread input a connection, in bytes.
        public var unreadBytesMax = 256 << 10
        /// Bound of unsent output a connection, in bytes.
        public var unsentBytesMax = 1 << 20

        public init() {}
    }

    public let connectionCapacity: Int
    public let frameLengthMax: Int
    /// The port listened on.
    public let port: UInt16
    /// One sentence per feature that the kernel lacks, and what is used instead.
    public let report: [String]

    public init(configuration: Configuration, clock: Clock) throws(NetworkError) {
        connectionCapacity = configuration.connectionCapacity
        frameLengthMax = configuration.frameLengthMax
        port = 0
        report = []
    }

    public func poll() -> Int { fatalError() }
    public func pollOrSleep(nanos: UInt64) -> Int { fatalError() }
    public func wake() { fatalError() }
    public func nextEvent() -> NetworkEvent? { fatalError() }
    public func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer {
        fatalError()
    }
    public func consume(_ connection: ConnectionIndex, _ count: Int) { fatalError() }
    public func promote(_ connection: ConnectionIndex) { fatalError() }
    public func outputSpace(
        _ connection: ConnectionIndex, _ count: Int
    ) -> UnsafeMutableRawPointer? { fatalError() }
    public func commitOutput(_ connection: ConnectionIndex, _ count: Int) { fatalError() }
    public func unsentBytes(_ connection: ConnectionIndex) -> Int { fatalError() }
    public func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp { fatalError() }
    public func closeAfterSending(_ connection: ConnectionIndex) { fatalError() }
    public func abort(_ connection: ConnectionIndex) { fatalError() }
    public func stopAccepting() { fatalError() }
}
