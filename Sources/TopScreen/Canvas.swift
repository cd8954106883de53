/// How a piece of text stands out. What matters is also in the text itself, for screens without colour.
public enum Style: UInt8, CaseIterable, Sendable {
    case plain
    /// Less important.
    case dim
    case strong
    /// Headings and borders.
    case heading
    case buy, sell
    /// The row that keys act on.
    case chosen
    /// What a person has to read.
    case warning
}

/// A sheet of characters with a style each, drawn from the outside in: rows and columns from 0, what
/// does not fit is cut.
public struct Canvas: Sendable {
    public struct Cell: Equatable, Sendable {
        public var character: Character
        public var style: Style
    }

    public let rows: Int
    public let columns: Int
    private var cells: [Cell]

    public init(rows: Int, columns: Int) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
        cells = Array(
            repeating: Cell(character: " ", style: .plain), count: self.rows * self.columns)
    }

    public subscript(row: Int, column: Int) -> Cell { cells[row * columns + column] }

    /// Writes text, each of whose characters is one column wide, from a place to the right, up to
    /// `limit` columns.
    public mutating func put(
        _ text: String, row: Int, column: Int, _ style: Style = .plain, limit: Int = .max
    ) {
        guard row >= 0, row < rows else { return }
        var place = column
        for character in text {
            guard place - column < limit, place < columns else { return }
            if place >= 0 {
                cells[row * columns + place] = Cell(character: character, style: style)
            }
            place += 1
        }
    }

    /// Writes text that ends before a column.
    public mutating func put(_ text: String, row: Int, endingAt end: Int, _ style: Style = .plain) {
        put(text, row: row, column: end - text.count, style)
    }

    /// Gives a whole stretch of a row one style.
    public mutating func style(_ style: Style, row: Int, columns range: Range<Int>) {
        guard row >= 0, row < rows else { return }
        for column in range.clamped(to: 0..<columns) {
            cells[row * columns + column].style = style
        }
    }

    /// Puts plain characters in the place of all others.
    mutating func useASCII() {
        for index in cells.indices where !cells[index].character.isASCII {
            cells[index].character = Self.plain[cells[index].character] ?? "?"
        }
    }

    private static let plain: [Character: Character] = [
        "─": "-", "│": "|", "▪": "=", "µ": "u", "↑": "^", "↓": "v", "←": "<", "→": ">",
    ]

    /// The text of a row, without the blanks at its end.
    public func text(row: Int) -> String {
        var text = String(cells[row * columns..<(row + 1) * columns].map(\.character))
        while text.last == " " { text.removeLast() }
        return text
    }

    /// All rows as text.
    public var text: String { (0..<rows).map { text(row: $0) + "\n" }.joined() }

    /// The pieces of a row that have one style, from left to right.
    public func runs(row: Int) -> [(text: String, style: Style)] {
        var runs: [(text: String, style: Style)] = []
        for cell in cells[row * columns..<(row + 1) * columns] {
            if let last = runs.indices.last, runs[last].style == cell.style {
                runs[last].text.append(cell.character)
            } else {
                runs.append((String(cell.character), cell.style))
            }
        }
        return runs
    }
}

/// A rectangle of a canvas.
struct Area: Equatable {
    var row: Int
    var column: Int
    var rows: Int
    var columns: Int

    var end: Int { column + columns }
}
