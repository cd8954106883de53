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

    @Test func anIndexIsInOneListOfEachKind() {
        let lists = LinkedLists(indexCount: 4, listCount: 2, otherLists: 3)
        let others = LinkedLists(beside: lists, listCount: 3)
        for index in Int32(0)..<4 {
            lists.append(index, to: 1)
            others.append(3 - index, to: 2)
        }
        expect(lists.next(after: 1) == 2 && others.next(after: 1) == 0)
        expect(!lists.remove(2))
        expect(lists.next(after: 1) == 3 && others.next(after: 3) == 2)
        expect(others.first(of: 0) == noIndex && lists.first(of: 0) == noIndex)
    }

    @Test func agreeWithArraysUnderRandomOperations() {
        let (indexCount, listCount, otherCount) = (64, 5, 3)
        let lists = LinkedLists(
            indexCount: indexCount, listCount: listCount, otherLists: otherCount)
        let others = LinkedLists(beside: lists, listCount: otherCount)
        var random = Random(state: 7)
        var model = ListsModel(indexCount: indexCount, listCount: listCount)
        var otherModel = ListsModel(indexCount: indexCount, listCount: otherCount)
        for operation in 0..<modelOperationCount / 10 {
            if random.next(below: 2) == 0 {
                model.change(lists, &random)
            } else {
                otherModel.change(others, &random)
            }
            guard operation % 100 == 0 else { continue }
            model.compare(lists)
            otherModel.compare(others)
        }
    }
}

/// What lists should hold, as arrays.
private struct ListsModel {
    private var lists: [[Int32]]
    private var home: [Int?]

    init(indexCount: Int, listCount: Int) {
        lists = Array(repeating: [], count: listCount)
        home = Array(repeating: nil, count: indexCount)
    }

    /// Takes some index out of its list, or puts it into one.
    mutating func change(_ tested: borrowing LinkedLists, _ random: inout Random) {
        let index = random.next(below: home.count)
        if let list = home[index] {
            lists[list].removeAll { $0 == Int32(index) }
            home[index] = nil
            expect(tested.remove(Int32(index)) == lists[list].isEmpty)
        } else {
            let list = random.next(below: lists.count)
            tested.append(Int32(index), to: list)
            lists[list].append(Int32(index))
            home[index] = list
        }
    }

    func compare(_ tested: borrowing LinkedLists) {
        for list in lists.indices {
            tested.checkInvariants(list)
            var found: [Int32] = []
            tested.forEach(in: list) { found.append($0) }
            expect(found == lists[list])
            expect(tested.last(of: list) == lists[list].last ?? noIndex)
        }
    }
}
