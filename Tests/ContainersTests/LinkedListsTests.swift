import Testing

@testable import Containers

@Suite struct LinkedListsTests {
    @Test func membersComeInOrderOfAppending() {
        let lists = LinkedLists(indexCount: 8, listCount: 2)
        expect(lists.first(of: 0) == noIndex && lists.last(of: 1) == noIndex)
        for index in [Int32(3), 0, 7] { lists.append(index, to: 1) }
        lists.append(5, to: 0)
        expect(lists.first(of: 1) == 3 && lists.last(of: 1) == 7)
        expect(lists.next(after: 3) == 0 && lists.next(after: 7) == noIndex)
        expect(!lists.remove(0))
        expect(lists.next(after: 3) == 7)
        expect(lists.remove(5))
        expect(lists.first(of: 0) == noIndex)
        lists.append(0, to: 0)
        expect(lists.first(of: 0) == 0)
        lists.checkInvariants(0)
        lists.checkInvariants(1)
    }

    @Test func agreeWithArraysUnderRandomOperations() {
        let (indexCount, listCount) = (64, 5)
        var random = Random(state: 7)
        let lists = LinkedLists(indexCount: indexCount, listCount: listCount)
        var model = [[Int32]](repeating: [], count: listCount)
        var home = [Int?](repeating: nil, count: indexCount)
        for operation in 0..<modelOperationCount / 10 {
            let index = random.next(below: indexCount)
            if let list = home[index] {
                model[list].removeAll { $0 == Int32(index) }
                home[index] = nil
                expect(lists.remove(Int32(index)) == model[list].isEmpty)
            } else {
                let list = random.next(below: listCount)
                lists.append(Int32(index), to: list)
                model[list].append(Int32(index))
                home[index] = list
            }
            guard operation % 100 == 0 else { continue }
            for list in 0..<listCount {
                lists.checkInvariants(list)
                var found: [Int32] = []
                lists.forEach(in: list) { found.append($0) }
                expect(found == model[list])
                expect(lists.last(of: list) == model[list].last ?? noIndex)
            }
        }
    }
}
