import Glibc

/// A whole number with commas between the thousands.
public func formatGrouped(_ number: some BinaryInteger) -> String {
    let text = "\(number)"
    let sign = text.hasPrefix("-") ? "-" : ""
    let digits = Array(text.dropFirst(sign.count))
    var grouped = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
        grouped.append(digit)
    }
    return sign + grouped
}

/// A number rounded to so many decimals, at most 9, without exponent.
public func formatDecimal(_ number: Double, decimals: Int) -> String {
    guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
    let decimals = min(max(decimals, 0), 9)
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(number) * scale).rounded()
    guard scaled < 9e18 else { return "\(number)" }
    let whole = UInt64(scaled) / UInt64(scale)
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + "\(whole)" }
    let fraction = "\(UInt64(scaled) % UInt64(scale))"
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return sign + "\(whole)." + zeros + fraction
}

/// Nanoseconds in the unit that reads best, with three significant digits or more.
public func formatNanos(_ nanos: UInt64) -> String {
    switch nanos {
    case 0..<1_000: "\(nanos) ns"
    case 1_000..<1_000_000: threeDigits(Double(nanos) / 1e3) + " µs"
    case 1_000_000..<1_000_000_000: threeDigits(Double(nanos) / 1e6) + " ms"
    default: threeDigits(Double(nanos) / 1e9) + " s"
    }
}

private func threeDigits(_ number: Double) -> String {
    formatDecimal(number, decimals: number < 10 ? 2 : number < 100 ? 1 : 0)
}

/// Writes one line to standard error.
public func printError(_ sentence: String) {
    var bytes = Array((sentence + "\n").utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard written > 0 else { return }
        bytes = bytes.dropFirst(written)
    }
}

/// Prints a line on standard output that whoever reads the pipe sees at once.
public func printLine(_ line: String) {
    print(line)
    fflush(nil)
}

/// Ends the process after flushing what was printed.
public func exitProcess(_ code: Int32) -> Never {
    fflush(nil)
    exit(code)
}

/// Rows of text in columns as wide as their widest cell.
public struct TextTable: Sendable {
    public enum Alignment: Sendable { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]]

    /// Starts a table with these headings.
    public init(_ columns: [(String, Alignment)]) {
        alignments = columns.map(\.1)
        rows = [columns.map(\.0)]
    }

    public mutating func add(_ cells: [String]) {
        precondition(cells.count == alignments.count, "a row has one cell per column")
        rows.append(cells)
    }

    /// The table, each row with a line end and no blanks before it.
    public var text: String {
        let widths = alignments.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        var text = ""
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += alignments[column] == .left ? cell + padding : padding + cell
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }
}
