import Platform
import Testing

@testable import Exchange

@Suite struct VenueOptionsTests {
    private func noFile(_ path: String) throws(FileError) -> [UInt8] {
        throw FileError(description: "\(path): no such file")
    }

    @Test func withoutOptionsTheDemonstrationMarketRuns() throws {
        var expected = Configuration.demonstration
        expected.feed.receivers = [FeedAddress(address: "127.0.0.1", port: 59001)]
        #expect(try VenueOptions().configuration(contentsOfFile: noFile) == expected)
    }

    @Test func optionsWinOverTheFile() throws {
        var file = Configuration.demonstration
        file.runtime.name = "from-file"
        file.runtime.port = 1
        file.runtime.profile = .latency
        file.limits.orderCapacity = 5
        file.feed.receivers = [FeedAddress(port: 5)]
        file.feed.publicFirst = .strict
        let bytes = Array(file.printed().utf8)

        var options = VenueOptions()
        options.config = "venue.json"
        options.name = "from-option"
        options.port = "0"
        options.threads = "single"
        options.durability = "none"
        options.feed = "59003,10.0.0.1:7001"
        let read = { (path: String) throws(FileError) -> [UInt8] in
            #expect(path == "venue.json")
            return bytes
        }
        var expected = file
        expected.runtime.name = "from-option"
        expected.runtime.port = 0
        expected.runtime.threads = .single
        expected.feed.receivers = [
            FeedAddress(port: 59003), FeedAddress(address: "10.0.0.1", port: 7001),
        ]
        #expect(try options.configuration(contentsOfFile: read) == expected)
    }

    @Test func theFeedCanBeSwitchedOff() throws {
        var options = VenueOptions()
        options.feed = "off"
        let configuration = try options.configuration(contentsOfFile: noFile)
        #expect(configuration.feed.isOff)
    }

    @Test(
        "A folder alone means async, and nothing is kept without one",
        arguments: [
            (nil, nil, nil, "", .none), ("d", nil, nil, "d", .async),
            ("d", "sync", nil, "d", .sync), ("d", "async", nil, "d", .async),
            (nil, "none", nil, "", .none), (nil, nil, "f", "f", .sync),
            ("d", nil, "f", "d", .sync), (nil, "async", "f", "f", .async),
            (nil, "none", "f", "", .none),
        ] as [(String?, String?, String?, String, DurabilitySettings.Mode)])
    func whatIsKept(
        folder: String?, mode: String?, inFile: String?, expected: String,
        _ expectedMode: DurabilitySettings.Mode
    ) throws {
        var file = Configuration.demonstration
        if let inFile {
            file.durability.dataDirectory = inFile
            file.durability.mode = .sync
        }
        let bytes = Array(file.printed().utf8)
        var options = VenueOptions()
        options.config = "venue.json"
        options.dataDirectory = folder
        options.durability = mode
        let configuration = try options.configuration { (_) throws(FileError) in bytes }
        #expect(configuration.durability.dataDirectory == expected)
        #expect(configuration.durability.mode == expectedMode)
    }

    @Test func foldersAndModesThatContradict() {
        for (folder, mode, sentence) in [
            (
                nil, "sync",
                "--durability: sync needs a data directory to keep things in (--data-dir DIR)"
            ),
            (
                "d", "none",
                "--durability: none keeps nothing, so no data directory goes with it (--data-dir DIR)"
            ),
            (
                "", "async",
                "--data-dir: \"\", expected the path of a folder, 1 to 200 printable characters"
            ),
        ] as [(String?, String, String)] {
            var options = VenueOptions()
            options.dataDirectory = folder
            options.durability = mode
            #expect(throws: VenueOptionsError(sentences: [sentence])) {
                try options.configuration(contentsOfFile: noFile)
            }
        }
    }

    @Test func everyBadOptionIsNamed() {
        var options = VenueOptions()
        options.name = "Demo"
        options.port = "65536"
        options.profile = "fast"
        options.threads = "many"
        options.durability = "always"
        options.feed = "59001,,localhost:1,1"
        #expect(
            throws: VenueOptionsError(
                sentences: [
                    "--name: \"Demo\", expected a name of 1 to 32 lower-case letters, "
                        + "digits and hyphens, a letter first",
                    "--port: \"65536\", expected a whole number from 0 to 65535",
                    "--profile: \"fast\", expected one of laptop, latency",
                    "--threads: \"many\", expected one of automatic, dedicated, paired, single",
                ]
                    + ["", "localhost:1", "1"].map {
                        "--feed: \"\($0)\", expected off or a list of [ADDRESS:]PORT, with an IPv4 "
                            + "address and the port of the incremental channel, 2 to 65535"
                    } + ["--durability: \"always\", expected one of none, async, sync"])
        ) { try options.configuration(contentsOfFile: noFile) }
    }

    @Test func errorsOfTheFileCarryItsName() {
        var options = VenueOptions()
        options.config = "gone.json"
        #expect(throws: VenueOptionsError(sentences: ["gone.json: no such file"])) {
            try options.configuration(contentsOfFile: noFile)
        }
        let bad = { (path: String) throws(FileError) -> [UInt8] in Array("{}".utf8) }
        #expect(
            throws: VenueOptionsError(sentences: [
                "gone.json: version: missing, expected a whole number from 1 to 1"
            ])
        ) { try options.configuration(contentsOfFile: bad) }
    }

    @Test func filesAreReadWholeOrNamed() throws {
        #expect(try File.contents(#filePath).starts(with: Array("import Platform".utf8)))
        #expect(throws: FileError(description: "/no/file: No such file or directory")) {
            try File.contents("/no/file")
        }
        #expect(throws: FileError(description: "/: Is a directory")) { try File.contents("/") }
    }
}
