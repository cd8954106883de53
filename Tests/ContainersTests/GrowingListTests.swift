import Containers
import Testing

@Suite struct GrowingListTests {
    @Test func agreesWithAnArray() {
        var random = Random(state: 77)
        var list = GrowingList<UInt64>()
        var array: [UInt64] = []
        expect(list.isEmpty && list.capacity == 0 && list.last == nil)
        for _ in 0..<modelOperationCount {
            let value = random.next()
            switch random.next(below: 12) {
            case 0..<5:
                list.append(value)
                array.append(value)
            case 5..<8:
                let index = random.next(below: array.count + 1)
                list.insert(value, at: index)
                array.insert(value, at: index)
            case 8 where !array.isEmpty:
                let index = random.next(below: array.count)
                list.remove(at: index)
                array.remove(at: index)
            case 9:
                let count = random.next(below: min(4, array.count + 1))
                list.removeFirst(count)
                array.removeFirst(count)
            case 10 where !array.isEmpty:
                list.removeLast()
                array.removeLast()
                if let last = array.indices.last {
                    list[last] &+= 1
                    array[last] &+= 1
                }
            default:
                guard array.count > 300 else { continue }
                list.removeAll()
                array.removeAll()
            }
            expect(list.count == array.count && list.last == array.last)
        }
        for index in array.indices { expect(list[index] == array[index]) }
    }

    @Test func memoryStaysWhenElementsGo() {
        var list = GrowingList<Int>(minimumCapacity: 20)
        expect(list.capacity == 20)
        for number in 0..<100 { list.append(number) }
        let capacity = list.capacity
        list.removeAll()
        expect(list.isEmpty && list.capacity == capacity && capacity >= 100)
    }
}

@Suite struct FixedBlocksTests {
    @Test func handsOutEachBlockOnce() {
        var blocks = FixedBlocks(capacity: 3, blockLength: 16)
        let indices = (0..<3).map { _ in blocks.allocate() }
        expect(Set(indices) == [0, 1, 2] && blocks.count == 3)
        expect(blocks.allocate() == noIndex)
        for index in indices {
            blocks.address(of: index).storeBytes(of: UInt64(index), as: UInt64.self)
            blocks.address(of: index).storeBytes(of: .max, toByteOffset: 8, as: UInt64.self)
        }
        for index in indices {
            expect(blocks.address(of: index).load(as: UInt64.self) == UInt64(index))
        }
        blocks.free(1)
        expect(blocks.count == 2 && blocks.allocate() == 1)
    }
}
