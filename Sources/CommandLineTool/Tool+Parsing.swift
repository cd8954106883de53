extension Tool {
    /// What a command line asks for.
    public enum Outcome: Sendable {
        /// The help or the version.
        case print(String)
        case run(Arguments)
    }

    /// Reads the arguments after the program's name.
    public func parse(_ words: [String]) throws(UsageError) -> Outcome {
        var state = ParsingState(tool: self, path: name)
        var words = words[...]
        while let word = words.popFirst() {
            if state.optionsEnded || !Self.looksLikeOption(word) {
                try state.take(positional: word)
            } else if word == "--" {
                state.optionsEnded = true
            } else if word == "--help" || word == "-h" {
                return .print(state.tool.help(path: state.path))
            } else if word == "--version" {
                return .print("\(name) \(apusVersion)\n")
            } else {
                try state.take(option: word, from: &words)
            }
        }
        return .run(try state.finish())
    }

    /// A dash with something behind it that is not a number.
    private static func looksLikeOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), let next = word.dropFirst().first else { return false }
        return !next.isNumber
    }
}

private struct ParsingState {
    /// The tool, or the subcommand chosen by now.
    var tool: Tool
    var path: String
    var optionsEnded = false
    private var subcommands: [String] = []
    private var options: [Option]
    private var values: [String: [String]] = [:]
    private var positionalCount = 0

    init(tool: Tool, path: String) {
        self.tool = tool
        self.path = path
        options = tool.options
    }

    mutating func take(positional word: String) throws(UsageError) {
        if !tool.subcommands.isEmpty {
            guard let chosen = tool.subcommands.first(where: { $0.name == word }) else {
                let names = tool.subcommands.map(\.name)
                throw UsageError(
                    "\"\(word)\" is not a command of \(path), expected \(listed(names))"
                        + suggestion(for: word, among: names) + ".")
            }
            tool = chosen
            path += " \(word)"
            subcommands.append(word)
            options += chosen.options
            return
        }
        let positionals = tool.options.filter(\.isPositional)
        let option: Option
        if positionalCount < positionals.count {
            option = positionals[positionalCount]
        } else if let last = positionals.last, last.kind == .rest {
            option = last
        } else {
            throw UsageError(
                "\"\(word)\" is one argument more than \(path) expects; see \(path) --help.")
        }
        positionalCount += 1
        values[option.name, default: []].append(word)
    }

    mutating func take(
        option word: String, from words: inout ArraySlice<String>
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let dashed = String(parts[0])
        let known = options.filter { !$0.isPositional }
        guard let option = known.first(where: { "--" + $0.name == dashed }) else {
            let hint = suggestion(for: dashed, among: known.map { "--" + $0.name })
            throw UsageError(
                "\"\(dashed)\" is not an option of \(path)\(hint); see \(path) --help.")
        }
        if option.kind == .flag {
            guard parts.count == 1 else {
                throw UsageError("\(dashed) takes no value, but \"\(parts[1])\" was given.")
            }
            values[option.name] = []
            return
        }
        let value: String
        if parts.count == 2 {
            value = String(parts[1])
        } else if let next = words.first, !next.hasPrefix("--") {
            value = next
            words.removeFirst()
        } else {
            throw UsageError(
                "\(dashed) expects a value: \(dashed) \(option.placeholder), "
                    + "\(option.explanation).")
        }
        if option.kind == .value, values[option.name] != nil {
            throw UsageError("\(dashed) is given twice, expected once.")
        }
        values[option.name, default: []].append(value)
    }

    func finish() throws(UsageError) -> Arguments {
        guard tool.subcommands.isEmpty else {
            let names = tool.subcommands.map(\.name)
            throw UsageError("\(path) expects a command: \(listed(names)).")
        }
        for option in options where option.isRequired && values[option.name] == nil {
            let shown =
                option.isPositional ? option.name : "--\(option.name) \(option.placeholder)"
            throw UsageError("\(path) expects \(shown), \(option.explanation).")
        }
        return Arguments(subcommands: subcommands, values: values, options: options)
    }
}

/// "a, b or c".
func listed(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
    return names.dropLast().joined(separator: ", ") + " or " + last
}

/// ", did you mean X?" without the question mark, when some name is near; else nothing.
func suggestion(for word: String, among names: [String]) -> String {
    let nearest = names.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (name, distance) = nearest, distance <= max(2, word.count / 3) else { return "" }
    return ", did you mean \(name)"
}

/// Letters to insert, delete or replace to make one word the other.
func editDistance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var row = Array(0...second.count)
    for (i, a) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in second.enumerated() {
            let replaced = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[second.count]
}
