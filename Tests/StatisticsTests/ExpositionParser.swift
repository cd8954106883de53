/// Reads the text format of Prometheus as its description has it, and refuses everything else.
///
/// Stricter than scrapers are: every metric has HELP and TYPE once and in this order, its samples
/// follow at once and stand together, and no sample is there twice.
struct ExpositionParser {
    struct Metric: Equatable {
        var name: String
        var help: String
        var type: String
        var samples: [Sample] = []
    }

    struct Sample: Equatable {
        var labels: [String: String]
        var value: String
    }

    struct Failure: Error, Equatable {
        var line: Int
        var reason: String
    }

    private(set) var metrics: [Metric] = []
    private var rest: Substring = ""
    private var line = 0
    private var help: (name: String, text: String)?
    private var seen: Set<String> = []

    static func parse(_ text: String) throws(Failure) -> [Metric] {
        var parser = ExpositionParser()
        guard text.hasSuffix("\n") else { throw Failure(line: 0, reason: "no line end at the end") }
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            parser.line += 1
            try parser.take(line)
        }
        guard parser.help == nil else { throw parser.failure("HELP without TYPE") }
        try parser.finish()
        return parser.metrics
    }

    private mutating func take(_ line: Substring) throws(Failure) {
        rest = line
        if line.hasPrefix("# HELP ") {
            guard help == nil else { throw failure("HELP after HELP") }
            rest.removeFirst(7)
            let name = try identifier(allowsColon: true)
            try expect(" ")
            guard !rest.isEmpty else { throw failure("empty HELP") }
            help = (name, try unescaped(until: nil))
        } else if line.hasPrefix("# TYPE ") {
            rest.removeFirst(7)
            let name = try identifier(allowsColon: true)
            try expect(" ")
            guard let help, help.name == name else { throw failure("TYPE not behind its HELP") }
            guard ["counter", "gauge"].contains(rest) else { throw failure("type \(rest)") }
            guard (rest == "counter") == name.hasSuffix("_total") else {
                throw failure("a counter ends with _total, and nothing else does")
            }
            guard !metrics.contains(where: { $0.name == name }) else {
                throw failure("\(name) is there twice")
            }
            try finish()
            metrics.append(Metric(name: name, help: help.text, type: String(rest)))
            self.help = nil
        } else {
            guard help == nil else { throw failure("HELP without TYPE") }
            try takeSample(line)
        }
    }

    private mutating func takeSample(_ line: Substring) throws(Failure) {
        let name = try identifier(allowsColon: true)
        guard let metric = metrics.last, metric.name == name else {
            throw failure("a sample of \(name) away from its metric")
        }
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while true {
                let key = try identifier(allowsColon: false)
                try expect("=")
                try expect("\"")
                guard labels.updateValue(try unescaped(until: "\""), forKey: key) == nil else {
                    throw failure("label \(key) twice")
                }
                if rest.first == "}" { break }
                try expect(",")
            }
            rest.removeFirst()
        }
        try expect(" ")
        let digits = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(digits.count),
            digits.allSatisfy({ !$0.isEmpty && $0.allSatisfy { "0"..."9" ~= $0 } })
        else { throw failure("value \(rest)") }
        let identity = name + labels.sorted { $0.key < $1.key }.map { "\($0)" }.joined()
        guard seen.insert(identity).inserted else { throw failure("a sample twice") }
        metrics[metrics.count - 1].samples.append(Sample(labels: labels, value: String(rest)))
    }

    private func finish() throws(Failure) {
        if let last = metrics.last, last.samples.isEmpty {
            throw failure("\(last.name) has no sample")
        }
    }

    private mutating func identifier(allowsColon: Bool) throws(Failure) -> String {
        func isPart(_ character: Character, first: Bool) -> Bool {
            "a"..."z" ~= character || "A"..."Z" ~= character || character == "_"
                || (!first && "0"..."9" ~= character) || (allowsColon && character == ":")
        }
        guard let first = rest.first, isPart(first, first: true) else {
            throw failure("no name at \(rest.prefix(20))")
        }
        let name = rest.prefix { isPart($0, first: false) }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private mutating func expect(_ character: Character) throws(Failure) {
        guard rest.first == character else {
            throw failure("expected \(character) at \(rest.prefix(20))")
        }
        rest.removeFirst()
    }

    /// Text with its escapes undone, up to an end that is taken too, or all of it.
    private mutating func unescaped(until end: Character?) throws(Failure) -> String {
        var text = ""
        while let character = rest.popFirst() {
            if character == end { return text }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            switch rest.popFirst() {
            case "\\": text.append("\\")
            case "n": text.append("\n")
            case "\"" where end != nil: text.append("\"")
            default: throw failure("a backslash before nothing it may escape")
            }
        }
        guard end == nil else { throw failure("a text without end") }
        return text
    }

    private func failure(_ reason: String) -> Failure { Failure(line: line, reason: reason) }
}
