import Containers
import Testing

@Suite struct FixedTableTests {
    @Test func rowsAreMadeInOrderAndChangeInPlace() {
        let table = FixedTable(count: 3) { $0 * 10 }
        expect(table.count == 3)
        expect(table[0] == 0 && table[1] == 10 && table[2] == 20)
        table[1] += 5
        swap(&table[0], &table[2])
        expect(table[0] == 20 && table[1] == 15 && table[2] == 0)
        expect(table.address(of: 1).pointee == 15 && table.address(of: 1)[1] == 0)
    }

    @Test func mayBeEmpty() {
        let table = FixedTable<Int>(count: 0) { _ in fatalError("there is no row to make") }
        expect(table.count == 0)
    }

    @Test func rowsThatCannotBeCopiedEndWithTheTable() {
        final class Count { var ended = 0 }
        struct Row: ~Copyable {
            let count: Count
            let number: Int
            deinit { count.ended += 1 }
        }
        let count = Count()
        do {
            let table = FixedTable(count: 4) { Row(count: count, number: $0) }
            expect(table[3].number == 3 && count.ended == 0)
        }
        #expect(count.ended == 4)
    }

    @Test func aRowOutsideStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let table = FixedTable(count: 2) { $0 }
            _ = table[2]
        }
        await #expect(processExitsWith: .failure) {
            let table = FixedTable(count: 2) { $0 }
            table[-1] = 0
        }
    }
}
