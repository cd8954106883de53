import Testing

@testable import Exchange

@Suite struct DecimalTextTests {
    @Test(
        "Reads exactly",
        arguments: [
            ("0", 8, 0), ("-0", 8, 0), ("0.0", 8, 0), ("0e9", 8, 0),
            ("0.5", 8, 50_000_000), ("0.1", 8, 10_000_000), ("0.01", 8, 1_000_000),
            ("0.00000001", 8, 1), ("1e-8", 8, 1), ("1E-8", 8, 1), ("10e-9", 8, 1),
            ("0.000000010", 8, 1), ("-0.5", 8, -50_000_000),
            ("1e3", 4, 10_000_000), ("1e+3", 4, 10_000_000), ("1.5e1", 4, 150_000),
            ("100000", 4, 1_000_000_000), ("0.0001", 4, 1), ("1.00000", 4, 10_000),
            ("92233720368.54775807", 8, Int64.max), ("-92233720368.54775808", 8, Int64.min),
            ("9223372036854775807", 0, Int64.max),
        ] as [(String, Int, Int64)])
    func reads(text: String, places: Int, value: Int64) throws {
        #expect(try DecimalText.read(text, places: places) == value)
    }

    @Test(
        "Refuses what has no exact value",
        arguments: [
            ("", 8, .notANumber), ("-", 8, .notANumber), (".5", 8, .notANumber),
            ("5.", 8, .notANumber), ("+5", 8, .notANumber), ("00", 8, .notANumber),
            ("0x10", 8, .notANumber), ("1 ", 8, .notANumber), ("1,5", 8, .notANumber),
            ("1e", 8, .notANumber), ("1e-", 8, .notANumber), ("nan", 8, .notANumber),
            ("٣", 8, .notANumber),
            ("0.000000001", 8, .tooFine), ("1e-9", 8, .tooFine), ("1e-99999", 8, .tooFine),
            ("0.00001", 4, .tooFine), ("0.5", 0, .tooFine),
            ("92233720368.54775808", 8, .tooLarge), ("-92233720368.54775809", 8, .tooLarge),
            ("1e11", 8, .tooLarge), ("1e99999", 8, .tooLarge), ("1e18", 4, .tooLarge),
        ] as [(String, Int, DecimalText.Failure)])
    func refuses(text: String, places: Int, failure: DecimalText.Failure) {
        #expect(throws: failure) { try DecimalText.read(text, places: places) }
    }

    @Test(
        "Writes the shortest text",
        arguments: [
            (0, 8, "0"), (1, 8, "0.00000001"), (-1, 8, "-0.00000001"), (50_000_000, 8, "0.5"),
            (10_000, 4, "1"), (12_345, 4, "1.2345"), (-15_000, 4, "-1.5"), (7, 0, "7"),
            (Int64.max, 8, "92233720368.54775807"), (Int64.min, 8, "-92233720368.54775808"),
        ] as [(Int64, Int, String)])
    func writes(value: Int64, places: Int, text: String) throws {
        #expect(DecimalText.write(value, places: places) == text)
        #expect(try DecimalText.read(text, places: places) == value)
    }

    @Test func whatIsWrittenReadsBack() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let shift = UInt64.random(in: 0..<64, using: &generator)
            let value = Int64.random(in: .min ... .max, using: &generator) >> shift
            for places in [0, 4, 8] {
                let text = DecimalText.write(value, places: places)
                #expect(try DecimalText.read(text, places: places) == value, "\(text)")
            }
        }
    }
}
