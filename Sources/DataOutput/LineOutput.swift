import Glibc

/// Lines for standard output, handed over in large pieces at each look at the feed.
public final class LineOutput {
    private var pending: [UInt8] = []
    private let descriptor: Int32
    /// Nobody reads any more.
    public private(set) var isClosed = false

    public init(descriptor: Int32 = STDOUT_FILENO) { self.descriptor = descriptor }

    public func add(_ line: String) {
        pending.append(contentsOf: line.utf8)
        pending.append(UInt8(ascii: "\n"))
        if pending.count > 1 << 16 { flush() }
    }

    public func flush() {
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
        pending.removeAll(keepingCapacity: true)
    }
}
