import Testing

@testable import Telemetry

private struct DoorCounters: CounterRecord {
    var opened: UInt64 = 0
    var visitors = InlineArray<2, UInt64>(repeating: 0)

    static let definitions: [CounterDefinition] = [
        .total("door.opened", "Times the door was opened."),
        .total("door.visitors", "Visitors, by kind.", ["kind": "guest"]),
        .total("door.visitors", "Visitors, by kind.", ["kind": "post"]),
    ]
}

private struct RoomCounters: CounterRecord {
    var warmthNanos: UInt64 = 0
    static let definitions: [CounterDefinition] = [.gauge("room.warmth", "How warm it is.")]
}

private struct Misfit: CounterRecord {
    var one: UInt64 = 0
    var two: UInt64 = 0
    static let definitions: [CounterDefinition] = [.total("a", "Only one is described.")]
}

@Suite struct CounterTests {
    @Test func aReaderFindsNamesMeaningsAndValues() throws {
        var plan = CounterPlan()
        let door = plan.add(DoorCounters.self)
        let rooms = ["hall", "attic"].map { plan.add(RoomCounters.self, label: ("room", $0)) }
        let block = plan.make()
        let reader = try CounterReader(in: block.region, owner: block)
        #expect(
            reader.definitions.map(\.name) == [
                "door.opened", "door.visitors{kind=guest}", "door.visitors{kind=post}",
                "room.warmth{room=hall}", "room.warmth{room=attic}",
            ])
        #expect(reader.definitions.map(\.kind) == [.total, .total, .total, .gauge, .gauge])
        #expect(reader.definitions[1] == DoorCounters.definitions[1])
        #expect(reader.definitions[3].labels == [.init(key: "room", value: "hall")])
        #expect((0..<5).allSatisfy { reader.value(at: $0) == 0 })

        var counters = DoorCounters()
        counters.opened = 5
        counters.visitors[1] = .max
        block.group(door).publish(counters)
        block.group(rooms[1]).publish(RoomCounters(warmthNanos: 77))
        #expect((0..<5).map { reader.value(at: $0) } == [5, 0, .max, 0, 77])
        #expect(reader.value(of: "door.visitors{kind=post}") == .max)
        #expect(reader.value(of: "door.visitors") == nil)
        CounterGroup<DoorCounters>.unseen().publish(counters)
    }

    @Test func groupsDoNotShareALine() {
        var plan = CounterPlan()
        _ = plan.add(DoorCounters.self)
        _ = plan.add(RoomCounters.self)
        let block = plan.make()
        #expect(block.region.count == 128 + 4 * 256 + 2 * 128)
        #expect(block.region.count == plan.byteCount)
        #expect(UInt(bitPattern: block.region.baseAddress) % 128 == 0)
    }

    @Test func smallOrForeignMemoryIsRefused() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 128)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        let all = UnsafeRawBufferPointer(memory)
        #expect(throws: CounterError.notCounters(magic: 0)) { _ = try CounterReader(in: all) }
        var plan = CounterPlan()
        _ = plan.add(DoorCounters.self)
        let small = UnsafeMutableRawBufferPointer(rebasing: memory[..<1000])
        #expect(throws: CounterError.regionTooSmall(needed: 1024, found: 1000)) {
            _ = try CounterBlock.create(in: small, plan)
        }
        _ = try CounterBlock.create(in: memory, plan)
        memory.storeBytes(of: 1, toByteOffset: 8, as: UInt64.self)
        #expect(throws: CounterError.unknownVersion(1)) { _ = try CounterReader(in: all) }
        memory.storeBytes(of: 2, toByteOffset: 8, as: UInt64.self)
        // Too many; values outside or askew; a kind, a name and a meaning that are none; a name
        // that is there twice.
        let third = UInt64(ascii: "{kind=po")
        for (offset, word) in [
            (16, .max), (128, 2044), (128, 3), (136, 3), (144, 0), (144, UInt64(ascii: "Door.ope")),
            (144, UInt64(ascii: "door{ope")), (240, 0x1B), (656 + 13, third),
        ] as [(Int, UInt64)] {
            let before = memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            memory.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            if word == third {
                // Now the second and the third counter have one name.
                let guest = 400 + 13
                memory.storeBytes(of: third, toByteOffset: guest, as: UInt64.self)
                for index in 8..<16 { memory[guest + index] = memory[656 + 13 + index] }
            }
            #expect(throws: CounterError.badDirectory, "\(offset)") {
                _ = try CounterReader(in: all)
            }
            memory.storeBytes(of: before, toByteOffset: offset, as: UInt64.self)
        }
        _ = try CounterBlock.create(in: memory, plan)
        #expect(try CounterReader(in: all).definitions.count == 3)
    }

    @Test(
        "What is no name is none",
        arguments: [
            "", "a b", "A", "1a", "a{", "a}", "a{}", "a{b}", "a{b=}", "a{=c}", "a{b=c", "a{b=c}d",
            "a{b=c,}", "a{b=c,b=d}", "a{b=\"c\"}", "a{b.c=d}", "a{b=c=d}", "ä",
            String(repeating: "a", count: 97),
        ])
    func refusesNames(name: String) {
        #expect(CounterDefinition(name: name, kind: .total, meaning: "m") == nil)
    }

    @Test func namesAndLabelsAreRead() throws {
        let read = try #require(
            CounterDefinition(name: "a.b_c2{d=1-x.y,e_f=z}", kind: .gauge, meaning: "m"))
        #expect(read.family == "a.b_c2")
        #expect(read.labels.map(\.key) == ["d", "e_f"])
        #expect(read.labels.map(\.value) == ["1-x.y", "z"])
        #expect(read.name == "a.b_c2{d=1-x.y,e_f=z}")
    }

    @Test func aRecordThatIsNotWhatItSaysStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var plan = CounterPlan()
            _ = plan.add(Misfit.self)
        }
        await #expect(processExitsWith: .failure) {
            var plan = CounterPlan()
            _ = plan.add(RoomCounters.self)
            _ = plan.add(RoomCounters.self)
            _ = plan.make()
        }
    }
}

extension UInt64 {
    /// Eight characters as they lie in memory.
    fileprivate init(ascii text: String) {
        self = text.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
