import Glibc
import LinuxPlatform

/// Lines for standard output, handed over in large pieces at each look at the feed.
public final class LineOutput {
    private var pending: [UInt8] = []
    private let descriptor: Int32
    private let stop: StopSignal?
    /// Nobody reads any more, or a stop was asked for while nobody did.
    public private(set) var isClosed = false

    /// With `stop` a reader who pauses does not keep the program from ending.
    public init(descriptor: Int32 = STDOUT_FILENO, until stop: StopSignal? = nil) {
        self.descriptor = descriptor
        self.stop = stop
    }

    public func add(_ line: String) {
        pending.append(contentsOf: line.utf8)
        pending.append(UInt8(ascii: "\n"))
        if pending.count > 1 << 16 { flush() }
    }

    public func flush() {
        defer { pending.removeAll(keepingCapacity: true) }
        if let stop {
            if !isClosed, !pending.withUnsafeBytes({ stop.write($0, to: descriptor) }) {
                isClosed = true
            }
            return
        }
        var rest = pending[...]
        while !rest.isEmpty, !isClosed {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                isClosed = true
                break
            }
            rest = rest.dropFirst(count)
        }
    }
}
