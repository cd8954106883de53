import Telemetry
import Testing

@Suite struct CounterTests {
    let groups = [["gateway.frames", "gateway.rejects"], ["engine.commands"]]

    @Test func aReaderFindsNamesAndValues() throws {
        let block = CounterBlock.make(groups: groups)
        let frames = block.counter("gateway.frames")
        frames.add()
        frames.add(4)
        block.counter("engine.commands").set(77)
        let reader = try CounterReader(in: block.region, owner: block)
        #expect(reader.names == ["gateway.frames", "gateway.rejects", "engine.commands"])
        #expect(reader.value(of: "gateway.frames") == 5 && frames.value == 5)
        #expect(reader.value(of: "gateway.rejects") == 0)
        #expect(reader.value(at: 2) == 77)
        #expect(reader.value(of: "nothing") == nil)
    }

    @Test func groupsDoNotShareALine() {
        let block = CounterBlock.make(groups: groups)
        #expect(block.region.count == 128 + 256 + 2 * 128)
        #expect(UInt(bitPattern: block.region.baseAddress) % 128 == 0)
    }

    @Test func smallOrForeignMemoryIsRefused() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 128)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        let all = UnsafeRawBufferPointer(memory)
        #expect(throws: CounterError.notCounters(magic: 0)) { _ = try CounterReader(in: all) }
        let small = UnsafeMutableRawBufferPointer(rebasing: memory[..<100])
        #expect(throws: CounterError.regionTooSmall(needed: 640, found: 100)) {
            _ = try CounterBlock.create(in: small, groups: groups)
        }
        _ = try CounterBlock.create(in: memory, groups: groups)
        memory.storeBytes(of: 2, toByteOffset: 8, as: UInt64.self)
        #expect(throws: CounterError.unknownVersion(2)) { _ = try CounterReader(in: all) }
        memory.storeBytes(of: 1, toByteOffset: 8, as: UInt64.self)
        for (offset, word) in [(16, UInt64.max), (128, 1020), (128, 3)] {
            let before = memory.load(fromByteOffset: offset, as: UInt64.self)
            memory.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            #expect(throws: CounterError.badDirectory) { _ = try CounterReader(in: all) }
            memory.storeBytes(of: before, toByteOffset: offset, as: UInt64.self)
        }
        #expect(try CounterReader(in: all).names.count == 3)
    }

    @Test func anUndeclaredNameStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            _ = CounterBlock.make(groups: [["a"]]).counter("b")
        }
    }
}
