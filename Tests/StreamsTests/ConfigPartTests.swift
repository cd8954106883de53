import Streams
import Testing

@Suite struct ConfigPartTests {
    private let text = "{\"name\": \"Börse\"}"
    private let memory: PartMemory
    private var region: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory.bytes) }

    init() {
        memory = PartMemory(byteCount: ConfigPart.byteCount(text: text))
        ConfigPart.write(text, processID: 4711, to: memory)
    }

    @Test func isThereOnceItIsSealed() throws {
        #expect(try ConfigPart.header(of: region) == nil)
        ConfigPart.seal(memory, genesis: 99)
        let header = try #require(try ConfigPart.header(of: region))
        #expect(header.genesis == 99)
        #expect(header.processID == 4711)
        #expect(header.clock == .systemRealtime)
        #expect(try ConfigPart.text(of: region) == text)
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        ConfigPart.seal(memory, genesis: 1)
        #expect(throws: SurfaceLayoutError.tooSmall(part: .config, needed: 128, found: 127)) {
            _ = try ConfigPart.header(of: UnsafeRawBufferPointer(rebasing: region[..<127]))
        }
        for (offset, word, error) in [
            (0, 5, SurfaceLayoutError.notThisPart(.config, magic: 5)),
            (8, 7, .unknownVersion(.config, 7)), (24, 1 << 40, .contradiction(.config)),
            (32, 77, .contradiction(.config)), (40, 1 << 50, .contradiction(.config)),
            (40, UInt64(text.utf8.count) + 1, .contradiction(.config)),
            (128, .max, .notText(.config)),
        ] as [(Int, UInt64, SurfaceLayoutError)] {
            let before = region.load(fromByteOffset: offset, as: UInt64.self)
            memory.bytes.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            #expect(throws: error) {
                _ = try ConfigPart.header(of: region)
                _ = try ConfigPart.text(of: region)
            }
            memory.bytes.storeBytes(of: before, toByteOffset: offset, as: UInt64.self)
        }
        #expect(try ConfigPart.text(of: region) == text)
    }
}
