import Exchange
import OrderFlow
import Telemetry

extension FuzzTarget {
    static let configuration = FuzzTarget(
        "configuration", "a configuration file: what is read and printed is read again the same",
        lengthMax: 65_536, ConfigurationFile.run)

    static let lobster = FuzzTarget(
        "lobster", "recorded order flow: messages, best prices, starting orders and exceptions",
        FlowFiles.run)

    static let record = FuzzTarget(
        "record", "what apus-load --record writes: rows are read and written the same", LoadFile.run
    )

    static let histograms = FuzzTarget(
        "histograms", "a log of interval histograms, as other tools write them", HistogramFile.run)

    static let gzip = FuzzTarget("gzip", "compressed input files") {
        _ = try? InputFile.unpack([UInt8]($0), path: "input")
    }
}

private enum ConfigurationFile {
    static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = [UInt8](input)
        guard let configuration = try? Configuration(parsing: bytes) else { return }
        let printed = configuration.printed()
        do {
            let again = try Configuration(parsing: Array(printed.utf8))
            require(again == configuration, "a printed configuration says what it said")
            require(again.printed() == printed, "printing is the same again")
        } catch {
            fatalError("a printed configuration is refused: \(error)")
        }
    }
}

private enum FlowFiles {
    static func run(_ input: UnsafeRawBufferPointer) {
        guard let kind = input.first else { return }
        let reader = CSVReader(path: "input", bytes: [UInt8](input.dropFirst()))
        switch kind & 3 {
        case 0: messages(reader)
        case 1: _ = try? LobsterFiles.readBestPrices(reader)
        case 2: _ = try? LobsterFiles.readSeed(reader)
        default:
            let events = try? LobsterFiles.readMessages(
                CSVReader(path: "rows", bytes: Array("1,1,1,1,1,1\n2,1,2,1,1,1\n".utf8)))
            let exceptions = try? LobsterFiles.readExceptions(reader, events: events ?? [])
            require(
                (exceptions ?? [:]).keys.allSatisfy { $0 >= 0 && $0 < 2 },
                "an exception is about a row that is there")
        }
    }

    private static func messages(_ reader: CSVReader) {
        guard let events = try? LobsterFiles.readMessages(reader) else { return }
        var time: Int64 = 0
        for event in events {
            require(event.timeNanos >= time, "rows come in the order of time")
            require(event.size > 0, "a size is positive")
            time = event.timeNanos
        }
    }
}

private enum LoadFile {
    static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = [UInt8](input)
        guard let records = try? LoadRecord.read(CSVReader(path: "input", bytes: bytes)) else {
            return
        }
        let text = records.reduce(into: LoadRecord.header) { $0 += $1.line }
        do {
            let again = try LoadRecord.read(CSVReader(path: "again", bytes: Array(text.utf8)))
            require(again == records, "what is written says what was read")
        } catch {
            fatalError("what is written is refused: \(error)")
        }
    }
}

private enum HistogramFile {
    static func run(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        try? HistogramLog.forEachInterval(in: text) { interval in
            let bytes = HistogramEncoding.encode(interval.histogram)
            do {
                let again = try HistogramEncoding.decode(bytes)
                require(again.count == interval.histogram.count, "no count is lost")
                require(again.max == interval.histogram.max, "the maximum stays")
            } catch {
                fatalError("an encoded histogram is refused: \(error)")
            }
        }
    }
}
