import Domain
import Sessions
import Testing

@testable import SessionServer

@Suite("Texts of rejects")
struct RejectTextTests {
    @Test("Every rule has a text that fits")
    func everyText() {
        let space = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 8)
        defer { space.deallocate() }
        for raw in 0...200 as ClosedRange<UInt16> {
            for port in PortKind.allCases {
                var refusal = Refusal(RejectDetail(rawValue: raw), number: .min)
                refusal.field = .partyIdInvestmentDecisionMakerQualifier
                refusal.templateID = 10126
                var text = RejectText(space)
                text.explain(refusal, on: port)
                #expect(text.count > 10 && text.count < RejectText.lengthMax)
                #expect(text.finishPadded() % 8 == 0)
            }
        }
        var text = RejectText(space)
        for _ in 0..<100 { text.add("four") }
        text.add(12345)
        #expect(text.count == RejectText.lengthMax && text.finishPadded() == 256)
    }

    @Test("Decimals are written without needless zeros")
    func decimals() {
        let space = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 8)
        defer { space.deallocate() }
        let table: [(Int64, Int, String)] = [
            (0, 0, "0"), (50_000_000, 8, "0.5"), (100_000_000, 8, "1"), (1, 8, "0.00000001"),
            (-12_345, 4, "-1.2345"), (-5, 1, "-0.5"), (1_000_500, 4, "100.05"),
            (.max, 0, "9223372036854775807"), (.min, 0, "-9223372036854775808"),
        ]
        for (number, decimals, expected) in table {
            var text = RejectText(space)
            text.add(number, decimals: decimals)
            let bytes = UnsafeRawBufferPointer(start: space, count: text.count)
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
    }
}
