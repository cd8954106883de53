/// A connection to the venue as its users here see it: bytes out, bytes in, nothing that blocks but
/// `wait`. Sockets are one body; tests have others.
public protocol ByteStream: AnyObject {
    /// Hands over as many bytes as there is room for; returns how many, 0 when there is none.
    func send(_ bytes: UnsafeRawBufferPointer) throws(ToolError) -> Int

    /// Fills the front of `space` with what has arrived; returns how many bytes, 0 when nothing has.
    /// A closed connection is an error.
    func receive(into space: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int

    /// Sleeps until something can be received, or `nanos` have passed.
    func wait(nanos: Int)

    func close()
}
