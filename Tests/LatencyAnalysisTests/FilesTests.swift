import Domain
import OrderFlow
import Telemetry
import Testing

@testable import LatencyAnalysis

@Suite("Files of a measurement")
struct FilesTests {
    @Test("a record joins the stamps of its own logon")
    func twoLogons() {
        // The same session and number twice, ten seconds apart.
        let early = MadeUpRun.stamps(5)
        let late = MadeUpRun.stamps(5, gatewayIn: early.gatewayIn.nanos + 10_000_000_000)
        let other = MadeUpRun.stamps(5, session: 20001)
        let stamps = [late, other, early]
        let records = [MadeUpRun.record(early), MadeUpRun.record(late)]
        let join = RecordJoin(records: records, stamps: stamps)
        #expect(join.stampsOfRecord == [2, 0])
        #expect(join.unjoinedStamps == 1)
    }

    @Test("stamps from another time are not taken for a record's")
    func otherTime() {
        let stamps = MadeUpRun.stamps(5)
        var record = MadeUpRun.record(stamps)
        record.plannedNanos -= 3_000_000_000
        record.sentNanos -= 3_000_000_000
        record.receivedNanos -= 3_000_000_000
        #expect(RecordJoin(records: [record], stamps: [stamps]).stampsOfRecord == [nil])
    }

    @Test("stamps a little before the sending are joined: a clock that is wrong shows")
    func wrongClock() throws {
        var measurement = SavedMeasurement()
        measurement.start = MadeUpRun.start
        measurement.stamps = [MadeUpRun.stamps(5)]
        var record = MadeUpRun.record(measurement.stamps[0])
        record.sentNanos += 8_500
        let pipeline = try RecordedMeasurement(measurement: measurement, records: [record]).run()
        let request = try #require(pipeline.summaries().first { $0.stage == .request })
        #expect(request.negativeCount == 1 && request.mostNegativeNanos == 500)
    }

    @Test("with records, every stage is about the recorded requests alone")
    func recordsDecide() throws {
        let (measurement, records) = MadeUpRun.measurement()
        let half =
            Array(records.prefix(records.count / 2)) + [
                LoadRecord(
                    plannedNanos: records[0].plannedNanos, sentNanos: records[0].sentNanos,
                    receivedNanos: records[0].receivedNanos, session: 4, msgSeqNum: 4, template: 1)
            ]
        let pipeline = try RecordedMeasurement(measurement: measurement, records: half).run()
        let counts = pipeline.counts
        #expect(counts.records == UInt64(half.count) && counts.unjoinedRecords == 1)
        #expect(counts.answers == UInt64(half.count - 1))
        #expect(counts.unjoinedStamps == UInt64(records.count - half.count + 1))
        for stage in [Stage.sending, .service, .response] {
            let summary = pipeline.summaries().first { $0.stage == stage }
            #expect(summary?.percentiles.count == UInt64(half.count))
        }
        let venue = pipeline.summaries().first { $0.stage == .venue }
        #expect(venue?.percentiles.count == UInt64(half.count - 1))
        // The drop copy's messages count until the last recorded answer, and find their stamps.
        let last = half.map(\.receivedNanos).max()!
        let heard = measurement.arrivals.filter { $0.listenerIn.nanos <= last }
        #expect(counts.listenerMessages == UInt64(heard.count))
        #expect(counts.unjoinedMessages == 0)
    }

    @Test("messages about requests in no record are joined with the stamps of those")
    func otherStamps() throws {
        let (measurement, records) = MadeUpRun.measurement()
        // Every second request is recorded, from the first to the last.
        let some = records.indices.filter { $0 % 2 == 0 }.map { records[$0] } + [records.last!]
        let pipeline = try RecordedMeasurement(measurement: measurement, records: some).run()
        #expect(pipeline.counts.listenerMessages > UInt64(records.count - 10))
        #expect(pipeline.counts.unjoinedMessages == 0)
        #expect(pipeline.counts.answers == UInt64(some.count))
    }

    @Test("records alone are cut into seconds")
    func recordsAlone() throws {
        let (_, records) = MadeUpRun.measurement(seconds: 6)
        let pipeline = try RecordedMeasurement(measurement: SavedMeasurement(), records: records)
            .run()
        #expect(pipeline.summaries().map(\.stage) == [.sending, .service, .response])
        #expect(pipeline.counts.unjoinedRecords == 0)
        #expect(pipeline.series.points.count == 7 || pipeline.series.points.count == 6)
        // The third second is silent but for what the grid of seconds is off by.
        #expect(pipeline.series.points[2][.response].count <= 1)
    }

    @Test("a saved measurement comes back as it was, and gives the same figures")
    func roundTrip() throws {
        let (measurement, _) = MadeUpRun.measurement()
        try withFile("", "apuslat") { path in
            try save(measurement, path)
            let read = try SavedMeasurement.read(path)
            #expect(read.start == measurement.start && read.unusedBytes == 0)
            #expect(read.conditions == measurement.conditions)
            #expect(read.intervals.map(\.end) == measurement.intervals.map(\.end))
            #expect(read.intervals.map(\.lostStamps) == measurement.intervals.map(\.lostStamps))
            let before = try MadeUpRun.report(measurement, [])
            let after = try MadeUpRun.report(read, [])
            #expect(before.stages == after.stages)
            #expect(before.hiccups == after.hiccups && before.series == after.series)
            #expect(before.counts == after.counts)
            #expect(after.counts.lostStamps == 120)
        }
    }

    /// As the live measurement writes: things, then the end of their interval.
    private func save(_ measurement: SavedMeasurement, _ path: String) throws {
        let writer = try MeasurementWriter(path, start: measurement.start)
        for condition in measurement.conditions { writer.noteCondition(condition) }
        for stamps in measurement.stamps { writer.note(stamps) }
        for arrival in measurement.arrivals { writer.note(arrival) }
        for interval in measurement.intervals {
            for lost in interval.lostStamps { writer.noteOverrun(lost: lost) }
            writer.closeInterval(
                at: interval.end, hiccups: try HistogramEncoding.decode(interval.hiccups))
        }
        try writer.close()
    }

    @Test("a file that ends anywhere is used up to there, or refused with the byte")
    func truncated() throws {
        var (measurement, _) = MadeUpRun.measurement(seconds: 1)
        measurement.stamps = Array(measurement.stamps.prefix(3))
        measurement.arrivals = Array(measurement.arrivals.prefix(2))
        try withFile("", "apuslat") { path in
            try save(measurement, path)
            let whole = try InputFile.read(path)
            for length in 0..<whole.count {
                let bytes = Array(whole[..<length])
                do {
                    let read = try SavedMeasurement.read(bytes, path: "cut")
                    #expect(read.stamps.count <= 3)
                    #expect(length >= 16)
                } catch let error as ToolError {
                    #expect(error.description.hasPrefix("cut, byte "))
                    #expect(error.kind == .input)
                }
            }
        }
    }

    @Test("damaged bytes give an error or a measurement, and never stop the program")
    func damaged() throws {
        let (measurement, records) = MadeUpRun.measurement(seconds: 1)
        try withFile("", "apuslat") { path in
            try save(measurement, path)
            let whole = try InputFile.read(path)
            var run = MadeUpRun(seed: 77)
            for _ in 0..<40 {
                var bytes = whole
                for _ in 0...run.random(below: 6) {
                    let place =
                        run.random(below: 2) == 0
                        ? run.random(below: 64) : run.random(below: UInt64(bytes.count))
                    bytes[Int(place)] = UInt8(run.random(below: 256))
                }
                guard let read = try? SavedMeasurement.read(bytes, path: "bad") else { continue }
                _ = try? RecordedMeasurement(measurement: read, records: []).run()
                _ = try? RecordedMeasurement(measurement: read, records: records).run()
            }
        }
    }

    @Test("times that cannot be are refused with their place")
    func impossibleTimes() throws {
        var (measurement, _) = MadeUpRun.measurement(seconds: 1)
        measurement.stamps[1].gatewayOut = .none
        try withFile("", "apuslat") { path in
            try save(measurement, path)
            let error = #expect(throws: ToolError.self) { try SavedMeasurement.read(path) }
            #expect(error?.description.contains("expected gateway out, a time") == true)
        }
    }

    @Test(
        "a record file that is none is refused with file and line",
        arguments: [
            ("", "line 1: expected the header"),
            ("planned_ns,sent_ns\n", "line 1: expected the header"),
            ("H\n1,2,3,4,5\n", "line 2: expected a comma"),
            ("H\n1,2,3,4,5,6\n1,2,3,4,x,6\n", "line 3: expected msg_seq_num"),
            ("H\n1,2,3,4,5,6,7\n", "line 2: expected the end of the line"),
            ("H\n1,2,3,4294967296,5,6\n", "line 2: expected session from 0 to 4294967295"),
            ("H\n-1,2,3,4,5,6\n", "line 2: expected planned_ns from 0"),
            ("H\n1,2,3,4,5,65536\n", "line 2: expected template"),
            ("H\n99999999999999999999,2,3,4,5,6\n", "line 2: expected planned_ns that fits"),
        ])
    func hostileRecords(text: String, expected: String) throws {
        let header = "planned_ns,sent_ns,received_ns,session,msg_seq_num,template"
        try withFile(text.replacing("H\n", with: header + "\n"), "csv") { path in
            let error = #expect(throws: ToolError.self) { try LoadRecord.read(path) }
            #expect(error?.description.hasPrefix(path + ", ") == true)
            #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        }
    }

    @Test("what apus-load writes is read back")
    func ownRecords() throws {
        let (_, records) = MadeUpRun.measurement(seconds: 1)
        var text = "planned_ns,sent_ns,received_ns,session,msg_seq_num,template\n"
        for record in records {
            text += "\(record.plannedNanos),\(record.sentNanos),\(record.receivedNanos),"
            text += "\(record.session),\(record.msgSeqNum),\(record.template)\n"
        }
        try withFile(text, "csv") { path in
            let read = try LoadRecord.read(path)
            #expect(read == records)
        }
    }

    @Test("files without a single request are an error")
    func empty() {
        #expect(throws: ToolError.self) {
            _ = try RecordedMeasurement(measurement: SavedMeasurement(), records: []).run()
        }
    }

    @Test("times that span more than a day are an error, not a million intervals")
    func tooLong() {
        let (_, records) = MadeUpRun.measurement(seconds: 1)
        var late = records[0]
        late.receivedNanos = 1 << 61
        #expect(throws: ToolError.self) {
            _ = try RecordedMeasurement(
                measurement: SavedMeasurement(), records: [records[0], late]
            ).run()
        }
    }
}
