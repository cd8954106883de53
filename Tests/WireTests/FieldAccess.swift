import Wire

/// Collects what a view reads, by schema path.
struct FieldReader {
    let base: UnsafeRawPointer
    private(set) var values: [(path: String, raw: [UInt8])] = []
    /// Offsets as the view declares them, inside their message or group entry.
    private(set) var offsets: [String: Int] = [:]
    private var prefix = ""

    init(_ base: UnsafeRawPointer) {
        self.base = base
    }

    mutating func enter(_ group: String, _ index: Int) { prefix = "\(group)[\(index)]." }
    mutating func leave() { prefix = "" }

    @inline(never)
    mutating func expect(_ name: String, at offset: Int) { offsets[prefix + name] = offset }

    @inline(never)
    mutating func add(_ name: String, _ value: some FixedWidthInteger) {
        values.append((prefix + name, withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }))
    }

    @inline(never)
    mutating func add(_ name: String, _ text: UnsafeRawBufferPointer) {
        values.append((prefix + name, [UInt8](text)))
    }
}

/// Hands values to a writer, by schema path.
struct FieldSource {
    let base: UnsafeMutableRawPointer
    private let values: [String: [UInt8]]
    private(set) var unknown: [String] = []
    private var prefix = ""
    /// The length of the message, as the writer reports it.
    var length = 0

    init(_ base: UnsafeMutableRawPointer, _ values: [String: [UInt8]]) {
        self.base = base
        self.values = values
    }

    mutating func enter(_ group: String, _ index: Int) { prefix = "\(group)[\(index)]." }
    mutating func leave() { prefix = "" }

    @inline(never)
    mutating func value<Number: FixedWidthInteger>(_ name: String) -> Number {
        guard let raw = values[prefix + name], raw.count == MemoryLayout<Number>.size else {
            unknown.append(prefix + name)
            return 0
        }
        return raw.withUnsafeBytes { $0.loadUnaligned(as: Number.self) }
    }

    @inline(never)
    mutating func text<Result>(
        _ name: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let raw = values[prefix + name]
        if raw == nil { unknown.append(prefix + name) }
        return (raw ?? []).withUnsafeBytes(body)
    }
}

/// A message as a list of values, and the same message as bytes.
struct Sample {
    let label: String
    let template: Template
    /// All fields in wire order; BodyLen and TemplateID included.
    let values: [(path: String, raw: [UInt8])]
}

extension Sample {
    /// Writes the values through the generated writer, into memory that is dirty before.
    func written() -> (bytes: [UInt8], unknown: [String]) {
        let room = UnsafeMutableRawPointer.allocate(byteCount: 128 * 1024, alignment: 8)
        defer { room.deallocate() }
        room.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 128 * 1024)
        var source = FieldSource(
            room, Dictionary(values.map { ($0.path, $0.raw) }, uniquingKeysWith: { $1 }))
        template.write(&source)
        let bytes = [UInt8](UnsafeRawBufferPointer(start: room, count: source.length))
        return (bytes, source.unknown)
    }
}

/// Reads all fields of a message through its generated view.
func readThroughView(_ template: Template, _ bytes: [UInt8]) -> FieldReader {
    bytes.withUnsafeBytes { buffer in
        var reader = FieldReader(buffer.baseAddress!)
        template.read(&reader)
        return reader
    }
}

func describe(_ bytes: [UInt8], _ dialect: Dialect = .eti) -> [DescribedField] {
    bytes.withUnsafeBytes { MessageText.describe($0, in: dialect.catalogue) }
}

/// A small generator of random numbers whose sequence its seed decides.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
