import Testing

@testable import Exchange

@Suite struct JSONTests {
    @Test func readsEveryKindOfValue() throws {
        let text =
            #" {"a": [1, -2.50e+1, true, false, null], "b": {"": "x\n\"\u00e9\ud83d\ude00"}} "#
        let expected = JSONValue.object([
            .init(
                key: "a",
                value: .array([
                    .number("1"), .number("-2.50e+1"), .boolean(true), .boolean(false), .null,
                ])),
            .init(key: "b", value: .object([.init(key: "", value: .string("x\n\"é😀"))])),
        ])
        #expect(try JSONReader.read(Array(text.utf8)) == expected)
    }

    @Test func whatIsPrintedReadsBack() throws {
        let tree = JSONValue.object([
            .init(key: "control \u{1}\u{7f}", value: .string("tab\t line\n quote\" back\\ é😀")),
            .init(key: "long", value: .array((0..<60).map { .number(String($0)) })),
            .init(key: "empty", value: .array([])),
            .init(key: "none", value: .object([])),
        ])
        let text = tree.printed()
        #expect(try JSONReader.read(Array(text.utf8)) == tree)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test(
        "Names the place of what is not JSON",
        arguments: [
            ("", 1, 1, "a value"),
            ("{", 1, 2, "a key in quotes"),
            ("{\n  \"a\" 1}", 2, 7, "':'"),
            ("{\"a\": 1,}", 1, 9, "a key in quotes"),
            ("[1,\n\n 2 3]", 3, 4, "',' or ']'"),
            ("[01]", 1, 3, "',' or ']'"),
            ("[1.]", 1, 4, "a digit"),
            ("[tru]", 1, 2, "a value"),
            ("{} {}", 1, 4, "the end of the file"),
            ("\"abc", 1, 5, "'\"' at the end of the text"),
            ("\"\\x\"", 1, 3, "an escape of JSON"),
            ("\"\\ud800\"", 1, 8, "a surrogate pair"),
            ("// comment", 1, 1, "a value"),
        ] as [(String, Int, Int, String)])
    func refuses(text: String, line: Int, column: Int, expectation: String) {
        #expect(throws: JSONSyntaxError(line: line, column: column, expectation: expectation)) {
            try JSONReader.read(Array(text.utf8))
        }
    }

    @Test func refusesTextThatIsNotUTF8() {
        #expect(throws: JSONSyntaxError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    @Test func refusesNestingThatCouldExhaustTheStack() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test func survivesAnyCutAndAnyFlippedByte() {
        let text = Array(Configuration.demonstration.printed().utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var bytes = text
            if Bool.random(using: &generator) {
                bytes.removeLast(Int.random(in: 1...text.count, using: &generator))
            } else {
                bytes[Int.random(in: 0..<text.count, using: &generator)] = .random(in: 0...255)
            }
            // Reading may succeed or fail; it must do one of them.
            _ = try? Configuration(parsing: bytes)
        }
    }
}
