import Containers
import Testing

@Suite struct FixedPoolTests {
    struct Pair: BitwiseCopyable {
        var a: UInt64
        var b: Int32
    }

    @Test func handsOutEachRecordOnceThenNone() {
        var pool = FixedPool<Pair>(capacity: 3)
        expect(pool.isEmpty && pool.capacity == 3)
        expect(pool.allocate() == 0)
        expect(pool.allocate() == 1)
        expect(pool.allocate() == 2)
        expect(pool.isFull && pool.count == 3)
        expect(pool.allocate() == noIndex)
        pool.checkInvariants()
    }

    @Test func freedRecordsReturnLastInFirstOut() {
        var pool = FixedPool<Pair>(capacity: 4, touchingPages: false)
        for _ in 0..<4 { _ = pool.allocate() }
        pool.free(1)
        pool.free(3)
        expect(!pool.isLive(1) && pool.isLive(0) && !pool.isLive(9))
        expect(pool.allocate() == 3)
        expect(pool.allocate() == 1)
        pool.removeAll()
        expect(pool.isEmpty && pool.allocate() == 0)
    }

    @Test func recordsChangeInPlaceAndIndependently() {
        var pool = FixedPool<Pair>(capacity: 2)
        let (first, second) = (pool.allocate(), pool.allocate())
        pool[first] = Pair(a: 1, b: 2)
        pool[second] = Pair(a: 3, b: 4)
        swap(&pool[first].a, &pool[second].a)
        pool[second].b += 10
        expect(pool[first].a == 3 && pool[second].a == 1 && pool[second].b == 14)
    }

    @Test func aRestoredPoolHandsOutTheSameIndices() {
        var random = Random(state: 7)
        for _ in 0..<200 {
            var pool = FixedPool<UInt64>(capacity: 70)
            var live: [Int32] = []
            for _ in 0..<random.next(below: 300) {
                if random.next() & 1 == 0, !pool.isFull {
                    live.append(pool.allocate())
                } else if !live.isEmpty {
                    pool.free(live.remove(at: random.next(below: live.count)))
                }
            }
            let untouched = pool.untouchedCount
            let freeCount = pool.capacity - pool.count
            expect(live.allSatisfy { $0 < pool.capacity - untouched })
            var restored = FixedPool<UInt64>(capacity: 70)
            var position = untouched
            let isWhole = restored.restoreFree(untouched: untouched, others: freeCount - untouched)
            {
                position += 1
                return pool.freeIndex(at: position - 1)
            }
            expect(isWhole && restored.count == pool.count)
            restored.checkInvariants()
            for _ in 0...freeCount { expect(restored.allocate() == pool.allocate()) }
        }
    }

    @Test func aFreeStackThatIsNoneLeavesThePoolAsNew() {
        let stacks: [(untouched: Int, others: [Int32])] = [
            (2, [0, 0]), (2, [2]), (2, [-1]), (2, [4]), (5, []), (-1, []), (3, [0, 1]),
            (0, [0, 1, 2, 3, 0]),
        ]
        for (untouched, others) in stacks {
            var pool = FixedPool<UInt64>(capacity: 4)
            _ = pool.allocate()
            var position = -1
            let isWhole = pool.restoreFree(untouched: untouched, others: others.count) {
                position += 1
                return others[position]
            }
            expect(!isWhole && pool.isEmpty && pool.allocate() == 0)
        }
    }

    @Test func agreesWithASetUnderRandomOperations() {
        var random = Random(state: 5)
        var pool = FixedPool<UInt64>(capacity: 100)
        var live: [Int32: UInt64] = [:]
        var order: [Int32] = []
        var mismatches = 0
        for operation in 0..<modelOperationCount {
            if random.next() & 1 == 0 {
                let index = pool.allocate()
                if (index == noIndex) != (live.count == 100) { mismatches += 1 }
                guard index != noIndex else { continue }
                if live[index] != nil { mismatches += 1 }
                pool[index] = UInt64(operation)
                live[index] = UInt64(operation)
                order.append(index)
            } else if !order.isEmpty {
                let index = order.remove(at: random.next(below: order.count))
                if pool[index] != live[index] { mismatches += 1 }
                live[index] = nil
                pool.free(index)
            }
            if operation % 10_000 == 0 { pool.checkInvariants() }
        }
        #expect(mismatches == 0)
        expect(pool.count == live.count)
    }
}

@Suite struct FixedPoolPreconditionTests {
    @Test func anIndexOutsideStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let pool = FixedPool<UInt64>(capacity: 2)
            print(pool[2])
        }
        await #expect(processExitsWith: .failure) {
            let pool = FixedPool<UInt64>(capacity: 2)
            print(pool[noIndex])
        }
    }

    @Test func freeingMoreThanWasAllocatedStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var pool = FixedPool<UInt64>(capacity: 2)
            pool.free(0)
        }
    }

    @Test func theAuditFindsADoubleFree() async {
        await #expect(processExitsWith: .failure) {
            var pool = FixedPool<UInt64>(capacity: 2)
            _ = pool.allocate()
            _ = pool.allocate()
            pool.free(0)
            pool.free(0)
            pool.checkInvariants()
        }
    }
}
