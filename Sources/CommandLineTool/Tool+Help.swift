extension Tool {
    /// The text of `--help`; `path` is the program and the subcommands that lead here.
    public func help(path: String? = nil) -> String {
        let path = path ?? name
        var text = summary + "\n\nUsage: \(path)\(usage)\n"
        text += section("Commands", subcommands.map { ($0.name, $0.summary) })
        text += section(
            "Arguments", options.filter(\.isPositional).map { ($0.name, $0.explanation) })
        let dashed = options.filter { !$0.isPositional }.map { ($0.spelling, $0.explained) }
        let always = [
            ("--help", "show this text"),
            ("--version", "show the version, which is \(apusVersion)"),
        ]
        text += section("Options", dashed + always)
        if !subcommands.isEmpty { text += "\n\(path) COMMAND --help says more about a command.\n" }
        if !notes.isEmpty { text += "\n" + notes + "\n" }
        return text
    }

    private var usage: String {
        var words = ""
        for option in options where option.isRequired && !option.isPositional {
            words += " " + option.spelling
        }
        words += " [OPTIONS]"
        if !subcommands.isEmpty { words += " COMMAND" }
        for option in options where option.isPositional {
            let shown = option.kind == .rest ? option.name + "..." : option.name
            words += option.isRequired ? " " + shown : " [\(shown)]"
        }
        return words
    }

    private func section(_ title: String, _ lines: [(String, String)]) -> String {
        guard !lines.isEmpty else { return "" }
        let width = min(28, lines.map { $0.0.count }.max() ?? 0)
        var text = "\n\(title):\n"
        for (name, explanation) in lines {
            let padding = String(repeating: " ", count: max(0, width - name.count))
            let gap = name.count > width ? "\n" + String(repeating: " ", count: width + 4) : "  "
            text += "  " + name + padding + gap + explanation + "\n"
        }
        return text
    }
}

extension Option {
    var spelling: String { kind == .flag ? "--\(name)" : "--\(name) \(placeholder)" }

    var explained: String {
        var text = explanation
        if let defaultValue { text += " (default \(defaultValue))" }
        if kind == .repeated { text += " (may be repeated)" }
        if isRequired { text += " (required)" }
        return text
    }
}
