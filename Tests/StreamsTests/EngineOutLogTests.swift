import Domain
import Glibc
import Rings
import Streams
import Testing

@Suite struct EngineOutLogTests {
    @Test func findsTheTimesOfTheLastCommands() {
        let log = EngineOutLog.make(capacity: 4)
        let reader = log.reader
        for sequence: UInt64 in 1...6 { log.note(Timestamp(nanos: sequence * 100), of: sequence) }
        #expect((3...6).map { reader.time(of: $0).nanos } == [300, 400, 500, 600])
        for sequence: UInt64 in [1, 2, 7, 10] { #expect(reader.time(of: sequence).isNone) }
    }

    @Test func aSecondPartOfACommandCountsLast() {
        let log = EngineOutLog.make(capacity: 4)
        log.note(Timestamp(nanos: 1), of: 1)
        log.note(Timestamp(nanos: 2), of: 1)
        #expect(log.reader.time(of: 1).nanos == 2)
    }

    /// Each time is its sequence times 1,000, so a time of another command shows.
    @Test func aTimeIsNeverThatOfAnotherCommand() {
        let shared = Race()
        var thread = pthread_t()
        pthread_create(&thread, nil, noteMany, Unmanaged.passRetained(shared).toOpaque())
        var found = 0
        var wrong = 0
        while true {
            let published = shared.published.value
            // The newest, and one that is being replaced about now.
            for sequence in [published, published &- 3] where sequence >= 1 && sequence <= published
            {
                let time = shared.reader.time(of: sequence)
                if time.isNone { continue }
                found += 1
                if time.nanos != sequence &* 1_000 { wrong += 1 }
            }
            if published == Race.count { break }
        }
        pthread_join(thread, nil)
        #expect(wrong == 0)
        #expect(found > 0)
    }

    @Test func refusesWhatIsNoLog() {
        let memory = PartMemory(byteCount: EngineOutLog.byteCount(capacity: 8))
        let region = UnsafeRawBufferPointer(memory.bytes)
        #expect(throws: SurfaceLayoutError.notThisPart(.events, magic: 0)) {
            _ = try EngineOutLog.Reader(in: region)
        }
        _ = EngineOutLog.create(in: memory, capacity: 8)
        #expect(throws: SurfaceLayoutError.tooSmall(part: .events, needed: 256, found: 255)) {
            _ = try EngineOutLog.Reader(in: UnsafeRawBufferPointer(rebasing: region[..<255]))
        }
        for (offset, word, error) in [
            (8, 2, SurfaceLayoutError.unknownVersion(.events, 2)),
            (16, 3, .contradiction(.events)), (16, 0, .contradiction(.events)),
            (16, 1 << 60, .contradiction(.events)),
        ] as [(Int, UInt64, SurfaceLayoutError)] {
            let before = region.load(fromByteOffset: offset, as: UInt64.self)
            memory.bytes.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            #expect(throws: error) { _ = try EngineOutLog.Reader(in: region) }
            memory.bytes.storeBytes(of: before, toByteOffset: offset, as: UInt64.self)
        }
        #expect(throws: Never.self) { _ = try EngineOutLog.Reader(in: region, owner: memory) }
    }
}

private final class Race: @unchecked Sendable {
    static let count: UInt64 = 300_000
    let log = EngineOutLog.make(capacity: 4)
    let reader: EngineOutLog.Reader
    let published = SequenceCounter()

    init() { reader = log.reader }
}

private func noteMany(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let race = Unmanaged<Race>.fromOpaque(context!).takeRetainedValue()
    for sequence in 1...Race.count {
        race.log.note(Timestamp(nanos: sequence &* 1_000), of: sequence)
        race.published.publish(sequence)
    }
    return nil
}
