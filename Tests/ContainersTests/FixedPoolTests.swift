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
