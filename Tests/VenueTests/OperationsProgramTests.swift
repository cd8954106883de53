import Exchange
import Foundation
import LocalVenue
import Testing
import Wire

extension VenueSuites {
    /// Market operations by a person at a command line.
    @Suite(
        "apus-exchange halt and its relatives",
        .enabled(if: Program.exists("apus-exchange"), "apus-exchange is not built beside the tests")
    )
    struct OperationsProgramTests {
        private func run(_ arguments: [String]) throws -> (
            status: Int32?, output: String, errors: String
        ) {
            let program = try Program("apus-exchange", arguments)
            let status = program.exitStatus()
            let (output, errors) = program.rest()
            return (status, output, errors)
        }

        @Test("What a person asks for happens, and is said in a sentence")
        func commands() throws {
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            try withVenue(configuration) { venue in
                let member = try venue.member(.one)
                func trades(_ instrument: UInt32, _ product: Int32, id: UInt64) throws -> Bool {
                    try member.order(
                        id: id, side: 1, lots: 1, price: 10, instrument: instrument,
                        product: product
                    ).last?.template == .newOrderNRResponse
                }
                func expect(_ words: [String], _ sentence: String) throws {
                    let result = try run(words + ["--name", name])
                    #expect(result.status == 0 && result.errors == "", "\(result)")
                    #expect(result.output == sentence + "\n")
                }
                try expect(
                    ["halt", "--instrument", "AAPL"],
                    "instrument AAPL (2001) of STOCKS (200) is halted"
                )
                #expect(try !trades(2001, 200, id: 1))
                #expect(try trades(2002, 200, id: 2))
                try expect(
                    ["resume", "--instrument", "2001", "--product", "200"],
                    "instrument AAPL (2001) of STOCKS (200) trades again")
                #expect(try trades(2001, 200, id: 3))
                try expect(["close", "--product", "ALPHA"], "product ALPHA (100) is closed")
                #expect(try !trades(1001, 100, id: 4))
                try expect(["open", "--product", "100"], "product ALPHA (100) is open")
                #expect(try trades(1001, 100, id: 5))
                try expect(["end-of-day"], "every product has ended its business day")
                #expect(try !trades(1001, 100, id: 6))
                let json = try run(["open", "--product", "200", "--json", "--name", name])
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.output.utf8))
                        as? [String: Any])
                #expect(object["action"] as? String == "open")
                #expect(object["marketSegmentID"] as? Int == 200)
                #expect(object["securityID"] is NSNull)
                #expect((object["massActionReportID"] as? Int ?? 0) > 1_700_000_000_000_000_000)
                #expect(try trades(2001, 200, id: 7))
            }
        }

        @Test("What is wrong is said in a sentence that names it, with the right code")
        func failures() throws {
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            try withVenue(configuration) { _ in
                let table: [([String], Int32, String)] = [
                    (["resume", "--product", "100"], 1, "the product is in continuous trading"),
                    (["halt"], 2, "--product and --instrument"),
                    (["halt", "--instrument", "4711"], 2, "--instrument is \"4711\""),
                    (["halt", "--product", "7"], 2, "100 (ALPHA), 200 (STOCKS)"),
                    (
                        ["halt", "--product", "100", "--instrument", "AAPL"], 2,
                        "belongs to product STOCKS"
                    ),
                    (["halt", "--product", "100", "--password", "wrong"], 1, "Password is wrong"),
                    (
                        ["halt", "--product", "100", "--session", "10001", "--password", "apus-1"],
                        1, "may not make this request"
                    ),
                    (["end-of-day", "--instrument", "AAPL"], 2, "--instrument"),
                ]
                for (words, status, sentence) in table {
                    let result = try run(words + ["--name", name])
                    #expect(result.status == status, "\(words): \(result)")
                    #expect(result.errors.contains(sentence), "\(words): \(result.errors)")
                    #expect(result.errors.split(separator: "\n").count == 1 && result.output == "")
                }
            }
            let nobody = try run(["halt", "--product", "100", "--name", name])
            #expect(nobody.status == 1 && nobody.errors.contains("no venue named"))
        }
    }
}
