import Glibc
import Rings

/// The other process of the ring tests: `ring-stress consume|observe PATH COUNT`.
///
/// Reads records with the values 1 to COUNT from the ring in the file PATH and prints how many it
/// saw and how many slots it was told were lost. Exit 1 with a sentence when anything is wrong.
/// `consume` is the consumer of a `Ring`; `observe` reads a `BroadcastRing` through a read-only
/// mapping. Both say `ready` when they are attached.
@main
struct RingStress {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let count = UInt64(arguments[3]) else {
            fail("Usage: ring-stress consume|observe PATH COUNT")
        }
        do {
            switch arguments[1] {
            case "consume": try consume(map(arguments[2], writable: true), count)
            case "observe": try observe(map(arguments[2], writable: false), count)
            default: fail("The first argument is consume or observe, not \(arguments[1]).")
            }
        } catch {
            fail("\(error)")
        }
    }

    static func consume(
        _ region: UnsafeMutableRawBufferPointer, _ count: UInt64
    ) throws(RingError) {
        var consumer = try Ring<StressRecord>.attachConsumer(in: region)
        say("ready")
        for value in 1...count {
            while consumer.available() == 0 {
                if consumer.isDamaged { fail("The tail made no sense at \(consumer.position).") }
                sched_yield()
            }
            guard consumer[0].value == value, consumer[0].isWhole else {
                fail("Record \(value) is not what was written.")
            }
            consumer.release(1)
        }
        say("records \(count) lost 0")
    }

    static func observe(
        _ region: UnsafeMutableRawBufferPointer, _ count: UInt64
    ) throws(RingError) {
        var reader = try BroadcastRing<StressRecord>.LossyReader(
            in: UnsafeRawBufferPointer(region))
        say("ready")
        var (last, records, lost): (UInt64, UInt64, UInt64) = (0, 0, 0)
        while last < count {
            switch reader.next() {
            case .empty: sched_yield()
            case .damaged(let position): fail("The ring is damaged at \(position).")
            case .overrun(let lostFrom, let resumeAt):
                lost += resumeAt - lostFrom
                last = resumeAt
            case .record:
                let record = reader.record
                guard record.isWhole, record.value == last + 1 else {
                    fail("After record \(last) came \(record.value).")
                }
                last += 1
                records += 1
            }
        }
        say("records \(records) lost \(lost)")
    }

    static func map(_ path: String, writable: Bool) -> UnsafeMutableRawBufferPointer {
        let descriptor = open(path, writable ? O_RDWR : O_RDONLY)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            fail("The file \(path) cannot be opened.")
        }
        let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
        let address = mmap(nil, Int(status.st_size), protection, MAP_SHARED, descriptor, 0)
        guard address != MAP_FAILED else { fail("The file \(path) cannot be mapped.") }
        return UnsafeMutableRawBufferPointer(start: address, count: Int(status.st_size))
    }

    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    static func fail(_ sentence: String) -> Never {
        let line = sentence + "\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(1)
    }
}

/// The same 128 bytes as in the tests, declared again: two programs that agree on a layout.
struct StressRecord: SlottedRecord {
    var value: UInt64
    var slotCount: UInt8
    var words: InlineArray<14, UInt64>

    var isWhole: Bool {
        for index in words.indices
        where words[index] != value &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(index) {
            return false
        }
        return true
    }
}
