/// Bytes read one after the other, with every step checked.
struct ByteReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func byte() throws(HistogramEncoding.DecodingError) -> UInt8 {
        guard offset < bytes.count else { throw .truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func bytes(_ count: Int) throws(HistogramEncoding.DecodingError) -> [UInt8] {
        guard count >= 0, count <= bytes.count - offset else { throw .truncated }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func bigEndian<Word: FixedWidthInteger>(
        _ type: Word.Type
    ) throws(HistogramEncoding.DecodingError) -> Word {
        var word: Word = 0
        for _ in 0..<Word.bitWidth / 8 { word = word << 8 | Word(truncatingIfNeeded: try byte()) }
        return word
    }

    /// A signed number in at most nine bytes; the ninth gives all its eight bits.
    mutating func zigZag() throws(HistogramEncoding.DecodingError) -> Int64 {
        var word: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 56, by: 7) {
            let next = UInt64(try byte())
            if shift == 56 {
                word |= next << shift
                break
            }
            word |= (next & 0x7F) << shift
            if next & 0x80 == 0 { break }
        }
        return Int64(bitPattern: word >> 1) ^ -Int64(bitPattern: word & 1)
    }
}

extension [UInt8] {
    mutating func appendBigEndian<Word: FixedWidthInteger>(_ word: Word) {
        for shift in stride(from: Word.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    mutating func appendZigZag(_ number: Int64) {
        var word = UInt64(bitPattern: (number << 1) ^ (number >> 63))
        for _ in 0..<8 {
            if word < 0x80 {
                append(UInt8(word))
                return
            }
            append(UInt8(truncatingIfNeeded: word) | 0x80)
            word >>= 7
        }
        append(UInt8(truncatingIfNeeded: word))
    }
}

/// zlib streams without compression: valid for every reader, and no library to link.
enum Zlib {
    private static let blockMax = 65_535

    static func store(_ data: [UInt8]) -> [UInt8] {
        // 0x78 0x01: deflate with a 32 KiB window; the pair is a multiple of 31 as it must be.
        var stream: [UInt8] = [0x78, 0x01]
        var offset = 0
        repeat {
            let count = min(blockMax, data.count - offset)
            let isLast = offset + count == data.count
            stream.append(isLast ? 1 : 0)
            stream.append(UInt8(truncatingIfNeeded: count))
            stream.append(UInt8(truncatingIfNeeded: count >> 8))
            stream.append(UInt8(truncatingIfNeeded: ~count))
            stream.append(UInt8(truncatingIfNeeded: ~count >> 8))
            stream += data[offset..<offset + count]
            offset += count
        } while offset < data.count
        stream.appendBigEndian(adler32(data))
        return stream
    }

    static func unstore(
        _ stream: [UInt8]
    ) throws(HistogramEncoding.DecodingError) -> [UInt8] {
        var reader = ByteReader(stream)
        let (method, flags) = (try reader.byte(), try reader.byte())
        guard method & 0x0F == 8, (Int(method) << 8 | Int(flags)) % 31 == 0 else {
            throw .badZlib("has a bad header")
        }
        var data: [UInt8] = []
        var isLast = false
        while !isLast {
            let header = try reader.byte()
            isLast = header & 1 == 1
            guard header >> 1 == 0 else {
                throw .badZlib("is compressed; only stored data is read")
            }
            let count = Int(try reader.byte()) | Int(try reader.byte()) << 8
            let complement = Int(try reader.byte()) | Int(try reader.byte()) << 8
            guard count == ~complement & 0xFFFF else { throw .badZlib("has a bad block length") }
            data += try reader.bytes(count)
        }
        guard try reader.bigEndian(UInt32.self) == adler32(data) else {
            throw .badZlib("has a bad checksum")
        }
        return data
    }

    static func adler32(_ data: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in data {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return b << 16 | a
    }
}

enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for offset in 0..<3 {
                word = word << 8 | (offset < group.count ? UInt32(bytes[start + offset]) : 0)
            }
            for position in 0..<4 {
                let digit = alphabet[Int(word >> UInt32(18 - 6 * position) & 63)]
                text.append(position <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil when the text is not base64.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        while digits.last == UInt8(ascii: "=") { digits.removeLast() }
        var values = [UInt32](repeating: 64, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt32(value) }
        var bytes: [UInt8] = []
        var (word, bits): (UInt32, UInt32) = (0, 0)
        for digit in digits {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return bytes
    }
}
