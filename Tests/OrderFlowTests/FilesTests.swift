import Domain
import Glibc
import LinuxPlatform
import Testing

@testable import OrderFlow

@Suite("Files of recorded flows")
struct FilesTests {
    private func messages(_ text: String) throws -> [FlowEvent] {
        try LobsterFiles.readMessages(CSVReader(path: "m.csv", bytes: Array(text.utf8)))
    }

    @Test("a message row is read with its nanoseconds, whatever ends the line")
    func row() throws {
        let events = try messages(
            "34200.004241176,1,16113575,18,5853300,1\r\n34201,4,-7,2,5,-1\n\n")
        #expect(
            events == [
                FlowEvent(
                    timeNanos: 34_200_004_241_176, kind: .newOrder, orderID: 16_113_575, size: 18,
                    price: 5_853_300, side: .buy),
                FlowEvent(
                    timeNanos: 34_201_000_000_000, kind: .execution, orderID: -7, size: 2, price: 5,
                    side: .sell),
            ])
        #expect(try messages("35821.088778456004,3,1,1,1,1")[0].timeNanos == 35_821_088_778_456)
    }

    @Test(
        "a wrong row is named with file, line and what was expected",
        arguments: [
            ("1,1,1,1,1,1\nx,1,1,1,1,1", "m.csv, line 2: expected the time in seconds"),
            ("1,7,1,1,1,1", "m.csv, line 1: expected a type from 1 to 5"),
            ("1,1,1,1,1", "m.csv, line 1: expected a comma and more fields"),
            ("1,1,1,1,1,1,1", "m.csv, line 1: expected the end of the line"),
            ("1,1,1,0,1,1", "m.csv, line 1: expected a size from 1"),
            ("1,1,1,1,0,1", "m.csv, line 1: expected a price above 0"),
            ("1,1,1,1,1,0", "m.csv, line 1: expected a direction of 1 or -1"),
            ("2,1,1,1,1,1\n1,1,1,1,1,1", "m.csv, line 2: expected a time not before"),
            ("1,1,99999999999999999999,1,1,1", "line 1: expected the order id that fits 64 bits"),
        ])
    func errors(text: String, sentence: String) {
        #expect {
            try messages(text)
        } throws: { error in
            "\(error)".contains(sentence) && (error as? ToolError)?.exitCode == 2
        }
    }

    @Test("seed and exceptions need their headers, and exceptions rows that fit")
    func headers() throws {
        let events = try messages("1,1,1,1,1,1\n1,3,1,1,1,1\n1,4,1,1,1,1")
        func exceptions(_ text: String) throws -> [Int: FlowException] {
            try LobsterFiles.readExceptions(
                CSVReader(path: "e.csv", bytes: Array(text.utf8)), events: events)
        }
        let good = try exceptions(
            "row,kind\n1,cancel_unknown_order\n2,exec_not_front_of_queue\n")
        #expect(good == [1: .unknownOrder, 2: .executionNotAtFront])
        #expect(throws: ToolError.self) { try exceptions("1,cancel_unknown_order\n") }
        #expect(throws: ToolError.self) { try exceptions("row,kind\n3,cancel_unknown_order\n") }
        #expect(throws: ToolError.self) { try exceptions("row,kind\n0,cancel_unknown_order\n") }
        #expect(throws: ToolError.self) { try exceptions("row,kind\n1,something\n") }
        #expect(throws: ToolError.self) {
            try LobsterFiles.readSeed(CSVReader(path: "s.csv", bytes: Array("1,1,1,1\n".utf8)))
        }
    }

    @Test("a written flow reads back equal, plain and compressed")
    func roundTrip() throws {
        let work = try TemporaryFolder()
        let folder = work.path
        var flow = FlowGenerator.generate(seed: 9, rows: 500)
        flow.seed = [SeedOrder(orderID: -5, side: .sell, price: 7_000_000, size: 3)]
        flow.firstRow = 0
        try FlowWriter.write(flow, to: folder)
        for suffix in InputFile.readsGzip && access("/bin/gzip", X_OK) == 0 ? ["", ".gz"] : [""] {
            if suffix == ".gz" { try compress(folder) }
            let read = try LobsterFiles.read(
                messages: "\(folder)/messages.csv\(suffix)",
                bestPrices: "\(folder)/bbo.csv\(suffix)",
                seed: "\(folder)/seed.csv\(suffix)",
                exceptions: "\(folder)/exceptions.csv\(suffix)", firstRow: 0)
            #expect(read.events == flow.events)
            #expect(read.bestPrices == flow.bestPrices)
            #expect(read.seed == flow.seed)
            #expect(read.exceptions.isEmpty)
        }
        if InputFile.readsGzip {
            try OutputFile.write("\(folder)/cut.gz") { $0.append("\u{1f}") }
            let packed = try [UInt8](InputFile.read("\(folder)/cut.gz"))
            #expect(packed == [0x1f])
        }
        #expect {
            try InputFile.read(folder + "/nothing.csv")
        } throws: {
            "\($0)".contains("nothing.csv cannot be opened: No such file")
        }
    }

    private func compress(_ folder: String) throws {
        for name in ["messages", "bbo", "seed", "exceptions"] {
            var arguments: [UnsafeMutablePointer<CChar>?] = [
                strdup("gzip"), strdup("\(folder)/\(name).csv"), nil,
            ]
            var child: pid_t = 0
            #expect(posix_spawn(&child, "/bin/gzip", nil, nil, &arguments, nil) == 0)
            var status: Int32 = 0
            waitpid(child, &status, 0)
            #expect(status == 0)
            for argument in arguments { free(argument) }
        }
    }
}
