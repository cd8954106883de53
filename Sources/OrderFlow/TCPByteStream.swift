import LinuxPlatform

/// A socket to the venue.
public final class TCPByteStream: ByteStream {
    /// Nothing after `close`.
    private var connection: TCPConnection?
    public let descriptor: Int32

    /// Connects to a port of this machine.
    public init(port: UInt16) throws(ToolError) {
        do {
            let connection = try TCPConnection(port: port)
            descriptor = connection.descriptor
            self.connection = consume connection
        } catch {
            throw .run("\(error)")
        }
    }

    public func send(_ bytes: UnsafeRawBufferPointer) throws(ToolError) -> Int {
        do {
            guard let count = try connection?.send(bytes) else { throw Self.closed }
            return count
        } catch let error as ToolError {
            throw error
        } catch {
            throw .run("the venue's connection: \(error)")
        }
    }

    public func receive(into space: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        do {
            switch try connection?.receive(into: space) {
            case .bytes(let count): return count
            case .nothing: return 0
            case .end, nil: throw Self.closed
            }
        } catch let error as ToolError {
            throw error
        } catch {
            throw .run("the venue's connection: \(error)")
        }
    }

    /// Sleeps in whole milliseconds; a shorter wait returns at once.
    public func wait(nanos: Int) {
        _ = try? connection?.waitReadable(timeoutMillis: Int32(clamping: nanos / 1_000_000))
    }

    public func close() { connection = nil }

    private static var closed: ToolError { .run("the venue closed the connection") }
}
