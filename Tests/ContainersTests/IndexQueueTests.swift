import Containers
import Testing

@Suite struct IndexQueueTests {
    @Test func isFirstInFirstOutUpToItsCapacity() {
        var queue = IndexQueue(capacity: 3)
        expect(queue.isEmpty && queue.pop() == noIndex && queue.first == noIndex)
        for index in Int32(0)..<3 { expect(queue.push(index)) }
        expect(queue.isFull && !queue.push(3))
        expect(queue.first == 0 && queue[2] == 2)
        expect(queue.pop() == 0)
        expect(queue.push(3))
        for index in Int32(1)..<4 { expect(queue.pop() == index) }
        expect(queue.isEmpty)
        expect(queue.push(9))
        queue.removeAll()
        expect(queue.isEmpty && queue.count == 0)
    }

    @Test func agreesWithAnArrayUnderRandomOperations() {
        var random = Random(state: 3)
        var queue = IndexQueue(capacity: 10)
        var model: [Int32] = []
        var mismatches = 0
        for operation in 0..<Int32(50_000) {
            if random.next() & 1 == 0 {
                if queue.push(operation) != (model.count < 10) { mismatches += 1 }
                if model.count < 10 { model.append(operation) }
            } else {
                let expected = model.isEmpty ? noIndex : model.removeFirst()
                if queue.pop() != expected { mismatches += 1 }
            }
            if queue.count != model.count { mismatches += 1 }
        }
        #expect(mismatches == 0)
    }

    @Test func readingBehindTheEndStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let queue = IndexQueue(capacity: 2)
            print(queue[0])
        }
    }
}
