import Domain
import Reports
import Rings
import Streams
import Telemetry

extension FuzzTarget {
    static let surface = FuzzTarget(
        "surface", "memory that another process shows: rings, counters, logs, configuration",
        lengthMax: 8192, Surface.run)
}

/// What a venue shows others, written by whoever has its name. A reader takes any bytes.
private enum Surface {
    static func run(_ input: UnsafeRawBufferPointer) {
        guard let kind = input.first else { return }
        let content = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        let region = UnsafeMutableRawBufferPointer.allocate(
            byteCount: content.count, alignment: 128)
        defer { region.deallocate() }
        region.copyMemory(from: content)
        let bytes = UnsafeRawBufferPointer(region)
        switch kind % 6 {
        case 0: events(bytes)
        case 1: stamps(bytes)
        case 2: counters(bytes)
        case 3: configuration(bytes)
        case 4: times(bytes)
        default: commands(region)
        }
    }

    private static func events(_ region: UnsafeRawBufferPointer) {
        for start in [
            BroadcastRing<Event>.LossyReader.Start.oldest, .newest, .position(3),
        ] {
            guard var reader = try? BroadcastRing<Event>.LossyReader(in: region, from: start)
            else { return }
            read(&reader) { _ = EventRecord.isSound($0) }
        }
    }

    private static func stamps(_ region: UnsafeRawBufferPointer) {
        guard var reader = try? BroadcastRing<RequestStamps>.LossyReader(in: region) else { return }
        read(&reader) { _ in }
    }

    /// Memory stands still here, so a reader comes to an end: at nothing, or at damage.
    private static func read<Record: SlottedRecord>(
        _ reader: inout BroadcastRing<Record>.LossyReader,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        let stride = MemoryLayout<Record>.stride
        _ = (reader.gate, reader.genesis, reader.callerHeader.count)
        for _ in 0..<64 {
            let position = reader.position
            switch reader.next() {
            case .record(let slots):
                require(slots >= 1 && slots <= reader.capacity, "a record fits into its ring")
                require(reader.bytes.count == slots * stride, "a record is as long as it says")
                require(
                    reader.position == position &+ UInt64(slots), "a reader moves past a record")
                body(reader.bytes)
            case .empty: return
            case .overrun(let lostFrom, let resumeAt):
                require(lostFrom == position && resumeAt >= lostFrom, "nobody reads backwards")
            case .damaged(let at):
                require(at == position, "damage is where the reader is")
                return
            }
        }
    }

    private static func counters(_ region: UnsafeRawBufferPointer) {
        guard let reader = try? CounterReader(in: region) else { return }
        for index in reader.definitions.indices {
            let definition = reader.definitions[index]
            require(
                reader.value(of: definition.name) == reader.value(at: index),
                "a counter is found by its name")
        }
    }

    private static func configuration(_ region: UnsafeRawBufferPointer) {
        guard (try? ConfigPart.header(of: region)) != nil else { return }
        guard let text = try? ConfigPart.text(of: region) else { return }
        require(text.utf8.count <= region.count, "a text is no longer than its part")
    }

    private static func times(_ region: UnsafeRawBufferPointer) {
        guard let log = try? EngineOutLog.Reader(in: region) else { return }
        for sequence in [0, 1, 2, 1 << 40, UInt64.max] { _ = log.time(of: sequence) }
    }

    /// What a killed venue leaves in its command ring.
    private static func commands(_ region: UnsafeMutableRawBufferPointer) {
        guard var consumer = try? Ring<Command>.attachConsumer(in: region) else { return }
        let count = consumer.available()
        require(
            count >= 0 && count <= consumer.capacity, "no more is there than the ring has room for")
        for offset in 0..<count { _ = consumer.read(at: offset, as: RequestStamps.self) }
        consumer.release(count)
        require(consumer.available() == 0, "what is released is gone")
    }
}
