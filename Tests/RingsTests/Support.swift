import Foundation
import Rings
import Testing

/// A record of 128 bytes whose every word follows from its sequence.
struct TestRecord: SlottedRecord {
    var sequence: UInt64
    var slotCount: UInt8
    var words: InlineArray<14, UInt64>

    init(sequence: UInt64, slotCount: UInt8 = 1) {
        self.sequence = sequence
        self.slotCount = slotCount
        words = InlineArray { word(of: sequence, slot: 0, index: $0) }
    }

    var isWhole: Bool {
        for index in words.indices where words[index] != word(of: sequence, slot: 0, index: index) {
            return false
        }
        return true
    }
}

struct Continuation: BitwiseCopyable {
    var words: InlineArray<16, UInt64>

    init(sequence: UInt64, slot: Int) {
        words = InlineArray { word(of: sequence, slot: slot, index: $0) }
    }

    func belongs(to sequence: UInt64, slot: Int) -> Bool {
        for index in words.indices
        where words[index] != word(of: sequence, slot: slot, index: index) {
            return false
        }
        return true
    }
}

func word(of sequence: UInt64, slot: Int, index: Int) -> UInt64 {
    sequence &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(slot &* 16 &+ index)
}

/// Slots of the record with this sequence in the stress tests: 1 to 3.
func slotCount(of sequence: UInt64) -> UInt8 { UInt8(1 + (sequence &* 0x9E37_79B9 >> 7) % 3) }

/// Sixteen bytes that are no multiple of a cache line.
struct SmallRecord: SlottedRecord, Equatable {
    var value: UInt64
    var slotCount: UInt8 = 1
}

/// `#expect` for conditions that mutate noncopyable values, which the macro cannot take apart.
func expect(
    _ condition: Bool, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(condition, comment, sourceLocation: sourceLocation)
}

struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Waits politely: the machine may have fewer cores than the test has threads.
struct Backoff {
    private var spins = 0

    mutating func wait() {
        spins += 1
        if spins > 32 { sched_yield() }
    }

    mutating func reset() { spins = 0 }
}

/// Lets a closure on another thread own a noncopyable end.
final class Box<Value: ~Copyable>: @unchecked Sendable {
    var value: Value

    init(_ value: consuming Value) { self.value = value }
}

/// Runs each body on a thread of its own and returns when all have finished.
func runTogether(_ bodies: [@Sendable () -> Void]) {
    let done = DispatchSemaphore(value: 0)
    for body in bodies {
        Thread.detachNewThread {
            body()
            done.signal()
        }
    }
    for _ in bodies { done.wait() }
}

/// A temporary file, mapped as often as wanted at different addresses.
final class MappedFile {
    let path: String
    let byteCount: Int
    private var mappings: [UnsafeMutableRawPointer] = []

    init(byteCount: Int) {
        path = NSTemporaryDirectory() + "ring-\(UUID().uuidString)"
        self.byteCount = byteCount
        let created = FileManager.default.createFile(atPath: path, contents: nil)
        precondition(created, "a temporary file can be made")
        precondition(truncate(path, byteCount) == 0, "a temporary file can grow")
    }

    func map(writable: Bool = true) -> UnsafeMutableRawBufferPointer {
        let descriptor = open(path, writable ? O_RDWR : O_RDONLY)
        defer { close(descriptor) }
        let address = mmap(
            nil, byteCount, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor,
            0)
        precondition(address != MAP_FAILED, "a temporary file can be mapped")
        mappings.append(address!)
        return UnsafeMutableRawBufferPointer(start: address, count: byteCount)
    }

    deinit {
        for mapping in mappings { munmap(mapping, byteCount) }
        unlink(path)
    }
}

#if DEBUG
    let stressRecordCount: UInt64 = 100_000
#else
    let stressRecordCount: UInt64 = 2_000_000
#endif
