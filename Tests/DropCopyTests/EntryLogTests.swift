import Testing

@testable import DropCopy

@Suite struct EntryLogTests {
    @Test func `Places keep their entries while the front goes`() {
        let log = EntryLog()
        var dropped: UInt64 = 0
        for place in 0..<5000 as Range<UInt64> {
            log.append(place * 3)
            if place % 5 != 0 {
                log.dropFirst()
                dropped += 1
            }
            #expect(log.first == dropped && log.end == place + 1)
        }
        for place in log.first..<log.end { #expect(log[place] == place * 3) }
    }

    @Test func `A log goes on where it was emptied, or later`() {
        let log = EntryLog()
        log.append(1)
        log.dropFirst()
        #expect(log.isEmpty && log.end == 1)
        log.append(2)
        #expect(log[1] == 2)
        #expect(log.start == 0)
        log.begin(at: 1000)
        #expect(log.isEmpty && log.first == 1000 && log.start == 1000)
        for place in 1000..<1300 as Range<UInt64> { log.append(place) }
        #expect(log[1000] == 1000 && log[1299] == 1299)
    }
}
