import Domain
import OrderFlow
import Telemetry

/// Everything that a live measurement took in, for another look at it later.
///
/// ```
///   0  "APUSLAT1"
///   8  start of the measurement, UTC nanoseconds
///  16  blocks: kind u32, length u32, then so many bytes
/// ```
/// Little-endian. The blocks stand in the order in which things were read:
///
/// | kind | content |
/// |---|---|
/// | 1 stamps | 72 bytes each: session, MsgSeqNum, instance u32; template u16, 2 zero bytes; ExecID, kernel in, gateway in, engine in, engine out, answer in, gateway out u64 |
/// | 2 arrivals | 40 bytes each: ExecID, engine out, copy in, copy out, listener in u64 |
/// | 3 overrun | stamps lost u64 |
/// | 4 interval | its end u64, then the machine's hiccups as a compressed HdrHistogram (V2) |
/// | 5 condition | "name\tvalue" in UTF-8 |
/// | 6 dropped | messages dropped u64 |
enum MeasurementFile {
    static let magic: [UInt8] = Array("APUSLAT1".utf8)
    static let headerLength = 16
    static let stampsLength = 72
    static let arrivalLength = 40

    enum Block: UInt32 {
        case stamps = 1
        case arrivals, overrun, interval, condition, dropped
    }

    /// Blocks are cut at this length, so that a reader need not believe a larger one.
    static let blockLengthMax = 1 << 20
    /// Times a century from now are not believed either: sums with them would overflow.
    static let latestNanos: UInt64 = 1 << 62
}

// MARK: - Writing

/// Writes a measurement file while the measurement runs.
final class MeasurementWriter {
    private let file: AppendingFile
    private var stamps: [UInt8] = []
    private var arrivals: [UInt8] = []

    init(_ path: String, start: Timestamp) throws(ToolError) {
        file = try AppendingFile(path)
        file.append(MeasurementFile.magic)
        var header: [UInt8] = []
        header.append(start.nanos)
        file.append(header)
        stamps.reserveCapacity(MeasurementFile.blockLengthMax)
        arrivals.reserveCapacity(MeasurementFile.blockLengthMax)
    }

    func note(_ record: RequestStamps) {
        stamps.append(record.sessionID)
        stamps.append(record.msgSeqNum)
        stamps.append(record.sessionInstanceID)
        stamps.append(record.templateID)
        stamps.append(UInt16(0))
        stamps.append(record.execID.nanos)
        stamps.append(record.kernelReceive.nanos)
        stamps.append(record.gatewayIn.nanos)
        stamps.append(record.engineIn.nanos)
        stamps.append(record.engineOut.nanos)
        stamps.append(record.answerIn.nanos)
        stamps.append(record.gatewayOut.nanos)
        if stamps.count + MeasurementFile.stampsLength > MeasurementFile.blockLengthMax {
            closeBlocks()
        }
    }

    func note(_ arrival: ListenerArrival) {
        arrivals.append(arrival.execID.nanos)
        arrivals.append(arrival.engineOut.nanos)
        arrivals.append(arrival.dropCopyIn.nanos)
        arrivals.append(arrival.dropCopyOut.nanos)
        arrivals.append(arrival.listenerIn.nanos)
        if arrivals.count + MeasurementFile.arrivalLength > MeasurementFile.blockLengthMax {
            closeBlocks()
        }
    }

    func noteOverrun(lost: UInt64) { writeNumber(.overrun, lost) }
    func noteDropped(_ count: UInt64) { writeNumber(.dropped, count) }

    func noteCondition(_ condition: RunCondition) {
        let text = Array("\(condition.name)\t\(condition.value)".utf8)
        write(.condition, Array(text.prefix(MeasurementFile.blockLengthMax)))
    }

    func closeInterval(at end: Timestamp, hiccups: borrowing LatencyHistogram) {
        closeBlocks()
        var content: [UInt8] = []
        content.append(end.nanos)
        content += HistogramEncoding.encode(hiccups)
        write(.interval, content)
        file.flush()
    }

    func close() throws(ToolError) {
        closeBlocks()
        try file.close()
    }

    private func closeBlocks() {
        if !stamps.isEmpty { write(.stamps, stamps) }
        if !arrivals.isEmpty { write(.arrivals, arrivals) }
        stamps.removeAll(keepingCapacity: true)
        arrivals.removeAll(keepingCapacity: true)
    }

    private func writeNumber(_ kind: MeasurementFile.Block, _ number: UInt64) {
        closeBlocks()
        var content: [UInt8] = []
        content.append(number)
        write(kind, content)
    }

    private func write(_ kind: MeasurementFile.Block, _ content: [UInt8]) {
        var head: [UInt8] = []
        head.append(kind.rawValue)
        head.append(UInt32(content.count))
        file.append(head)
        file.append(content)
    }
}

extension [UInt8] {
    /// Little-endian.
    fileprivate mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

// MARK: - Reading

/// What a measurement file holds.
struct SavedMeasurement: Sendable {
    /// The end of an interval, and what the machine did during it.
    struct Interval: Sendable {
        var end: Timestamp
        var hiccups: [UInt8]
        /// Counted in the interval.
        var lostStamps: [UInt64] = []
        var droppedMessages: UInt64 = 0
    }

    var start = Timestamp.zero
    var stamps: [RequestStamps] = []
    var arrivals: [ListenerArrival] = []
    var intervals: [Interval] = []
    var conditions: [RunCondition] = []
    /// Bytes behind the last whole block: the writer was killed there.
    var unusedBytes = 0

    static func read(_ path: String) throws(ToolError) -> SavedMeasurement {
        try read(try InputFile.read(path), path: path)
    }

    static func read(_ bytes: [UInt8], path: String) throws(ToolError) -> SavedMeasurement {
        var reader = Reader(path: path, bytes: bytes)
        return try reader.measurement()
    }

    private struct Reader {
        let path: String
        let bytes: [UInt8]
        private var offset = 0
        private var pending = Interval(end: .none, hiccups: [])

        init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }

        mutating func measurement() throws(ToolError) -> SavedMeasurement {
            guard bytes.count >= MeasurementFile.headerLength,
                Array(bytes[..<8]) == MeasurementFile.magic
            else { throw wrong("a measurement that apus-latency --save wrote") }
            var result = SavedMeasurement()
            offset = 8
            result.start = try knownTime("the start")
            while bytes.count - offset >= 8 {
                let blockStart = offset
                let kind: UInt32 = number()
                let length = Int(number() as UInt32)
                guard let kind = MeasurementFile.Block(rawValue: kind) else {
                    offset = blockStart
                    throw wrong("a block of kind 1 to 6")
                }
                guard length <= MeasurementFile.blockLengthMax else {
                    offset = blockStart
                    throw wrong("a block of at most \(MeasurementFile.blockLengthMax) bytes")
                }
                guard length <= bytes.count - offset else {
                    offset = blockStart
                    break
                }
                try read(kind, end: offset + length, into: &result)
            }
            result.unusedBytes = bytes.count - offset
            return result
        }

        private mutating func read(
            _ kind: MeasurementFile.Block, end: Int, into result: inout SavedMeasurement
        ) throws(ToolError) {
            let length = end - offset
            switch kind {
            case .stamps:
                try expectLength(length % MeasurementFile.stampsLength == 0, "whole stamps")
                while offset < end { result.stamps.append(try stamps()) }
            case .arrivals:
                try expectLength(length % MeasurementFile.arrivalLength == 0, "whole arrivals")
                while offset < end { result.arrivals.append(try arrival()) }
            case .overrun:
                try expectLength(length == 8, "a count of 8 bytes")
                pending.lostStamps.append(number())
            case .dropped:
                try expectLength(length == 8, "a count of 8 bytes")
                pending.droppedMessages &+= number()
            case .interval:
                try expectLength(length > 8, "an interval's end and histogram")
                pending.end = try knownTime("the end of an interval")
                pending.hiccups = Array(bytes[offset..<end])
                if let last = result.intervals.last, pending.end < last.end {
                    throw wrong("an interval that ends after the one before it")
                }
                result.intervals.append(pending)
                pending = Interval(end: .none, hiccups: [])
            case .condition:
                let text = String(decoding: bytes[offset..<end], as: UTF8.self)
                let parts = text.split(
                    separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
                try expectLength(parts.count == 2, "a name, a tab and a value")
                result.conditions.append(
                    RunCondition(String(parts[0]), String(parts[1])))
            }
            offset = end
        }

        private mutating func stamps() throws(ToolError) -> RequestStamps {
            let (session, msgSeqNum): (UInt32, UInt32) = (number(), number())
            var stamps = RequestStamps(
                sessionID: session, sessionInstanceID: number(), msgSeqNum: msgSeqNum)
            stamps.templateID = number()
            _ = number() as UInt16
            stamps.execID = time()
            stamps.kernelReceive = time()
            stamps.gatewayIn = try knownTime("gateway in")
            stamps.engineIn = time()
            stamps.engineOut = time()
            stamps.answerIn = time()
            stamps.gatewayOut = try knownTime("gateway out")
            return stamps
        }

        private mutating func arrival() throws(ToolError) -> ListenerArrival {
            ListenerArrival(
                execID: time(), engineOut: time(), dropCopyIn: time(), dropCopyOut: time(),
                listenerIn: try knownTime("listener in"))
        }

        /// A time that need not have been measured.
        private mutating func time() -> Timestamp { Timestamp(nanos: number()) }

        /// A time that every run has.
        private mutating func knownTime(_ name: String) throws(ToolError) -> Timestamp {
            let time = time()
            guard time.nanos < MeasurementFile.latestNanos else {
                offset -= 8
                throw wrong("\(name), a time in nanoseconds since 1970")
            }
            return time
        }

        /// The next number; its bytes are known to be there.
        private mutating func number<Number: FixedWidthInteger>() -> Number {
            let size = Number.bitWidth / 8
            defer { offset += size }
            return bytes.withUnsafeBytes {
                Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
            }
        }

        private func expectLength(_ isRight: Bool, _ what: String) throws(ToolError) {
            guard isRight else { throw wrong(what) }
        }

        private func wrong(_ expected: String) -> ToolError {
            ToolError(.input, "\(path), byte \(offset): expected \(expected)")
        }
    }
}
