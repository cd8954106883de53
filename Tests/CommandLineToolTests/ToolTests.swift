import Testing

@testable import CommandLineTool

@Suite struct ToolTests {
    let load = Tool(
        "apus-load", summary: "Offers orders to a venue on a plan.",
        options: [
            .value("rate", "N", "orders per second", default: "1000"),
            .value("duration", "TIME", "how long to offer"),
            .value("profile", "NAME", "idle strategy"),
            .value("port", "N", "where the venue listens"),
            .repeated("mix", "KIND=PERCENT", "share of a kind of order"),
            .flag("json", "one JSON object on standard output"),
            .positional("FILE", "the record to write"),
            .rest("MORE", "more records"),
        ])

    let journal = Tool(
        "apus-journal", summary: "Looks into a journal.",
        options: [.flag("json", "one JSON object")],
        subcommands: [
            Tool(
                "verify", summary: "Checks every record.",
                options: [.positional("DIR", "the data directory")]),
            Tool("stat", summary: "Counts records."),
        ])

    @Test func readsEveryKindOfArgument() throws {
        let arguments = try run(
            load,
            [
                "--rate", "5k", "--mix", "add=50", "a.rec", "--json", "--mix=cancel=50",
                "--duration=1.5s", "b.rec", "--", "--c.rec",
            ])
        #expect(try arguments.ratePerSecond("rate") == 5000)
        #expect(arguments.strings("mix") == ["add=50", "cancel=50"])
        #expect(arguments.flag("json") && arguments.isGiven("rate"))
        #expect(try arguments.durationNanos("duration") == 1_500_000_000)
        #expect(arguments.string("FILE") == "a.rec")
        #expect(arguments.strings("MORE") == ["b.rec", "--c.rec"])
    }

    @Test func absentArgumentsHaveTheirDefaultOrNone() throws {
        let arguments = try run(load, ["x"])
        #expect(try arguments.int("rate") == 1000 && !arguments.isGiven("rate"))
        #expect(try arguments.int("port") == nil)
        #expect(try arguments.int("port", default: 7) == 7)
        #expect(!arguments.flag("json") && arguments.strings("mix") == [])
    }

    @Test func subcommandsHaveOptionsOfTheirOwnAndTheCommonOnes() throws {
        let arguments = try run(journal, ["--json", "verify", "/data"])
        #expect(arguments.subcommand == "verify" && arguments.flag("json"))
        #expect(arguments.string("DIR") == "/data")
        #expect(try run(journal, ["stat", "--json"]).flag("json"))
    }

    /// Words, and a part of the one sentence that they earn.
    static let mistakes: [([String], String)] = [
        (["f", "--rat", "5"], "\"--rat\" is not an option of apus-load, did you mean --rate"),
        (["f", "--zzzzzzz"], "\"--zzzzzzz\" is not an option of apus-load; see apus-load --help."),
        (["f", "-x"], "\"-x\" is not an option"),
        (["f", "--rate"], "--rate expects a value: --rate N, orders per second."),
        (["f", "--rate", "--json"], "--rate expects a value"),
        (["f", "--rate", "1", "--rate", "2"], "--rate is given twice"),
        (["f", "--json=yes"], "--json takes no value, but \"yes\" was given."),
        ([], "apus-load expects FILE, the record to write."),
    ]

    @Test(arguments: mistakes)
    func aMistakeEarnsOneSentence(words: [String], sentence: String) {
        let error = #expect(throws: UsageError.self) { try run(load, words) }
        #expect(error!.sentence.contains(sentence), "\(error!.sentence)")
        #expect(error!.sentence.hasSuffix(".") && !error!.sentence.contains("\n"))
    }

    @Test(arguments: [
        (["verfy"], "did you mean verify"), ([], "expects a command: verify or stat."),
        (["stat", "more"], "one argument more than apus-journal stat expects"),
        (["verify"], "apus-journal verify expects DIR"),
    ])
    func aMistakenCommandEarnsOneSentence(words: [String], sentence: String) {
        let error = #expect(throws: UsageError.self) { try run(journal, words) }
        #expect(error!.sentence.contains(sentence), "\(error!.sentence)")
    }

    @Test func valuesOutOfRangeAreNamedWithWhatWasExpected() throws {
        let arguments = try run(
            load, ["f", "--port", "70000", "--profile", "fats", "--duration", "10", "--rate", "-5"])
        expectSentence("--port is \"70000\", expected a whole number from 0 to 65535.") {
            _ = try arguments.int("port", in: 0...65535)
        }
        expectSentence("--profile is \"fats\", expected laptop or fast, did you mean fast.") {
            _ = try arguments.choice("profile", of: ["laptop", "fast"])
        }
        expectSentence("--duration is \"10\", expected a duration such as 10s, 500ms, 20us or 2m.")
        {
            _ = try arguments.durationNanos("duration")
        }
        expectSentence("--rate is \"-5\", expected a rate per second such as 5000, 100k or 1.5M.") {
            _ = try arguments.ratePerSecond("rate")
        }
    }

    @Test func helpNamesEverything() throws {
        guard case .print(let text) = try load.parse(["f", "--help", "--nonsense"]) else {
            Issue.record("--help prints")
            return
        }
        for part in [
            "Offers orders", "Usage: apus-load [OPTIONS] FILE [MORE...]", "--rate N",
            "(default 1000)", "(may be repeated)", "--version", "the record to write",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        guard case .print(let verify) = try journal.parse(["verify", "-h"]) else { return }
        #expect(verify.contains("Usage: apus-journal verify [OPTIONS] DIR"))
        guard case .print(let version) = try journal.parse(["--version"]) else { return }
        #expect(version == "apus-journal 0.1.0\n")
    }

    @Test func exitCodesTellBadArgumentsFromFailures() async {
        await #expect(processExitsWith: .exitCode(2)) {
            Tool("t", summary: "T.").main(["t", "--wrong"]) { _ in }
        }
        await #expect(processExitsWith: .exitCode(1)) {
            struct Broken: Error {}
            Tool("t", summary: "T.").main(["t"]) { _ in throw Broken() }
        }
        await #expect(processExitsWith: .exitCode(0)) {
            Tool("t", summary: "T.").main(["t"]) { _ in }
        }
        await #expect(processExitsWith: .exitCode(0)) {
            Tool("t", summary: "T.").main(["t", "--help"]) { _ in throw UsageError("No.") }
        }
    }

    @Test func theSentenceGoesToStandardError() async {
        let result = await #expect(
            processExitsWith: .exitCode(2), observing: [\.standardErrorContent]
        ) {
            Tool("t", summary: "T.").main(["t", "--wrong"]) { _ in }
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text == "t: \"--wrong\" is not an option of t; see t --help.\n")
    }

    private func expectSentence(_ sentence: String, _ body: () throws -> Void) {
        #expect(throws: UsageError(sentence), performing: body)
    }

    private func run(_ tool: Tool, _ words: [String]) throws -> Arguments {
        guard case .run(let arguments) = try tool.parse(words) else {
            throw UsageError("It printed something.")
        }
        return arguments
    }
}

@Suite struct ParseTests {
    @Test func durations() {
        let good: [(String, UInt64)] = [
            ("10s", 10_000_000_000), ("500ms", 500_000_000), ("2m", 120_000_000_000), ("0", 0),
            ("20us", 20_000), ("7ns", 7), ("1.5h", 5_400_000_000_000), ("1_000ms", 1_000_000_000),
        ]
        for (text, nanos) in good { #expect(Parse.durationNanos(text) == nanos, "\(text)") }
        for text in ["", "s", "10", "-1s", "1e3s", "infs", "nans", "9999999h", "1..2s", "１s"] {
            #expect(Parse.durationNanos(text) == nil, "\(text)")
        }
    }

    @Test func ratesAndNumbers() {
        #expect(Parse.ratePerSecond("1.5M/s") == 1_500_000)
        #expect(Parse.ratePerSecond("250") == 250)
        for text in ["", "k", "/s", "-1", "inf", "1kk"] {
            #expect(Parse.ratePerSecond(text) == nil, "\(text)")
        }
        #expect(Parse.int("1_000_000") == 1_000_000 && Parse.int("-3") == -3)
        for text in ["", "_1", "1_", "1.0", "x"] { #expect(Parse.int(text) == nil, "\(text)") }
    }
}
