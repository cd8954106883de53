/// The text format in which HdrHistogram tools exchange interval histograms.
///
/// ```
/// #[Histogram log format version 1.3]
/// #[StartTime: 1700000000.000 (seconds since epoch)]
/// "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
/// Tag=roundtrip,0.000,1.000,12.345,HISTFAAA...
/// ```
/// Times are seconds, maxima milliseconds; values in the histograms are nanoseconds.
public enum HistogramLog {
    static let legend =
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\""

    /// The lines that open a log, each with its line end.
    ///
    /// Timestamps of intervals count from `startNanos`, which is UTC nanoseconds. Comments, one line
    /// each, say under which conditions the numbers arose.
    public static func header(startNanos: UInt64, comments: [String] = []) -> String {
        let start = seconds(startNanos)
        var text = "#[Histogram log format version 1.3]\n"
        for comment in comments { text += "#\(comment)\n" }
        text += "#[StartTime: \(start) (seconds since epoch)]\n"
        text += "#[BaseTime: \(start) (seconds since epoch)]\n"
        return text + legend + "\n"
    }

    /// The line of one interval, with its line end. `offsetNanos` counts from the log's start.
    public static func line(
        _ histogram: borrowing LatencyHistogram, tag: String? = nil, offsetNanos: UInt64,
        lengthNanos: UInt64
    ) -> String {
        var text = ""
        if let tag {
            precondition(
                !tag.utf8.contains { $0 == UInt8(ascii: ",") || $0 <= UInt8(ascii: " ") },
                "a tag has no commas or blanks")
            text = "Tag=\(tag),"
        }
        text += seconds(offsetNanos) + "," + seconds(lengthNanos) + ","
        text += fixed(histogram.max / 1000, decimals: 3) + ","
        return text + Base64.encode(HistogramEncoding.encode(histogram)) + "\n"
    }

    /// One line of a log.
    public struct Interval: ~Copyable {
        public let tag: String?
        public let offsetNanos: UInt64
        public let lengthNanos: UInt64
        public let histogram: LatencyHistogram
    }

    public enum ReadingError: Error, Equatable, CustomStringConvertible {
        case badLine(number: Int, reason: String)

        public var description: String {
            switch self {
            case .badLine(let number, let reason): "Line \(number) of the log \(reason)."
            }
        }
    }

    /// Hands over each interval of a log in turn.
    public static func forEachInterval(
        in text: String, _ body: (borrowing Interval) -> Void
    ) throws(ReadingError) {
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("\"") { continue }
            body(try interval(line, number: number))
        }
    }

    private static func interval(
        _ line: Substring, number: Int
    ) throws(ReadingError) -> Interval {
        var fields = line.split(separator: ",", omittingEmptySubsequences: false)[...]
        var tag: String?
        if let first = fields.first, first.hasPrefix("Tag=") {
            tag = String(first.dropFirst(4))
            fields = fields.dropFirst()
        }
        let parts = Array(fields)
        guard parts.count == 4, let start = Double(parts[0]), let length = Double(parts[1]),
            start >= 0, length >= 0, start < 1e9, length < 1e9
        else {
            throw .badLine(number: number, reason: "is not start, length, maximum and histogram")
        }
        guard let bytes = Base64.decode(parts[3]) else {
            throw .badLine(number: number, reason: "has a histogram that is not base64")
        }
        do {
            return Interval(
                tag: tag, offsetNanos: UInt64((start * 1e9).rounded()),
                lengthNanos: UInt64((length * 1e9).rounded()),
                histogram: try HistogramEncoding.decode(bytes))
        } catch {
            throw .badLine(number: number, reason: "is not readable: \(error)")
        }
    }

    /// Nanoseconds as seconds with milliseconds.
    static func seconds(_ nanos: UInt64) -> String { fixed(nanos / 1_000_000, decimals: 3) }

    /// A number given in units of its last decimal.
    static func fixed(_ number: UInt64, decimals: Int) -> String {
        let digits = String(number)
        let padding = String(repeating: "0", count: Swift.max(0, decimals + 1 - digits.count))
        let padded = padding + digits
        return padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }
}
