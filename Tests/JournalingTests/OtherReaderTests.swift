import Foundation
import LinuxPlatform
import Platform
import SimulatedPlatform
import Testing

@testable import Journaling

private let python3 = "/usr/bin/python3"

@Suite("A reader that shares no code")
struct OtherReaderTests {
    @Test(
        "Python reads the same commands by the description alone",
        .enabled(if: access(python3, X_OK) == 0, "there is no python3"))
    func agrees() throws {
        // With segments that were left, so that there are void commands.
        let rig = Rig(.async, seed: 5)
        try rig.start()
        rig.write(200)
        rig.step(times: 20, nanos: 10_000_000)
        rig.disk.faults.writeErrors = 1_000_000
        rig.send(5)
        rig.step(times: 30, nanos: 100_000_000)
        rig.disk.faults.writeErrors = 0
        rig.step(times: 30, nanos: 100_000_000)
        rig.write(20)
        rig.disk.faults.syncErrors = 1_000_000
        rig.step(times: 3, nanos: 100_000_000)
        rig.disk.faults.syncErrors = 0
        rig.step(times: 30, nanos: 100_000_000)
        rig.write(150)
        rig.close()
        #expect(try readAll(rig.disk) == rig.sent)

        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "apus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        for path in rig.disk.paths where path.hasSuffix(".journal") {
            let name = String(path.split(separator: "/").last!)
            try Data(rig.disk.contents(of: path)!).write(to: folder.appendingPathComponent(name))
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("OtherReaders/journal.py")
        let output = folder.appendingPathComponent("output")
        FileManager.default.createFile(atPath: output.path, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python3)
        process.arguments = [script.path, folder.path]
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.map(String.init) == rig.sent.flatMap(Self.lines))
    }

    /// What the script should say of a command.
    private static func lines(_ sent: Sent) -> [String] {
        let slots = CommandSlots(sent.command, sent.details)
        return [slots.head, slots.first, slots.second].prefix(slots.slotCount).map { slot in
            let words = (0..<16).map { String(slot[$0], radix: 16) }.joined(separator: " ")
            return "\(slots.sequence) \(slots.slotCount) \(words)"
        }
    }
}
