import Foundation
import Testing

@testable import Telemetry

@Suite struct HistogramEncodingTests {
    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func decodingReturnsWhatWasEncoded(seed: UInt64) throws {
        var random = Random(state: seed)
        var histogram = LatencyHistogram(significantDigits: Int(seed))
        for _ in 0..<random.next(below: 3_000) {
            let value = random.next() >> (23 + UInt64(random.next(below: 40)))
            histogram.record(
                value, count: 1 + random.next() >> (40 + UInt64(random.next(below: 24))))
        }
        let decoded = try HistogramEncoding.decode(HistogramEncoding.encode(histogram))
        expect(decoded.count == histogram.count)
        expect(decoded.significantDigits == Int(seed) && decoded.highest == histogram.highest)
        for percentile in stride(from: 0.0, through: 100, by: 0.5) {
            expect(
                decoded.value(atPercentile: percentile)
                    == histogram.value(atPercentile: percentile))
        }
    }

    @Test func largePayloadsTakeSeveralStoredBlocks() throws {
        let data = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(try Zlib.unstore(Zlib.store(data)) == data)
        #expect(try Zlib.unstore(Zlib.store([])) == [])
        #expect(Zlib.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    }

    @Test func zigZagNumbersReturn() throws {
        for number in [0, 1, -1, 63, -64, 64, 1 << 40, -(1 << 40), Int64.max, Int64.min] {
            var bytes: [UInt8] = []
            bytes.appendZigZag(number)
            #expect(bytes.count <= 9)
            var reader = ByteReader(bytes)
            #expect(try reader.zigZag() == number && reader.isAtEnd)
        }
    }

    @Test func base64AgreesWithFoundation() {
        for count in 0..<50 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.decode("A*==") == nil && Base64.decode("AAA") == nil)
    }

    /// Whatever the bytes, decoding ends with a histogram or a typed error.
    @Test func brokenBytesNeverTrap() {
        var random = Random(state: 77)
        var histogram = LatencyHistogram(highest: 100_000, significantDigits: 1)
        for value in UInt64(1)...500 { histogram.record(value * 97) }
        let good = HistogramEncoding.encode(histogram)
        for _ in 0..<5_000 {
            var bytes = good
            for _ in 0...random.next(below: 3) {
                bytes[random.next(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() & 3 == 0 { bytes.removeLast(random.next(below: bytes.count)) }
            // The checksum would refuse nearly all of these: put it right.
            if bytes.count == good.count {
                let payload = Array(bytes[15..<bytes.count - 4])
                var sum: [UInt8] = []
                sum.appendBigEndian(Zlib.adler32(payload))
                bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: sum)
            }
            do { _ = try HistogramEncoding.decode(bytes).count } catch { _ = error.description }
        }
    }
}

@Suite struct HistogramLogTests {
    @Test func aLogReadsBackAsWritten() throws {
        var seen = 0
        try HistogramLog.forEachInterval(in: Self.sampleLog()) { interval in
            expect(interval.tag == (seen == 0 ? nil : "roundtrip"))
            expect(interval.offsetNanos == UInt64(seen) * 1_000_000_000)
            expect(interval.lengthNanos == 1_000_000_000)
            expect(interval.histogram.count == 1_000)
            seen += 1
        }
        #expect(seen == 2)
    }

    @Test func theHeaderAndTheFieldsAreWhereToolsLookForThem() {
        let lines = Self.sampleLog().split(separator: "\n")
        #expect(lines[0] == "#[Histogram log format version 1.3]")
        #expect(lines[1] == "#rate 1000/s")
        #expect(lines[2] == "#[StartTime: 1700000000.123 (seconds since epoch)]")
        #expect(lines[4] == HistogramLog.legend)
        #expect(lines[5].hasPrefix("0.000,1.000,1.000,HISTFAAA"))
        #expect(lines[6].hasPrefix("Tag=roundtrip,1.000,1.000,1.000,HISTFAAA"))
    }

    @Test func aBadLineIsNamed() {
        for line in ["1,2,3", "x,1,1,AAAA", "0,1,1,A*", "0,1,1,AAAA", "-1,1,1,AAAA"] {
            #expect(throws: HistogramLog.ReadingError.self) {
                try HistogramLog.forEachInterval(in: "#comment\n" + line) { _ in }
            }
        }
    }

    /// The Python implementation of HdrHistogram reads our logs and finds the same figures.
    @Test(.enabled(if: pythonWithHdrHistogram != nil, "No python3 with hdrhistogram here."))
    func anotherImplementationAgrees() throws {
        let path = NSTemporaryDirectory() + "histogram-\(UUID().uuidString).hlog"
        try Self.sampleLog().write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Tools/check-hdrlog").standardizedFileURL.path
        let check = [script, path, "--count", "2000"]
        let right = check + ["--p50", "500223", "--p99", "990207", "--max", "1000447"]
        #expect(run(pythonWithHdrHistogram!, right) == 0)
        #expect(run(pythonWithHdrHistogram!, check + ["--p50", "1"]) == 1)
    }

    /// Two intervals of the values 1 to 1000 microseconds.
    private static func sampleLog() -> String {
        var histogram = LatencyHistogram()
        for value in UInt64(1)...1000 { histogram.record(value * 1000) }
        var text = HistogramLog.header(
            startNanos: 1_700_000_000_123_456_789, comments: ["rate 1000/s"])
        let second: UInt64 = 1_000_000_000
        text += HistogramLog.line(histogram, offsetNanos: 0, lengthNanos: second)
        text += HistogramLog.line(
            histogram, tag: "roundtrip", offsetNanos: second, lengthNanos: second)
        return text
    }
}

/// A Python that can import `hdrh`: `APUS_PYTHON`, or python3 on the path.
private let pythonWithHdrHistogram: String? = {
    let candidate = ProcessInfo.processInfo.environment["APUS_PYTHON"] ?? "python3"
    return run(candidate, ["-c", "import hdrh.log"]) == 0 ? candidate : nil
}()

private func run(_ program: String, _ arguments: [String]) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
}
