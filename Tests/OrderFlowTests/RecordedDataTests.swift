import Glibc
import Testing

@testable import OrderFlow

/// The recorded flow, when it is on this machine.
enum RecordedData {
    static let folder =
        (getenv("APUS_DATA").map { String(cString: $0) } ?? "../shared/data") + "/lobster"
    static let isThere =
        access(folder + "/AAPL_message_50.csv.gz", R_OK) == 0 && InputFile.readsGzip

    static func read(exceptions: Bool) throws -> RecordedFlow {
        try LobsterFiles.read(
            messages: folder + "/AAPL_message_50.csv.gz", bestPrices: folder + "/AAPL_bbo.csv.gz",
            seed: folder + "/AAPL_seed.csv",
            exceptions: exceptions ? folder + "/AAPL_exceptions.csv" : nil)
    }
}

/// The numbers known to be right for the recorded flow, reached through the whole driver.
@Suite(
    "Recorded flow",
    .enabled(
        if: RecordedData.isThere,
        "The recorded AAPL flow is missing: set APUS_DATA to the folder that holds lobster/, and have zlib."
    ))
struct RecordedDataTests {
    @Test("one order a row, with exceptions: all rows and executions")
    func rows() throws {
        let report = try replay(RecordedData.read(exceptions: true), sweeps: false)
        #expect(report.rows == 49_328)
        #expect(report.rowsEqual == 49_328)
        #expect(report.executions == 2_407)
        #expect(report.executionsEqual == 2_407)
        #expect(report.rejects == 21)
        #expect(report.isEqual)
    }

    @Test("sweeps as one order: all comparisons and fill lists")
    func sweeps() throws {
        let report = try replay(RecordedData.read(exceptions: true), sweeps: true)
        #expect(report.rows == 48_842)
        #expect(report.rowsEqual == 48_842)
        #expect(report.executions == 1_946)
        #expect(report.executionsEqual == 1_946)
        #expect(report.isEqual)
    }

    @Test("without exceptions: the known number of rows stays equal")
    func everythingAsOrders() throws {
        let report = try replay(RecordedData.read(exceptions: false), sweeps: false)
        #expect(report.rows == 49_328)
        #expect(report.rowsEqual == 47_563)
        #expect(!report.isEqual)
    }
}
