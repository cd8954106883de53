/// The version that every program states.
public let apusVersion = "0.1.0"

/// A program as its user sees it: name, one-sentence summary, options, subcommands.
///
/// ```swift
/// let tool = Tool(
///     "apus-load", summary: "Offers orders to a venue on a plan and measures the answers.",
///     options: [
///         .value("rate", "N", "orders per second", default: "1000"),
///         .flag("json", "one JSON object on standard output"),
///     ])
/// tool.main { arguments in
///     let rate = try arguments.int("rate", in: 1...10_000_000)
///     ...
/// }
/// ```
///
/// Exit codes are 0 for success, 2 for bad arguments and 1 for a failure at run time.
public struct Tool: Sendable {
    public let name: String
    public let summary: String
    public let options: [Option]
    public let subcommands: [Tool]
    /// Paragraphs for the end of the help, such as examples.
    public let notes: String

    public init(
        _ name: String, summary: String, options: [Option] = [], subcommands: [Tool] = [],
        notes: String = ""
    ) {
        self.name = name
        self.summary = summary
        self.options = options
        self.subcommands = subcommands
        self.notes = notes
        let names = options.map(\.name) + subcommands.map(\.name)
        precondition(Set(names).count == names.count, "each option is declared once")
        precondition(
            subcommands.isEmpty || !options.contains { $0.isPositional },
            "a tool with subcommands has no positional arguments of its own")
    }

    /// Runs a program: parses, answers `--help` and `--version`, calls the body, and ends the
    /// process with the right code and at most one sentence about what went wrong.
    public func main(
        _ commandLine: [String] = CommandLine.arguments, _ body: (Arguments) throws -> Void
    ) -> Never {
        do {
            switch try parse(Array(commandLine.dropFirst())) {
            case .print(let text): print(text, terminator: "")
            case .run(let arguments): try body(arguments)
            }
            exitProcess(0)
        } catch let error as UsageError {
            printError("\(name): \(error.sentence)")
            exitProcess(2)
        } catch {
            printError("\(name): \(error)")
            exitProcess(1)
        }
    }
}

/// One argument that a tool understands.
public struct Option: Sendable {
    enum Kind: Equatable { case flag, value, repeated, positional, rest }

    let name: String
    let kind: Kind
    let placeholder: String
    let explanation: String
    let defaultValue: String?
    let isRequired: Bool

    var isPositional: Bool { kind == .positional || kind == .rest }

    /// `--name`, there or not.
    public static func flag(_ name: String, _ explanation: String) -> Option {
        Option(
            name: name, kind: .flag, placeholder: "", explanation: explanation, defaultValue: nil,
            isRequired: false)
    }

    /// `--name VALUE` or `--name=VALUE`, at most once.
    public static func value(
        _ name: String, _ placeholder: String, _ explanation: String, default value: String? = nil,
        isRequired: Bool = false
    ) -> Option {
        Option(
            name: name, kind: .value, placeholder: placeholder, explanation: explanation,
            defaultValue: value, isRequired: isRequired)
    }

    /// `--name VALUE`, as often as wanted.
    public static func repeated(
        _ name: String, _ placeholder: String, _ explanation: String
    ) -> Option {
        Option(
            name: name, kind: .repeated, placeholder: placeholder, explanation: explanation,
            defaultValue: nil, isRequired: false)
    }

    /// An argument without a dash, named in capitals in the help.
    public static func positional(
        _ name: String, _ explanation: String, isRequired: Bool = true
    ) -> Option {
        Option(
            name: name, kind: .positional, placeholder: name, explanation: explanation,
            defaultValue: nil, isRequired: isRequired)
    }

    /// All further arguments without a dash.
    public static func rest(
        _ name: String, _ explanation: String, isRequired: Bool = false
    ) -> Option {
        Option(
            name: name, kind: .rest, placeholder: name, explanation: explanation,
            defaultValue: nil, isRequired: isRequired)
    }
}

/// What is wrong with the arguments or the configuration, in one sentence for the user.
public struct UsageError: Error, Equatable, CustomStringConvertible {
    public let sentence: String

    public init(_ sentence: String) { self.sentence = sentence }

    public var description: String { sentence }
}
