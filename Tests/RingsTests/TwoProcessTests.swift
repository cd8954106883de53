import Foundation
import Rings
import Testing

/// Races between two processes, each with its own mapping of a file.
@Suite(.serialized, .enabled(if: helperPath != nil, "The helper program ring-stress is not built."))
struct TwoProcessTests {
    let count = stressRecordCount / 4

    @Test(.timeLimit(.minutes(2))) func oneToOneAcrossProcesses() throws {
        let file = MappedFile(byteCount: Ring<TestRecord>.byteCount(capacity: 256))
        var ends = try Ring<TestRecord>.create(in: file.map(), capacity: 256)
        var producer = ends.takeProducer()
        let helper = try Helper("consume", file.path, count)
        var backoff = Backoff()
        for sequence in 1...count {
            while !producer.hasRoom(for: 1) {
                guard helper.isRunning else { break }
                backoff.wait()
            }
            backoff.reset()
            guard producer.hasRoom(for: 1) else { break }
            producer.write(TestRecord(sequence: sequence), at: 0)
            producer.publish(1)
        }
        let (status, output) = helper.finish()
        #expect(status == 0)
        #expect(output == "records \(count) lost 0")
    }

    @Test(.timeLimit(.minutes(2))) func aReadOnlyObserverInAnotherProcess() throws {
        let file = MappedFile(byteCount: BroadcastRing<TestRecord>.byteCount(capacity: 256))
        var ends = try BroadcastRing<TestRecord>.create(
            in: file.map(), capacity: 256, gatingConsumers: 0, genesis: 1)
        var producer = ends.takeProducer()
        let helper = try Helper("observe", file.path, count)
        for sequence in 1...count {
            guard producer.hasRoom(for: 1) else { break }
            producer.write(TestRecord(sequence: sequence), at: 0)
            producer.publish(1)
        }
        let (status, output) = helper.finish()
        #expect(status == 0)
        let words = output.split(separator: " ").compactMap { UInt64($0) }
        #expect(words.count == 2 && words.reduce(0, +) == count, "each record is seen or announced")
    }
}

/// The helper beside the test bundle, where the build puts every product.
private let helperPath: String? = {
    var folder = Bundle.main.bundleURL
    for _ in 0..<3 {
        let candidate = folder.appendingPathComponent("ring-stress").path
        if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        folder.deleteLastPathComponent()
    }
    let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let beside = executable.appendingPathComponent("ring-stress").path
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
}()

private final class Helper {
    private let process = Process()
    private let output = Pipe()

    /// Starts the helper and waits until it is attached.
    init(_ role: String, _ path: String, _ count: UInt64) throws {
        process.executableURL = URL(fileURLWithPath: helperPath!)
        process.arguments = [role, path, "\(count)"]
        process.standardOutput = output
        try process.run()
        let ready = output.fileHandleForReading.readData(ofLength: "ready\n".utf8.count)
        try #require(String(decoding: ready, as: UTF8.self) == "ready\n")
    }

    var isRunning: Bool { process.isRunning }

    func finish() -> (status: Int32, output: String) {
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: rest, as: UTF8.self)
        return (process.terminationStatus, text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
