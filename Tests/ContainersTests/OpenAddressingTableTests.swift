import Containers
import Testing

@Suite struct OpenAddressingTableTests {
    @Test func findsWhatWasInsertedUntilItIsRemoved() {
        var table = OpenAddressingTable(capacity: 4)
        expect(table.find(hash: 7) { _ in true } == noIndex)
        expect(table.insert(hash: 7, value: 3))
        expect(table.find(hash: 7) { $0 == 3 } == 3)
        expect(table.find(hash: 7) { _ in false } == noIndex)
        expect(!table.remove(hash: 7, value: 4))
        expect(table.remove(hash: 7, value: 3))
        expect(table.find(hash: 7) { _ in true } == noIndex)
        expect(table.count == 0)
    }

    @Test func isFullAtItsCapacity() {
        var table = OpenAddressingTable(capacity: 3)
        for value in Int32(0)..<3 { expect(table.insert(hash: mix64(UInt64(value)), value: value)) }
        expect(table.isFull && !table.insert(hash: 9, value: 9))
        table.checkInvariants()
        table.removeAll()
        expect(table.count == 0 && table.insert(hash: 9, value: 9))
    }

    @Test func equalHashesAreToldApartByTheCaller() {
        var table = OpenAddressingTable(capacity: 8)
        for value in Int32(0)..<8 { expect(table.insert(hash: 42, value: value)) }
        for value in Int32(0)..<8 { expect(table.find(hash: 42) { $0 == value } == value) }
        for value in [Int32(3), 0, 7] { expect(table.remove(hash: 42, value: value)) }
        for value in [Int32(1), 2, 4, 5, 6] {
            expect(table.find(hash: 42) { $0 == value } == value)
        }
        table.checkInvariants()
    }

    @Test func aGuessIsTheOneValueOfAHash() {
        var table = OpenAddressingTable(capacity: 1000)
        for value in Int32(0)..<1000 {
            expect(table.insert(hash: mix64(UInt64(value)), value: value))
        }
        for value in Int32(0)..<1000 { expect(table.guess(hash: mix64(UInt64(value))) == value) }
        expect(table.guess(hash: mix64(1000)) == noIndex)
    }

    /// How keys become hashes: well mixed, all in few buckets, and wrapping round the end.
    static let hashings: [(String, @Sendable (UInt64) -> UInt64)] = [
        ("mixed", { mix64($0) }),
        ("clustered", { $0 % 16 }),
        ("round the end", { UInt64(UInt32.max) - $0 % 8 }),
        ("high bits only", { $0 << 40 }),
        ("constant", { _ in 1 }),
    ]

    @Test(arguments: hashings.indices)
    func agreesWithADictionaryUnderRandomOperations(hashing: Int) {
        let hash = Self.hashings[hashing].1
        // Clustered hashes cost a scan of the cluster per operation.
        let (capacity, operations) =
            hashing == 0 ? (2000, modelOperationCount) : (64, modelOperationCount / 10)
        var random = Random(state: UInt64(hashing))
        var table = OpenAddressingTable(capacity: capacity)
        var keys = [UInt64](repeating: 0, count: capacity)
        var free = Array((0..<Int32(capacity)).reversed())
        var model: [UInt64: Int32] = [:]
        var mismatches = 0
        for operation in 0..<operations {
            let key = UInt64(random.next(below: capacity * 2))
            let found = table.find(hash: hash(key)) { keys[Int($0)] == key }
            if found != model[key] ?? noIndex { mismatches += 1 }
            if random.next() & 1 == 0, found == noIndex {
                let value = free.last ?? 0
                let inserted = table.insert(hash: hash(key), value: value)
                if inserted != (model.count < capacity) { mismatches += 1 }
                if inserted {
                    keys[Int(value)] = key
                    model[key] = value
                    free.removeLast()
                }
            } else if found != noIndex {
                if !table.remove(hash: hash(key), value: found) { mismatches += 1 }
                model[key] = nil
                free.append(found)
            }
            if operation % 10_000 == 0 { table.checkInvariants() }
        }
        #expect(mismatches == 0)
        expect(table.count == model.count)
        table.checkInvariants()
    }

    /// A probe's place serves for the insertion or removal that follows, at every stage of growth.
    @Test(arguments: hashings.indices)
    func placesOfProbesServe(hashing: Int) {
        let hash = Self.hashings[hashing].1
        let capacity = hashing == 0 ? 4000 : 64
        var random = Random(state: UInt64(hashing) + 100)
        var table = OpenAddressingTable(capacity: capacity)
        var keys = [UInt64](repeating: 0, count: capacity)
        var free = Array((0..<Int32(capacity)).reversed())
        var model: [UInt64: Int32] = [:]
        for operation in 0..<modelOperationCount / 10 {
            let key = UInt64(random.next(below: capacity * 2))
            table.keepGrowing()
            let probe = table.probe(hash: hash(key)) { keys[Int($0)] == key }
            expect(probe.value == model[key] ?? noIndex)
            let other = UInt64(random.next(below: capacity * 2))
            if probe.value != noIndex, model[other] == nil {
                // It goes by another key from now on, also in a table that is full.
                let place = table.probe(hash: hash(other)) { keys[Int($0)] == other }
                expect(place.value == noIndex)
                table.move(from: probe, to: place)
                keys[Int(probe.value)] = other
                model[key] = nil
                model[other] = probe.value
                expect(table.find(hash: hash(key)) { keys[Int($0)] == key } == noIndex)
                expect(table.find(hash: hash(other)) { keys[Int($0)] == other } == probe.value)
            } else if probe.value != noIndex {
                table.remove(at: probe)
                model[key] = nil
                free.append(probe.value)
            } else if let value = free.popLast() {
                expect(table.insert(at: probe, value: value))
                keys[Int(value)] = key
                model[key] = value
            } else {
                expect(!table.insert(at: probe, value: 0))
            }
            if operation % 1000 == 0 { table.checkInvariants() }
        }
        expect(table.count == model.count)
        table.checkInvariants()
    }

    @Test func mixingSpreadsNeighboursEvenly() {
        var buckets = [Int](repeating: 0, count: 256)
        for key in UInt64(0)..<25_600 { buckets[Int(mix64(key) & 255)] += 1 }
        #expect(buckets.max()! < 150 && buckets.min()! > 60)
        #expect(Set((UInt64(0)..<10_000).map(mix64)).count == 10_000)
    }
}
