import CommandLineTool
import Foundation
import Testing

@Suite struct JSONWriterTests {
    @Test func keysKeepTheirOrderAndValuesTheirType() {
        var json = JSONWriter()
        json.object {
            $0.field("name", "ring")
            $0.object("machine") { $0.field("cores", 2) }
            $0.array("samples") {
                $0.value(1.25)
                $0.value(UInt64.max)
                $0.object { $0.field("ok", true) }
                $0.array { _ in }
            }
            $0.field("ratio", Double.nan)
            $0.field("rounded", 1.0 / 3, decimals: 2)
            $0.field("whole", 3.0)
            $0.null("hash")
            $0.field("absent", nil as Int?)
        }
        #expect(
            json.text == """
                {"name":"ring","machine":{"cores":2},"samples":[1.25,18446744073709551615,\
                {"ok":true},[]],"ratio":null,"rounded":0.33,"whole":3,"hash":null,"absent":null}
                """)
    }

    @Test func anyTextSurvivesAnotherParser() throws {
        let texts = ["", "\"\\/\n\r\t\u{0}\u{1F}", "Zürich € 🦅", "\u{2028}"]
        var json = JSONWriter()
        json.object { for (index, text) in texts.enumerated() { $0.field("k\"\(index)", text) } }
        let parsed = try JSONSerialization.jsonObject(with: Data(json.text.utf8))
        let strings = try #require(parsed as? [String: String])
        for (index, text) in texts.enumerated() { #expect(strings["k\"\(index)"] == text) }
    }

    @Test func numbersSurviveAnotherParser() throws {
        var json = JSONWriter()
        let numbers = [0, -0.5, 1e300, 2.5e-300, 123456789.125, -1e15, .infinity]
        json.array { for number in numbers { $0.value(number) } }
        let parsed = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [Any]
        #expect(
            (parsed?.dropLast() as ArraySlice<Any>?)?.map { $0 as? Double } == numbers.dropLast())
        #expect(parsed?.last is NSNull)
    }
}

@Suite struct FormattingTests {
    @Test func thousandsAreGrouped() {
        #expect(formatGrouped(0) == "0" && formatGrouped(999) == "999")
        #expect(formatGrouped(1_000) == "1,000" && formatGrouped(-1_234_567) == "-1,234,567")
        #expect(formatGrouped(Int.min) == "-9,223,372,036,854,775,808")
    }

    @Test func decimalsAreRounded() {
        #expect(formatDecimal(1.005, decimals: 1) == "1.0")
        #expect(formatDecimal(-0.06, decimals: 1) == "-0.1")
        #expect(formatDecimal(-0.01, decimals: 1) == "0.0")
        #expect(formatDecimal(9.999, decimals: 2) == "10.00")
        #expect(formatDecimal(0.05, decimals: 3) == "0.050")
        #expect(formatDecimal(2.5, decimals: 0) == "3")
        #expect(formatDecimal(.nan, decimals: 2) == "nan")
    }

    @Test func nanosecondsTakeTheUnitThatReadsBest() {
        #expect(formatNanos(999) == "999 ns" && formatNanos(1_500) == "1.50 µs")
        #expect(formatNanos(12_345) == "12.3 µs" && formatNanos(123_456) == "123 µs")
        #expect(formatNanos(7_000_000) == "7.00 ms" && formatNanos(61_000_000_000) == "61.0 s")
    }

    @Test func tablesAlignTheirColumns() {
        var table = TextTable([("stage", .left), ("p50", .right)])
        table.add(["gateway", "5"])
        table.add(["µs", "12,345"])
        #expect(
            table.text == """
                stage       p50
                gateway       5
                µs       12,345

                """)
    }
}
