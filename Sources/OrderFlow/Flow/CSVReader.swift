/// Walks over the numbers of a comma-separated file and says where something else stands.
package struct CSVReader {
    package let path: String
    private let bytes: [UInt8]
    private var position = 0
    /// Line of the next field, counted from 1 as editors do.
    private(set) var line = 1

    init(path: String) throws(ToolError) {
        self.init(path: path, bytes: try InputFile.read(path))
    }

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// True when nothing but line ends follows.
    mutating func isAtEnd() -> Bool {
        while position < bytes.count, bytes[position] == 10 || bytes[position] == 13 {
            if bytes[position] == 10 { line += 1 }
            position += 1
        }
        return position == bytes.count
    }

    /// Lines there may be at most, to reserve room for.
    var lineEstimate: Int { bytes.count / 16 + 1 }

    func expected(_ what: String) -> ToolError {
        .input("\(path), line \(line): expected \(what)")
    }

    /// A whole number.
    mutating func integer(_ name: String) throws(ToolError) -> Int64 {
        let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let magnitude = try digits(name, "a whole number")
        return isNegative ? -magnitude : magnitude
    }

    /// A decimal number that is not negative, as a whole number of its `places`-th decimal; recordings
    /// have a few numbers with more decimals, left over from binary fractions, which are cut.
    mutating func decimal(_ name: String, places: Int) throws(ToolError) -> Int64 {
        var value = try digits(name, "a decimal number")
        var missing = places
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            while position < bytes.count, let digit = digit(bytes[position]) {
                position += 1
                guard missing > 0 else { continue }
                value = try append(digit, to: value, name)
                missing -= 1
            }
        }
        for _ in 0..<missing { value = try append(0, to: value, name) }
        return value
    }

    /// A word of letters, digits and underscores.
    mutating func word(_ name: String) throws(ToolError) -> String {
        let start = position
        while position < bytes.count, isWord(bytes[position]) { position += 1 }
        guard position > start else { throw expected(name) }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func comma() throws(ToolError) {
        guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else {
            throw expected("a comma and more fields")
        }
        position += 1
    }

    mutating func endOfLine() throws(ToolError) {
        if position < bytes.count, bytes[position] == 13 { position += 1 }
        if position == bytes.count { return }
        guard bytes[position] == 10 else { throw expected("the end of the line") }
        position += 1
        line += 1
    }

    /// Skips the first line, which must be exactly `header`.
    mutating func header(_ header: String) throws(ToolError) {
        for byte in header.utf8 {
            guard position < bytes.count, bytes[position] == byte else {
                throw expected("the header \(header)")
            }
            position += 1
        }
        try endOfLine()
    }

    private mutating func digits(_ name: String, _ what: String) throws(ToolError) -> Int64 {
        let start = position
        var value: Int64 = 0
        while position < bytes.count, let digit = digit(bytes[position]) {
            value = try append(digit, to: value, name)
            position += 1
        }
        guard position > start else { throw expected("\(name), \(what)") }
        return value
    }

    private func append(_ digit: Int64, to value: Int64, _ name: String) throws(ToolError) -> Int64
    {
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(digit)
        guard !overflow, !carry else { throw expected("\(name) that fits 64 bits") }
        return sum
    }

    private func digit(_ byte: UInt8) -> Int64? {
        byte >= 48 && byte <= 57 ? Int64(byte - 48) : nil
    }

    private func isWord(_ byte: UInt8) -> Bool {
        digit(byte) != nil || byte == 95 || byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90
    }
}
