/// The binary form of histograms that all HdrHistogram implementations read (V2, compressed).
///
/// ```
/// compressed: cookie 0x1c849314 | length | zlib stream of
/// payload:    cookie 0x1c849313 | length | 0 | digits | lowest i64 | highest i64 | ratio f64 | counts
/// ```
/// All numbers are big-endian. Counts are ZigZag LEB128; a negative number is that many zeros.
public enum HistogramEncoding {
    static let compressedCookie: UInt32 = 0x1C84_9304 | 0x10
    static let payloadCookie: UInt32 = 0x1C84_9303 | 0x10
    static let headerBytes = 40

    /// Why bytes are not a histogram that this program reads.
    public enum DecodingError: Error, Equatable, CustomStringConvertible {
        case truncated
        case unknownCookie(UInt32)
        case badZlib(String)
        case badHeader(String)
        case tooManyCounts

        public var description: String {
            switch self {
            case .truncated: "The histogram ends before its data does."
            case .unknownCookie(let cookie):
                "The histogram has the cookie 0x\(String(cookie, radix: 16)), expected V2."
            case .badZlib(let reason): "The histogram's zlib stream \(reason)."
            case .badHeader(let reason): "The histogram's header \(reason)."
            case .tooManyCounts: "The histogram has more counts than its range allows."
            }
        }
    }

    /// The compressed form.
    public static func encode(_ histogram: borrowing LatencyHistogram) -> [UInt8] {
        let counts = encodedCounts(histogram)
        var payload: [UInt8] = []
        payload.appendBigEndian(payloadCookie)
        payload.appendBigEndian(UInt32(counts.count))
        payload.appendBigEndian(UInt32(0))
        payload.appendBigEndian(UInt32(histogram.significantDigits))
        payload.appendBigEndian(UInt64(1))
        payload.appendBigEndian(histogram.highest)
        payload.appendBigEndian((1.0).bitPattern)
        payload += counts
        let stream = Zlib.store(payload)
        var result: [UInt8] = []
        result.appendBigEndian(compressedCookie)
        result.appendBigEndian(UInt32(stream.count))
        return result + stream
    }

    private static func encodedCounts(_ histogram: borrowing LatencyHistogram) -> [UInt8] {
        var bytes: [UInt8] = []
        guard histogram.count > 0 else { return bytes }
        var index = 0
        let end = histogram.layout.index(of: histogram.max) + 1
        while index < end {
            let count = histogram.counts[index]
            index += 1
            if count != 0 {
                bytes.appendZigZag(Int64(clamping: count))
                continue
            }
            var zeros: Int64 = 1
            while index < end, histogram.counts[index] == 0 {
                zeros += 1
                index += 1
            }
            bytes.appendZigZag(zeros > 1 ? -zeros : 0)
        }
        return bytes
    }

    /// A histogram from its compressed form; only zlib streams of stored blocks are read.
    public static func decode(_ bytes: [UInt8]) throws(DecodingError) -> LatencyHistogram {
        var outer = ByteReader(bytes)
        let cookie = try outer.bigEndian(UInt32.self)
        guard cookie == compressedCookie else { throw .unknownCookie(cookie) }
        let length = Int(try outer.bigEndian(UInt32.self))
        var reader = ByteReader(try Zlib.unstore(try outer.bytes(length)))
        let inner = try reader.bigEndian(UInt32.self)
        guard inner == payloadCookie else { throw .unknownCookie(inner) }
        let countsLength = Int(try reader.bigEndian(UInt32.self))
        guard try reader.bigEndian(UInt32.self) == 0 else {
            throw .badHeader("has a normalizing offset")
        }
        let digits = try reader.bigEndian(UInt32.self)
        guard (1...5).contains(digits) else { throw .badHeader("has \(digits) digits") }
        guard try reader.bigEndian(UInt64.self) == 1 else {
            throw .badHeader("has a lowest value other than 1")
        }
        let highest = try reader.bigEndian(UInt64.self)
        guard highest >= 2, highest <= 1 << 62 else {
            throw .badHeader("has the highest value \(highest)")
        }
        _ = try reader.bigEndian(UInt64.self)
        var counts = ByteReader(try reader.bytes(countsLength))
        var histogram = LatencyHistogram(highest: highest, significantDigits: Int(digits))
        try fill(&histogram, from: &counts)
        return histogram
    }

    private static func fill(
        _ histogram: inout LatencyHistogram, from counts: inout ByteReader
    ) throws(DecodingError) {
        var index: Int64 = 0
        let end = Int64(histogram.layout.countsLength)
        while !counts.isAtEnd {
            let number = try counts.zigZag()
            if number > 0 {
                guard index < end else { throw .tooManyCounts }
                let value = min(histogram.layout.value(at: Int(index)), histogram.highest)
                histogram.record(value, count: UInt64(number))
                index += 1
            } else {
                guard number >= -end else { throw .tooManyCounts }
                index += number == 0 ? 1 : -number
            }
        }
        if histogram.count > 0 {
            let top = histogram.layout.highestEquivalent(histogram.largest)
            histogram.largest = min(top, histogram.highest)
        }
    }
}
