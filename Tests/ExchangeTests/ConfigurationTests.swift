import Domain
import Platform
import Testing

@testable import Exchange

@Suite struct ConfigurationTests {
    /// The smallest file that is complete: everything else has a default.
    static let small = """
        {
            "version": 1,
            "market": {"marketID": 1, "partitionID": 2, "organisation": "HOUSE"},
            "products": [
                {"marketSegmentID": 7, "name": "P7", "tick": 0.25, "maximumQuantity": "500"},
                {"marketSegmentID": 8, "name": "P8", "tick": "1e-8", "lot": 0.5,
                 "maximumQuantity": 2.5}
            ],
            "instruments": [
                {"securityID": 70, "name": "I70", "product": 7},
                {"securityID": 4294967376, "name": "I80", "product": 8}
            ],
            "businessUnits": [
                {"id": 5, "name": "FIRM5", "traders": [
                    {"id": 51, "name": "TRD051", "passwordHash": "$y$j75$salt$hash"}
                ]}
            ],
            "sessions": [
                {"id": 100, "kind": "trading", "businessUnit": 5, "passwordHash": "$6$salt$hash",
                 "throttle": {"messagesMax": 50}, "cancelOnDisconnectPersistent": true},
                {"id": 900, "kind": "operations", "passwordHash": "$6$salt$hash"}
            ]
        }
        """

    static func issues(_ text: String) -> [String] {
        do {
            _ = try Configuration(parsing: Array(text.utf8))
            return []
        } catch {
            return error.issues.map(\.description)
        }
    }

    @Test func readsEveryPart() throws {
        let configuration = try Configuration(parsing: Array(Self.small.utf8))
        let market = configuration.market
        #expect(market.marketID == 1)
        #expect(market.partitionID == 2)
        #expect(market.organisation == "HOUSE")
        #expect(
            market.products == [
                Product(
                    marketSegmentID: 7, name: "P7", tick: Price(raw: 25_000_000),
                    lot: Quantity(units: 1), maximumQuantity: Quantity(units: 500)),
                Product(
                    marketSegmentID: 8, name: "P8", tick: Price(raw: 1), lot: Quantity(raw: 5_000),
                    maximumQuantity: Quantity(raw: 25_000)),
            ])
        #expect(market.instruments.map(\.securityID) == [70, 4_294_967_376])
        #expect(market.instruments.map(\.product) == [ProductIndex(0), ProductIndex(1)])
        #expect(market.units.map(\.name) == ["FIRM5"])
        #expect(market.units[0].traders.map(\.id.raw) == [51])
        #expect(
            market.sessions == [
                SessionDefinition(
                    id: 100, kind: .trading, unit: UnitIndex(0), passwordHash: "$6$salt$hash",
                    throttle: ThrottleLimits(
                        messagesMax: 50, intervalMillis: 1000, disconnectLimit: 0),
                    cancelsPersistentOnDisconnect: true),
                SessionDefinition(
                    id: 900, kind: .operations, unit: .none, passwordHash: "$6$salt$hash"),
            ])
        #expect(configuration.limits == VenueLimits())
        #expect(configuration.runtime == RuntimeSettings())
    }

    @Test func whatIsPrintedReadsBack() throws {
        var changed = try Configuration(parsing: Array(Self.small.utf8))
        changed.limits.orderCapacity = 17
        changed.limits.slowConsumerSeconds = 9
        changed.runtime.name = "venue-2"
        changed.runtime.address = "0.0.0.0"
        changed.runtime.port = 0
        changed.runtime.profile = .latency
        changed.runtime.threads = .paired
        for configuration in [changed, .demonstration] {
            let text = configuration.printed()
            let again = try Configuration(parsing: Array(text.utf8))
            #expect(again == configuration)
            #expect(again.printed() == text)
        }
    }

    /// Each row changes one place of the small file; the whole answer is one issue.
    @Test(
        "Names the path of what is wrong, what is there and what is expected",
        arguments: [
            (#""version": 1"#, #""version": 2"#, "version: 2, expected a whole number from 1 to 1"),
            (
                #""marketID": 1"#, #""marketID": 65535"#,
                "market.marketID: 65535, expected a whole number from 1 to 65534"
            ),
            (
                #""organisation": "HOUSE""#, #""organisation": "Häuser""#,
                "market.organisation: \"Häuser\", expected a text of 1 to 32 printable ASCII characters"
            ),
            (
                #""tick": 0.25"#, #""tick": 0"#,
                "products[0].tick: 0, expected a decimal number of at least 0.00000001 "
                    + "with at most 8 decimal places"
            ),
            (
                #""tick": 0.25"#, #""tick": "-0.25""#,
                "products[0].tick: \"-0.25\", expected a decimal number of at least 0.00000001 "
                    + "with at most 8 decimal places"
            ),
            (
                #""tick": "1e-8""#, #""tick": "1e-9""#,
                "products[1].tick: \"1e-9\", expected a decimal number of at least 0.00000001 "
                    + "with at most 8 decimal places"
            ),
            (
                #""tick": 0.25, "#, #""#,
                "products[0].tick: missing, expected a decimal number of at least 0.00000001 "
                    + "with at most 8 decimal places"
            ),
            (
                #""maximumQuantity": 2.5"#, #""maximumQuantity": 2.75"#,
                "products[1].maximumQuantity: 2.75, expected a multiple of the lot 0.5"
            ),
            (
                #""marketSegmentID": 8"#, #""marketSegmentID": 7"#,
                "products[1].marketSegmentID: 7 is already products[0].marketSegmentID, "
                    + "expected a value of its own\n"
                    + "instruments[1].product: 8 is not there, "
                    + "expected one of the marketSegmentIDs of products"
            ),
            (
                #""maximumQuantity": "500""#, #""maxQuantity": "500""#,
                "products[0].maxQuantity: unknown key, did you mean maximumQuantity?\n"
                    + "products[0].maximumQuantity: missing, expected a decimal number "
                    + "of at least 0.0001 with at most 4 decimal places"
            ),
            (
                #""product": 8"#, #""product": 9"#,
                "instruments[1].product: 9 is not there, "
                    + "expected one of the marketSegmentIDs of products"
            ),
            (
                #""securityID": 4294967376"#, #""securityID": 70"#,
                "instruments[1].securityID: 70 is already instruments[0].securityID, "
                    + "expected a value of its own"
            ),
            (
                #""securityID": 4294967376"#, #""securityID": 4294967366"#,
                "instruments[1].securityID: 4294967366, "
                    + "expected low 32 bits of its own, which are those of 70"
            ),
            (
                #""securityID": 70"#, #""securityID": 4294967295"#,
                "instruments[0].securityID: 4294967295, "
                    + "expected low 32 bits that are not all ones"
            ),
            (
                #""securityID": 70"#, #""securityID": 70.0"#,
                "instruments[0].securityID: 70.0, "
                    + "expected a whole number from 1 to 9223372036854775807"
            ),
            (
                #""name": "FIRM5""#, #""name": "FIRM50""#,
                "businessUnits[0].name: \"FIRM50\", "
                    + "expected a text of 1 to 5 printable ASCII characters"
            ),
            (
                #""passwordHash": "$y$j75$salt$hash""#, #""passwordHash": "secret""#,
                "businessUnits[0].traders[0].passwordHash: not a hash, "
                    + "expected a crypt(5) hash as `apus-exchange hash-password` prints it"
            ),
            (
                #""businessUnit": 5"#, #""businessUnit": 6"#,
                "sessions[0].businessUnit: 6 is not there, expected one of the ids of businessUnits"
            ),
            (
                #""kind": "operations""#, #""kind": "operations", "businessUnit": 5"#,
                "sessions[1].businessUnit: there, "
                    + "expected none as an operations session acts for all"
            ),
            (
                #""kind": "operations""#, #""kind": "backoffice", "businessUnit": 5"#,
                "sessions[1].kind: \"backoffice\", "
                    + "expected one of \"trading\", \"backOffice\", \"operations\""
            ),
            (
                #""id": 900"#, #""id": 100"#,
                "sessions[1].id: 100 is already sessions[0].id, expected a value of its own"
            ),
            (
                #""messagesMax": 50"#, #""messagesMax": 50, "disconectLimit": 3"#,
                "sessions[0].throttle.disconectLimit: unknown key, did you mean disconnectLimit?"
            ),
            (
                #""cancelOnDisconnectPersistent": true"#, #""cancelOnDisconnectPersistent": 1"#,
                "sessions[0].cancelOnDisconnectPersistent: 1, expected true or false"
            ),
            (
                #""version": 1"#, #""version": 1, "limits": {"connectionCapacity": 1}"#,
                "limits.connectionCapacity: 1, "
                    + "expected at least the 2 sessions of the trading gateway"
            ),
            (
                #""version": 1"#, #""version": 1, "limits": {"orderCapacity": 0}"#,
                "limits.orderCapacity: 0, expected a whole number from 1 to 16777216"
            ),
            (
                #""version": 1"#, #""version": 1, "limits": {"eventRingCapacity": 1024}"#,
                "limits.eventRingCapacity: 1024, expected a whole number from 2048 to 16777216"
            ),
            (
                #""version": 1"#, #""version": 1, "limits": {"eventRingCapacity": 65537}"#,
                "limits.eventRingCapacity: 65537, expected a power of two"
            ),
            (
                #""version": 1"#, #""version": 1, "limits": []"#,
                "limits: an array, expected an object"
            ),
            (
                #""version": 1"#, #""version": 1, "runtime": {"profile": "fast"}"#,
                "runtime.profile: \"fast\", expected one of \"laptop\", \"latency\""
            ),
            (
                #""version": 1"#, #""version": 1, "runtime": {"address": "localhost"}"#,
                "runtime.address: \"localhost\", expected an IPv4 address such as 127.0.0.1"
            ),
            (
                #""version": 1"#, #""version": 1, "runtime": {"port": 65536}"#,
                "runtime.port: 65536, expected a whole number from 0 to 65535"
            ),
            (
                #""version": 1"#, #""version": 1, "runtime": {"name": "../x"}"#,
                "runtime.name: \"../x\", expected a name of 1 to 32 lower-case letters, "
                    + "digits and hyphens, a letter first"
            ),
            (
                #""version": 1"#, #""version": 1, "version": 1"#,
                "version: there twice, expected one value"
            ),
            (
                #""version": 1"#, #""version": 1, "colour": "red""#,
                "colour: unknown key, expected one of version, market, products, instruments, "
                    + "businessUnits, sessions, limits, runtime, feed, durability"
            ),
            (
                #""version": 1"#, #""version": 1, "feed": {"receivers": ["59001", "host:1"]}"#,
                "feed.receivers[1]: \"host:1\", expected [ADDRESS:]PORT, with an IPv4 address and "
                    + "the port of the incremental channel, 2 to 65535"
            ),
            (
                #""version": 1"#, #""version": 1, "feed": {"receivers": [59001]}"#,
                "feed.receivers: an array, expected an array of at most 64 texts, each "
                    + "[ADDRESS:]PORT, with an IPv4 address and the port of the incremental "
                    + "channel, 2 to 65535"
            ),
            (
                #""version": 1"#, #""version": 1, "feed": {"publicFirst": "always"}"#,
                "feed.publicFirst: \"always\", expected one of \"bestEffort\", \"strict\""
            ),
            (
                #""version": 1"#, #""version": 1, "feed": {"heartbeatMillis": 1}"#,
                "feed.heartbeatMillis: 1, expected a whole number from 10 to 3600000"
            ),
            (
                #""version": 1"#, #""version": 1, "feed": {"interface": "eth0"}"#,
                "feed.interface: \"eth0\", expected an IPv4 address of this machine, "
                    + "or an empty text"
            ),
            (
                #""partitionID": 2"#, #""partitionID": 255"#,
                "market.partitionID: 255, expected at most 254 where there is a feed"
            ),
        ] as [(String, String, String)])
    func refuses(original: String, replacement: String, answer: String) throws {
        var text = Self.small
        let range = try #require(text.firstRange(of: original))
        text.replaceSubrange(range, with: replacement)
        #expect(Self.issues(text).joined(separator: "\n") == answer)
    }

    @Test func readsTheFeed() throws {
        let feed = """
            {
                "version": 1, "feed": {
                    "receivers": ["59003", "239.1.2.3:7001"], "interface": "127.0.0.1", "hops": 3,
                    "publicFirst": "strict", "snapshotPacketsPerSecond": 50,
                    "snapshotIntervalMillis": 250, "heartbeatMillis": 100
                },
            """
        var text = Self.small
        let range = try #require(text.firstRange(of: "{\n    \"version\": 1,"))
        text.replaceSubrange(range, with: feed)
        var expected = FeedSettings()
        expected.receivers = [
            FeedAddress(port: 59003), FeedAddress(address: "239.1.2.3", port: 7001),
        ]
        expected.interface = "127.0.0.1"
        expected.hops = 3
        expected.publicFirst = .strict
        expected.snapshotPacketsPerSecond = 50
        expected.snapshotIntervalMillis = 250
        expected.heartbeatMillis = 100
        let configuration = try Configuration(parsing: Array(text.utf8))
        #expect(configuration.feed == expected)
        #expect(try Configuration(parsing: Array(configuration.printed().utf8)) == configuration)
        #expect(try Configuration(parsing: Array(Self.small.utf8)).feed == FeedSettings())
    }

    @Test func readsWhatIsKept() throws {
        func reading(_ object: String) throws -> DurabilitySettings {
            var text = Self.small
            let range = try #require(text.firstRange(of: "{\n    \"version\": 1,"))
            text.replaceSubrange(range, with: "{\"version\": 1, \"durability\": \(object),")
            let configuration = try Configuration(parsing: Array(text.utf8))
            #expect(
                try Configuration(parsing: Array(configuration.printed().utf8)) == configuration)
            return configuration.durability
        }
        #expect(try reading("{}") == DurabilitySettings())
        #expect(try reading(#"{"dataDirectory": "x"}"#) == .standard("x"))
        var expected = DurabilitySettings()
        expected.dataDirectory = "/var/apus"
        expected.mode = .sync
        expected.segmentMebibytes = 1
        expected.syncIntervalMillis = 5
        expected.snapshotEveryCommands = 1000
        expected.snapshotsKept = 9
        #expect(
            try reading(
                """
                {"dataDirectory": "/var/apus", "mode": "sync", "segmentMebibytes": 1,
                 "syncIntervalMillis": 5, "snapshotEveryCommands": 1000, "snapshotsKept": 9}
                """) == expected)
        #expect(throws: ConfigurationError.self) { try reading(#"{"mode": "sync"}"#) }
        #expect(throws: ConfigurationError.self) {
            try reading(#"{"dataDirectory": "x", "mode": "none"}"#)
        }
    }

    @Test func reportsEverythingAtOnce() {
        let text = """
            {
                "version": 1,
                "market": {"marketID": 0, "partitionID": "1"},
                "products": [{"marketSegmentID": 7, "name": "P", "tick": 0, "maximumQuantity": 1}],
                "instruments": [7],
                "businessUnits": [],
                "sesions": []
            }
            """
        #expect(
            Self.issues(text).map { $0.prefix { $0 != ":" } } == [
                "sesions", "market.marketID", "market.partitionID", "market.organisation",
                "products[0].tick", "instruments[0]", "businessUnits", "sessions",
            ])
    }

    /// An entry that could not be read is reported itself, and not by all who refer to it.
    @Test func anUnreadableEntryIsReportedOnce() throws {
        var text = Self.small
        let range = try #require(text.firstRange(of: #""id": 5,"#))
        text.replaceSubrange(range, with: #""id": "five","#)
        #expect(
            Self.issues(text) == [
                "businessUnits[0].id: \"five\", expected a whole number from 1 to 4294967294"
            ])
    }

    @Test func namesThePlaceOfWhatIsNotJSON() {
        #expect(
            Self.issues("{\n\"version\" = 1}") == ["not JSON at line 2, column 11, expected ':'"])
        #expect(Self.issues("[]") == ["an array, expected an object"])
        #expect(
            Self.issues("{}") == ["version: missing, expected a whole number from 1 to 1"])
    }
}
