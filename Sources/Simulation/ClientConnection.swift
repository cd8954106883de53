import SimulatedPlatform
import Wire

/// A message of the venue as it came, complete.
struct VenueMessage {
    let bytes: [UInt8]
    let template: TemplateID

    /// The raw number at an offset.
    func read<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type = Value.self) -> Value {
        bytes.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
        }
    }

    func with<Result>(_ body: (UnsafeRawPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body($0.baseAddress!) }
    }
}

/// One connection of a client: cuts what comes into messages, and counts what goes.
struct ClientConnection {
    let socket: SimulatedSocket
    /// Number of the next request.
    var nextNumber: UInt32 = 1
    /// Bytes sent so far.
    private(set) var sentBytes = 0
    private var received: [UInt8] = []
    private let trace: Trace?

    /// With a trace, everything that goes and comes is told.
    init(_ socket: SimulatedSocket, trace: Trace?) {
        self.socket = socket
        self.trace = trace
    }

    mutating func send(_ bytes: [UInt8]) {
        trace?.tell(">", bytes)
        socket.send(bytes)
        sentBytes += bytes.count
    }

    /// The next whole message; nil when there is none yet.
    mutating func nextMessage(_ findings: Findings) -> VenueMessage? {
        if received.count < 8 { received += socket.receive() }
        guard received.count >= 8 else { return nil }
        let length = received.withUnsafeBytes {
            Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)))
        }
        guard
            findings.check(
                "framing", length >= 16 && length % 8 == 0 && length <= 32 << 10,
                "a message of \(length) bytes")
        else { return nil }
        if received.count < length { received += socket.receive() }
        guard received.count >= length else { return nil }
        let bytes = Array(received[..<length])
        received.removeFirst(length)
        trace?.tell("<", bytes)
        let number = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
        guard let template = TemplateID(rawValue: number) else {
            findings.report("framing", "a message of template \(number), which there is not")
            return nil
        }
        return VenueMessage(bytes: bytes, template: template)
    }
}

/// Tells what one session says and hears, for who wants to know how something came about.
struct Trace {
    let session: UInt32
    let clock: SimulatedClock

    func tell(_ event: String) { print(clock.nanos, session, event) }

    func tell(_ direction: String, _ bytes: [UInt8]) {
        let text = bytes.withUnsafeBytes { MessageText.line($0) }
        guard !text.contains("eartbeat") else { return }
        print(clock.nanos, session, direction, text)
    }
}
