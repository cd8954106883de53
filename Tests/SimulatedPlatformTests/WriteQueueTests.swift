import Domain
import Platform
import SimulatedPlatform
import Testing

@Suite final class WriteQueueTests {
    private let clock = SimulatedClock(startNanos: 1_000)
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 512)

    deinit { memory.deallocate() }

    private func submit(
        _ tag: UInt64, to queue: any WriteQueue, _ file: any DiskFile, sectors: Int = 1,
        durable: Bool = false
    ) -> Bool {
        let bytes = UnsafeMutableRawBufferPointer(
            rebasing: memory[Int(tag) * 2048..<Int(tag) * 2048 + sectors * 512])
        bytes.initializeMemory(as: UInt8.self, repeating: UInt8(tag))
        return queue.submit(
            DiskWrite(
                tag: tag, file: file, bytes: UnsafeRawBufferPointer(bytes),
                offset: Int(tag) * 2048, isDurable: durable))
    }

    private func tags(_ queue: any WriteQueue) -> [UInt64] {
        var tags: [UInt64] = []
        while let completion = queue.nextCompletion() {
            #expect(completion.error == nil)
            tags.append(completion.tag)
        }
        return tags
    }

    @Test func writesCompleteInAnyOrderWhenTheirTimeHasCome() throws {
        var orders: Set<[UInt64]> = []
        for seed in 1...60 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed, clock: clock)
            disk.faults.writeNanos = 100...200
            let file = try disk.create("a", byteCount: 1 << 15)
            let queue = try disk.makeWriteQueue()
            for tag in 0..<3 as Range<UInt64> { #expect(submit(tag, to: queue, file)) }
            #expect(queue.poll() == 0)
            clock.advance(nanos: 99)
            #expect(queue.poll() == 0)
            var order: [UInt64] = []
            while order.count < 3 {
                clock.advance(nanos: 1)
                _ = queue.poll()
                order += tags(queue)
            }
            orders.insert(order)
            for tag in 0..<3 { #expect(disk.contents(of: "a")?[tag * 2048 + 511] == UInt8(tag)) }
        }
        #expect(orders.count == 6)
    }

    @Test func whoSleepsWakesWithTheFirstCompletion() throws {
        let disk = SimulatedDisk(seed: 1, clock: clock)
        disk.faults.writeNanos = 5_000...9_000
        let queue = try disk.makeWriteQueue()
        #expect(submit(1, to: queue, try disk.create("a", byteCount: 8192)))
        let start = clock.nanos
        #expect(queue.pollOrSleep(nanos: 1_000) == 0)
        #expect(clock.nanos == start + 1_000)
        #expect(queue.pollOrSleep(nanos: 1_000_000) == 1)
        #expect((start + 5_000...start + 9_000).contains(clock.nanos))
        #expect(tags(queue) == [1])
        queue.wake()
        #expect(queue.pollOrSleep(nanos: 77) == 0)
        #expect((start + 5_000...start + 9_000).contains(clock.nanos), "it was woken")
    }

    @Test func nothingIsTakenBeyondTheCapacity() throws {
        let disk = SimulatedDisk(seed: 1, clock: clock)
        disk.faults.writeNanos = 10...10
        let queue = try disk.makeWriteQueue()
        let file = try disk.create("a", byteCount: 1 << 16)
        for _ in 0..<queue.capacity { #expect(submit(1, to: queue, file)) }
        #expect(!submit(1, to: queue, file))
        clock.advance(nanos: 10)
        #expect(queue.poll() == queue.capacity)
        #expect(!submit(1, to: queue, file), "completions not taken count")
        _ = queue.nextCompletion()
        #expect(submit(1, to: queue, file))
    }

    @Test func aDurableWriteSurvivesAPowerCutAndAnotherMayNot() throws {
        var lost = 0
        for seed in 1...50 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed, clock: clock)
            let file = try disk.create("a", byteCount: 1 << 13)
            try disk.syncFolder("")
            let queue = try disk.makeWriteQueue()
            #expect(submit(1, to: queue, file, durable: true))
            #expect(submit(2, to: queue, file))
            #expect(queue.poll() == 2)
            disk.cutPower()
            #expect(disk.contents(of: "a")?[2048] == 1)
            lost += disk.contents(of: "a")?[4096] == 2 ? 0 : 1
        }
        #expect((1...49).contains(lost))
    }

    @Test func aDurableWriteWithoutBytesSyncsWhatWasDoneBefore() throws {
        var lost = 0
        for seed in 1...50 as ClosedRange<UInt64> {
            let disk = SimulatedDisk(seed: seed, clock: clock)
            let file = try disk.create("a", byteCount: 1 << 13)
            try disk.syncFolder("")
            let queue = try disk.makeWriteQueue()
            #expect(submit(1, to: queue, file))
            #expect(queue.poll() == 1)
            #expect(submit(0, to: queue, file, sectors: 0, durable: true))
            #expect(submit(2, to: queue, file))
            #expect(queue.poll() == 3)
            disk.cutPower()
            #expect(disk.contents(of: "a")?[2048] == 1)
            lost += disk.contents(of: "a")?[4096] == 2 ? 0 : 1
        }
        #expect((1...49).contains(lost))
    }

    @Test func aWriteUnderWayIsDoneInPartOrNotAtAll() throws {
        for isPowerCut in [false, true] {
            var seen: Set<Int> = []
            for seed in 1...200 as ClosedRange<UInt64> {
                let disk = SimulatedDisk(seed: seed, clock: clock)
                let file = try disk.create("a", byteCount: 1 << 13)
                try file.sync()
                try disk.syncFolder("")
                disk.faults.writeNanos = 1_000...1_000
                let queue = try disk.makeWriteQueue()
                #expect(submit(1, to: queue, file, sectors: 4, durable: true))
                #expect(queue.poll() == 0)
                if isPowerCut { disk.cutPower() } else { disk.kill() }
                clock.advance(nanos: 2_000)
                #expect(queue.poll() == 0, "nobody is told")
                let left = try #require(disk.contents(of: "a"))
                seen.insert((0..<4).count { left[2048 + $0 * 512] == 1 })
            }
            #expect(seen == [0, 1, 2, 3, 4])
        }
    }

    @Test func failuresComeWithTheCompletion() throws {
        let disk = SimulatedDisk(seed: 1, clock: clock)
        let file = try disk.create("a", byteCount: 1 << 13)
        let queue = try disk.makeWriteQueue()
        disk.faults.writeErrors = 1_000_000
        #expect(submit(1, to: queue, file))
        #expect(queue.poll() == 1)
        #expect(queue.nextCompletion()?.error?.code == 5)
        disk.faults = .none
        disk.faults.capacity = 1 << 13
        #expect(submit(5, to: queue, file))
        #expect(queue.poll() == 1)
        #expect(queue.nextCompletion()?.error?.isFull == true)
        #expect(file.byteCount == 1 << 13)
    }
}
