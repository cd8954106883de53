/// The arguments of one run, read by name and type.
///
/// A name that the tool did not declare is a bug and stops the process. Getters give nil when the
/// argument is absent and has no default; those with `default:` and those for options declared with
/// one never do.
public struct Arguments: Sendable {
    /// The subcommands chosen, outermost first; empty for a tool that has none.
    public let subcommands: [String]
    private let values: [String: [String]]
    private let options: [String: Option]

    /// The innermost subcommand, or an empty text.
    public var subcommand: String { subcommands.last ?? "" }

    init(subcommands: [String], values: [String: [String]], options: [Option]) {
        self.subcommands = subcommands
        self.values = values
        self.options = Dictionary(options.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// True when the user gave the argument, whatever its default.
    public func isGiven(_ name: String) -> Bool {
        _ = declared(name)
        return values[name] != nil
    }

    /// True when the flag was given.
    public func flag(_ name: String) -> Bool {
        precondition(declared(name).kind == .flag, "--\(name) is not a flag")
        return values[name] != nil
    }

    public func string(_ name: String) -> String? {
        values[name]?.first ?? declared(name).defaultValue
    }

    /// All values of a repeated option or of the remaining arguments.
    public func strings(_ name: String) -> [String] {
        values[name] ?? declared(name).defaultValue.map { [$0] } ?? []
    }

    /// A whole number in range; underscores and commas between digits are allowed.
    public func int(
        _ name: String, in range: ClosedRange<Int> = 0...Int.max
    ) throws(UsageError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let number = Parse.int(text), range.contains(number) else {
            throw bad(name, text, "a whole number \(Parse.words(for: range))")
        }
        return number
    }

    public func int(
        _ name: String, in range: ClosedRange<Int> = 0...Int.max, default value: Int
    ) throws(UsageError) -> Int {
        try int(name, in: range) ?? value
    }

    /// A number with decimals in range.
    public func double(
        _ name: String, in range: ClosedRange<Double>
    ) throws(UsageError) -> Double? {
        guard let text = string(name) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw bad(name, text, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// One of the given words.
    public func choice(_ name: String, of choices: [String]) throws(UsageError) -> String? {
        guard let text = string(name) else { return nil }
        guard choices.contains(text) else {
            throw bad(name, text, listed(choices) + suggestion(for: text, among: choices))
        }
        return text
    }

    /// A case of an enum that is spelled like its raw value.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(UsageError) -> Choice? where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        return try choice(name, of: words).flatMap(Choice.init(rawValue:))
    }

    /// A duration such as `10s`, `500ms`, `1.5m` or `2h`, in nanoseconds.
    public func durationNanos(
        _ name: String, in range: ClosedRange<UInt64> = 0...UInt64(Int64.max)
    ) throws(UsageError) -> UInt64? {
        guard let text = string(name) else { return nil }
        guard let nanos = Parse.durationNanos(text) else {
            throw bad(name, text, "a duration such as 10s, 500ms, 20us or 2m")
        }
        guard range.contains(nanos) else {
            let (low, high) = (range.lowerBound, range.upperBound)
            throw bad(
                name, text, "a duration from \(formatNanos(low)) to \(formatNanos(high))")
        }
        return nanos
    }

    /// Events per second such as `5000`, `100k`, `1.5M` or `200/s`.
    public func ratePerSecond(
        _ name: String, in range: ClosedRange<Double> = 0.001...1e12
    ) throws(UsageError) -> Double? {
        guard let text = string(name) else { return nil }
        guard let rate = Parse.ratePerSecond(text), range.contains(rate) else {
            throw bad(name, text, "a rate per second such as 5000, 100k or 1.5M")
        }
        return rate
    }

    private func declared(_ name: String) -> Option {
        guard let option = options[name] else {
            preconditionFailure("the tool declares no argument named \(name)")
        }
        return option
    }

    private func bad(_ name: String, _ text: String, _ expected: String) -> UsageError {
        let shown = declared(name).isPositional ? name : "--\(name)"
        return UsageError("\(shown) is \"\(text)\", expected \(expected).")
    }
}

/// Texts to numbers, for arguments and configuration files.
public enum Parse {
    public static func int(_ text: String) -> Int? {
        let digits = text.filter { $0 != "_" && $0 != "," }
        guard let first = text.first, first != "_", first != ",", text.last != "_" else {
            return nil
        }
        return Int(digits)
    }

    /// Nanoseconds of `10s`, `500ms`, `1.5m`; a bare 0 needs no unit.
    public static func durationNanos(_ text: String) -> UInt64? {
        if text == "0" { return 0 }
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9),
            ("h", 3600e9),
        ]
        for (unit, nanos) in units where text.hasSuffix(unit) {
            guard let number = plainNumber(text.dropLast(unit.count)) else { continue }
            let product = (number * nanos).rounded()
            return product < 9.2e18 ? UInt64(product) : nil
        }
        return nil
    }

    /// Events per second of `5000`, `100k`, `1.5M`, each also with `/s`.
    public static func ratePerSecond(_ text: String) -> Double? {
        var rest = text[...]
        if rest.hasSuffix("/s") { rest = rest.dropLast(2) }
        var factor = 1.0
        switch rest.last {
        case "k": factor = 1e3
        case "M": factor = 1e6
        default: break
        }
        if factor > 1 { rest = rest.dropLast() }
        return plainNumber(rest).map { $0 * factor }
    }

    /// Digits with at most one point and underscores: no sign, no exponent, no "inf".
    private static func plainNumber(_ text: Substring) -> Double? {
        let digits = text.filter { $0 != "_" }
        guard let first = digits.first, first.isASCII, first.isNumber,
            digits.allSatisfy({ $0 == "." || ($0.isASCII && $0.isNumber) })
        else { return nil }
        return Double(digits)
    }

    static func words(for range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (Int.min, Int.max): "(no fraction)"
        case (let low, Int.max): "of at least \(low)"
        case (let low, let high): "from \(low) to \(high)"
        }
    }
}
