import Domain
import Platform
import Reports

@testable import DropCopy

/// What a log holds, in words: one per message.
extension History {
    func words(_ log: EntryLog) -> [String] {
        (log.first..<log.end).map { place in
            let entry = HistoryEntry(raw: log[place])
            if entry.isLost { return "lost" }
            let record = record(at: entry)
            guard record.kind == .event else {
                return "hole \(record.lostFrom)..<\(record.resumedAt)"
            }
            let event = EventRecord(record.body)
            let ids = ids(of: entry)
            return "\(event.event.sequence) \(event.event.kind) \(ids.ofUnit.index)"
        }
    }

    /// Sequence and fill per trade, from the first number known.
    func trades(_ log: EntryLog) -> [String] {
        (log.first..<log.end).map { place in
            let entry = HistoryEntry(raw: log[place])
            let number = log.number(of: place)
            if entry.isLost { return "\(number) lost" }
            return
                "\(number) \(EventRecord(record(at: entry).body).event.sequence).\(entry.fill)"
        }
    }

    /// All logs at once, to compare two histories.
    var everything: [[String]] {
        var result: [[String]] = []
        for log in sessionLogs + unitLogs + [allLog] { result.append(words(log)) }
        for log in unitTrades + [allTrades] { result.append(trades(log)) }
        return result
    }
}

extension EventFeed {
    /// Reads everything there is.
    mutating func drain(into history: inout History) throws {
        while try poll(into: &history, budget: 7, now: Timestamp(nanos: 5)) > 0 {}
    }
}

/// Segments as files would be: they outlive the history, and can be looked at and damaged.
final class TestSegments: SegmentStore {
    let segmentBytes: Int
    let segmentCountMax: Int?
    private(set) var segments: [UnsafeMutableRawBufferPointer] = []
    private(set) var dropped: [Int] = []

    init(segmentBytes: Int = 64 << 10, segmentCountMax: Int? = nil) {
        self.segmentBytes = segmentBytes
        self.segmentCountMax = segmentCountMax
    }

    deinit { for bytes in segments { bytes.deallocate() } }

    var storedCount: Int { segments.count }

    func open(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        segments[number]
    }

    func create(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: segmentBytes, alignment: 128)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        if number < segments.count {
            segments[number].deallocate()
            segments[number] = bytes
        } else {
            segments.append(bytes)
        }
        return bytes
    }

    func drop(_ number: Int) {
        dropped.append(number)
        guard segmentCountMax == nil else { return }
        precondition(number == segments.count - 1, "a recovery gives the last ones up")
        segments.removeLast().deallocate()
    }

    func name(of number: Int) -> String { "seg-\(number + 1)" }

    /// A copy as it is at this moment: what a killed process leaves.
    func snapshot() -> TestSegments {
        let copy = TestSegments(segmentBytes: segmentBytes)
        for (number, bytes) in segments.enumerated() {
            // The memory is new, so only this process's fault could make it fail.
            try! copy.create(number).copyMemory(from: UnsafeRawBufferPointer(bytes))
        }
        return copy
    }
}

func makeHistory(_ store: any SegmentStore = TestSegments()) throws -> History {
    try History(genesis: Engine.genesis, shape: Owner.shape, store: store)
}
