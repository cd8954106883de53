import Foundation
import Glibc
import LinuxPlatform
import Testing

@Suite("Child processes")
struct ChildProcessTests {
    private let folder = NSTemporaryDirectory() + "apus-child-\(UUID().uuidString)"

    private func shell(_ script: String, descriptorLimit: Int? = nil) throws -> ChildProcess {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        return try ChildProcess(
            path: "/bin/sh", arguments: ["-c", script], output: folder + "/out",
            errors: folder + "/err", descriptorLimit: descriptorLimit)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    @Test("What it prints is in its files, and how it ended is known")
    func ends() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let child = try shell("echo said; echo wrong >&2; exit 7")
        #expect(child.wait(nanos: 10_000_000_000) == .exit(7))
        #expect(!child.isRunning)
        #expect(try text("out") == "said\n")
        #expect(try text("err") == "wrong\n")
    }

    @Test("A signal ends it, and none reaches whoever has its number later")
    func signals() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let child = try shell("sleep 60")
        #expect(child.wait(nanos: 20_000_000) == nil)
        child.signal(SIGKILL)
        #expect(child.wait(nanos: 10_000_000_000) == .signal(SIGKILL))
        child.signal(SIGKILL)
    }

    @Test("It ends with its last reference")
    func released() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let number = try shell("sleep 60").identifier
        #expect(kill(number, 0) == -1 && errno == ESRCH)
    }

    @Test("Its descriptors can be limited, and a missing program is a sentence")
    func limits() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let child = try shell("ulimit -n", descriptorLimit: 40)
        #expect(child.wait(nanos: 10_000_000_000) == .exit(0))
        #expect(try text("out") == "40\n")
        #expect(throws: SystemError("/none cannot be started", code: ENOENT)) {
            try ChildProcess(
                path: "/none", arguments: [], output: folder + "/out", errors: folder + "/err")
        }
    }
}
