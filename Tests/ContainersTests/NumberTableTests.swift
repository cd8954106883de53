import Containers
import Testing

@Suite struct NumberTableTests {
    @Test(arguments: [0, 1, 2, 3, 4, 5, 1000, 4096])
    func everyNumberStandsForItsPlace(_ count: Int) {
        var random = Random(state: UInt64(count))
        var places: [UInt32: Int32] = [:]
        // Close together and far apart; zero and all ones are numbers as well.
        for place in 0..<count {
            let number =
                switch place % 4 {
                case 0: UInt32(place)
                case 1: UInt32.max - UInt32(place - 1)
                case 2: UInt32(place) << 18 | 1 << 31
                default: UInt32(truncatingIfNeeded: random.next()) >> 1 | 1 << 29
                }
            if places[number] == nil { places[number] = Int32(places.count) }
        }
        let numbers = places.sorted { $0.value < $1.value }.map(\.key)
        let table = NumberTable(numbers)
        for (number, place) in places { expect(table.row(of: number) == place) }
        for _ in 0..<10_000 {
            let number = UInt32(truncatingIfNeeded: random.next())
            expect(table.row(of: number) == places[number] ?? noIndex)
        }
        expect(table.row(of: 0) == places[0] ?? noIndex)
        expect(table.row(of: .max) == places[.max] ?? noIndex)
    }

    @Test func ofEqualNumbersTheFirstIsFound() {
        let table = NumberTable([7, 9, 7, 9])
        expect(table.row(of: 7) == 0)
        expect(table.row(of: 9) == 1)
    }
}
