/// What a terminal shows after the bytes that a program wrote: as much of xterm and vt100 as ncurses
/// uses.
struct VirtualTerminal {
    private(set) var rows: Int
    private(set) var columns: Int
    private var cells: [[Character]]
    private var row = 0
    private var column = 0
    private var top = 0
    private var bottom: Int
    private var saved = (row: 0, column: 0)
    private var lastCharacter: Character = " "
    private var pending: [UInt8] = []
    /// Left of the escape sequences that are not known: a test looks at it.
    private(set) var unknown: [String] = []
    private(set) var isAlternate = false
    private(set) var isCursorVisible = true
    /// Colours were asked for.
    private(set) var usedColour = false
    /// Whether text is shown in reverse by now.
    private(set) var isReverse = false
    private(set) var sawReverse = false

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
        bottom = rows - 1
    }

    /// The window got another size; programs draw anew.
    mutating func resize(rows: Int, columns: Int) {
        let known = self
        self = VirtualTerminal(rows: rows, columns: columns)
        isAlternate = known.isAlternate
        isCursorVisible = known.isCursorVisible
        unknown = known.unknown
    }

    var lines: [String] {
        cells.map { line in
            var text = String(line)
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    var text: String { lines.joined(separator: "\n") }

    mutating func write(_ bytes: some Sequence<UInt8>) {
        pending += bytes
        while let length = nextLength() {
            let piece = Array(pending[..<length])
            pending.removeFirst(length)
            take(piece)
        }
    }

    /// Bytes of the next whole character or sequence; nil when more must come.
    private func nextLength() -> Int? {
        guard let first = pending.first else { return nil }
        if first == 0x1B {
            guard pending.count > 1 else { return nil }
            switch pending[1] {
            case UInt8(ascii: "["):
                let end = pending.dropFirst(2).firstIndex { (0x40...0x7E).contains($0) }
                return end.map { $0 + 1 }
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "#"):
                return pending.count > 2 ? 3 : nil
            case UInt8(ascii: "]"):
                return pending.firstIndex(of: 7).map { $0 + 1 }
            default: return 2
            }
        }
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        return pending.count >= length ? length : nil
    }

    private mutating func take(_ bytes: [UInt8]) {
        guard bytes[0] == 0x1B else { return takeCharacter(bytes) }
        guard bytes[1] == UInt8(ascii: "[") else { return takeEscape(bytes) }
        let final = Character(Unicode.Scalar(bytes[bytes.count - 1]))
        let body = String(decoding: bytes[2..<bytes.count - 1], as: UTF8.self)
        takeControl(final, body)
    }

    private mutating func takeCharacter(_ bytes: [UInt8]) {
        switch bytes[0] {
        case 7, 14, 15, 0: break
        case 8: column = max(0, column - 1)
        case 9: column = min(columns - 1, (column / 8 + 1) * 8)
        case 10: lineFeed()
        case 13: column = 0
        default: put(Character(String(decoding: bytes, as: UTF8.self)))
        }
    }

    private mutating func put(_ character: Character) {
        if column >= columns {
            column = 0
            lineFeed()
        }
        cells[row][column] = character
        lastCharacter = character
        sawReverse = sawReverse || isReverse
        column += 1
    }

    private mutating func lineFeed() {
        if row == bottom { scroll(1) } else { row = min(rows - 1, row + 1) }
    }

    /// Moves the scrolling region's lines up, or down for a negative count.
    private mutating func scroll(_ count: Int) {
        for _ in 0..<abs(count) {
            let blank = Array(repeating: Character(" "), count: columns)
            cells.remove(at: count > 0 ? top : bottom)
            cells.insert(blank, at: count > 0 ? bottom : top)
        }
    }

    private mutating func takeEscape(_ bytes: [UInt8]) {
        switch Character(Unicode.Scalar(bytes[1])) {
        case "7": saved = (row, column)
        case "8": (row, column) = saved
        case "M": if row == top { scroll(-1) } else { row = max(0, row - 1) }
        case "(", ")", "=", ">", "]", "c", "#": break
        default: unknown.append("ESC \(Character(Unicode.Scalar(bytes[1])))")
        }
    }

    private mutating func takeControl(_ final: Character, _ body: String) {
        let numbers = body.split(separator: ";", omittingEmptySubsequences: false)
            .map { Int($0.filter(\.isNumber)) ?? 0 }
        let first = numbers.first ?? 0
        let count = max(1, first)
        switch final {
        case "H", "f":
            row = min(rows, count) - 1
            column = min(columns, max(1, numbers.count > 1 ? numbers[1] : 1)) - 1
        case "A": row = max(0, row - count)
        case "B": row = min(rows - 1, row + count)
        case "C": column = min(columns - 1, column + count)
        case "D": column = max(0, column - count)
        case "G", "`": column = min(columns, count) - 1
        case "d": row = min(rows, count) - 1
        case "J": erase(rowsFrom: first)
        case "K": eraseInLine(first)
        case "X": for index in column..<min(columns, column + count) { cells[row][index] = " " }
        case "P":
            for _ in 0..<min(count, columns - column) {
                cells[row].remove(at: column)
                cells[row].append(" ")
            }
        case "@":
            for _ in 0..<min(count, columns - column) {
                cells[row].insert(" ", at: column)
                cells[row].removeLast()
            }
        case "L", "M":
            let outerTop = top
            top = row
            scroll(final == "M" ? count : -count)
            top = outerTop
        case "S": scroll(count)
        case "T": scroll(-count)
        case "r":
            top = max(0, count - 1)
            bottom = (numbers.count > 1 && numbers[1] > 0 ? numbers[1] : rows) - 1
            (row, column) = (0, 0)
        case "b": for _ in 0..<count { put(lastCharacter) }
        case "m": takeAttributes(numbers)
        case "h", "l": takeMode(body, isOn: final == "h")
        case "t", "n", "c": break
        default: unknown.append("CSI \(body)\(final)")
        }
    }

    private mutating func takeAttributes(_ numbers: [Int]) {
        for number in numbers.isEmpty ? [0] : numbers {
            switch number {
            case 0, 27: isReverse = false
            case 7: isReverse = true
            case 30...38, 40...48, 90...97: usedColour = true
            default: break
            }
        }
    }

    private mutating func takeMode(_ body: String, isOn: Bool) {
        switch body {
        case "?1049", "?47": isAlternate = isOn
        case "?25": isCursorVisible = isOn
        default: break
        }
    }

    private mutating func erase(rowsFrom mode: Int) {
        let blank = Array(repeating: Character(" "), count: columns)
        switch mode {
        case 0:
            eraseInLine(0)
            for index in row + 1..<max(row + 1, rows) { cells[index] = blank }
        case 1:
            eraseInLine(1)
            for index in 0..<row { cells[index] = blank }
        default: cells = Array(repeating: blank, count: rows)
        }
    }

    private mutating func eraseInLine(_ mode: Int) {
        let range = mode == 0 ? column..<columns : mode == 1 ? 0..<column + 1 : 0..<columns
        for index in range.clamped(to: 0..<columns) { cells[row][index] = " " }
    }
}
