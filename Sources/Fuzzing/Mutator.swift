import SimulatedPlatform

/// Makes inputs of inputs: what libFuzzer does, without looking at what they reach.
struct Mutator {
    private var random: SeededRandom
    private let seeds: [[UInt8]]
    private let lengthMax: Int

    /// Numbers at which code likes to go wrong.
    private static let numbers: [UInt64] = [
        0, 1, 2, 7, 8, 16, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
    ]

    init(seeds: [[UInt8]], lengthMax: Int, seed: UInt64) {
        self.seeds = seeds.isEmpty ? [[]] : seeds
        self.lengthMax = lengthMax
        random = SeededRandom(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var bytes = random.pick(seeds)
        if random.below(8) == 0 { splice(&bytes) }
        for _ in 0..<1 + random.below(random.coin() ? 4 : 24) { change(&bytes) }
        return bytes.count > lengthMax ? Array(bytes[..<lengthMax]) : bytes
    }

    /// The beginning of one input, the end of another.
    private mutating func splice(_ bytes: inout [UInt8]) {
        let other = random.pick(seeds)
        bytes = Array(
            bytes[..<random.below(bytes.count + 1)] + other[random.below(other.count + 1)...])
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return insert(&bytes) }
        let place = random.below(bytes.count)
        switch random.below(10) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1, 2: bytes[place] = UInt8(random.below(256))
        case 3: bytes[place] &+= UInt8(random.below(35)) &- 17
        case 4, 5: number(&bytes, place)
        case 6: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(32)))
        case 7: insert(&bytes)
        case 8:
            let piece = bytes[place..<min(bytes.count, place + 1 + random.below(64))]
            bytes.insert(contentsOf: Array(piece), at: random.below(bytes.count + 1))
        default: if random.below(4) == 0 { bytes.removeSubrange(place...) }
        }
    }

    private mutating func number(_ bytes: inout [UInt8], _ place: Int) {
        let size = 1 << random.below(4)
        let number = random.pick(Self.numbers) &+ (random.below(3) == 0 ? random.next() & 15 : 0)
        for index in 0..<size where place + index < bytes.count {
            bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
        }
    }

    private mutating func insert(_ bytes: inout [UInt8]) {
        let piece = (0..<1 + random.below(32)).map { _ in UInt8(random.below(256)) }
        bytes.insert(contentsOf: piece, at: random.below(bytes.count + 1))
    }
}
