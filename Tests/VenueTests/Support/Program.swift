import Foundation
import LinuxPlatform

/// A built program of this package, found beside the tests.
final class Program {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private var lines: [String] = []
    private var partial: [UInt8] = []

    static func path(_ name: String) -> String {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: name).path
    }

    static func exists(_ name: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path(name))
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    init(_ name: String, _ arguments: [String]) throws {
        process.executableURL = URL(filePath: Self.path(name))
        // Venues of tests publish to nobody unless the test says to whom. A command is no venue.
        let isVenue = name == "apus-exchange" && arguments.first?.hasPrefix("-") != false
        let isSilent = isVenue && !arguments.contains("--feed")
        process.arguments = arguments + (isSilent ? ["--feed", "off"] : [])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    /// Ends it if it still runs; nobody else's process has this number while it is our child.
    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// The next line of its output; nil at the end, or when nothing comes for long.
    func line() -> String? {
        let descriptor = output.fileHandleForReading.fileDescriptor
        let deadline = SystemClock.monotonicNanos() + TestClient.patienceNanos
        while true {
            if let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: partial[..<end], as: UTF8.self)
                partial.removeFirst(end + 1)
                return line
            }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard SystemClock.monotonicNanos() < deadline else { return nil }
            guard poll(&entry, 1, 500) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &bytes, bytes.count)
            guard count > 0 else { return nil }
            partial += bytes[..<count]
        }
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for its end. Returns nil when that takes too long.
    func exitStatus() -> Int32? {
        let deadline = SystemClock.monotonicNanos() + 2 * TestClient.patienceNanos
        while process.isRunning {
            guard SystemClock.monotonicNanos() < deadline else { return nil }
            pause(millis: 10)
        }
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    /// What is left of its output, and its errors, once it has ended.
    func rest() -> (output: String, errors: String) {
        let output = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        let errors = (try? errors.fileHandleForReading.readToEnd()) ?? Data()
        return (
            String(decoding: partial + output, as: UTF8.self),
            String(decoding: errors, as: UTF8.self)
        )
    }
}
