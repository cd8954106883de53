import Foundation
import Testing

@testable import BenchmarkKit

@Suite(
    .serialized,
    .enabled(if: Companion.isBuilt("bench"), "The program bench is not built beside the tests."))
struct SilentSessionsTests {
    private static let bench = Companion.path(of: "bench")

    @Test func aQuickRunHasThem() throws {
        let result = try #require(try BenchmarkTests.run("gateway.sessions").first)
        #expect(result.operations > 0)
        #expect(
            result.conditions.contains(
                "264 logged on, the silent ones from a process of their own"))
        #expect(result.conditions.contains("not 10,000"))
    }

    @Test func areThereUntilStopped() throws {
        let server = try VenueServer(.paired, sessions: 20)
        defer { server.stop() }
        for _ in 0..<2 {
            let silent = try SilentSessions(10, from: 5, at: server.port, program: Self.bench)
            let number = silent.process.number
            #expect(silent.logonNanos > 0)
            // Without those that it has from this process, and this process from its own parent.
            #expect(Self.sockets(of: "\(number)").subtracting(Self.sockets(of: "self")).count == 10)
            silent.stop()
            #expect(kill(number, 0) != 0 && errno == ESRCH)
        }
    }

    private static func sockets(of process: String) -> Set<String> {
        let (files, folder) = (FileManager.default, "/proc/\(process)/fd")
        let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        let targets = names.compactMap {
            try? files.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }
        return Set(targets.filter { $0.hasPrefix("socket:") })
    }

    @Test func areAllLoggedOn() throws {
        let server = try VenueServer(.paired, sessions: 8)
        defer { server.stop() }
        // Of these the venue knows all but the last.
        #expect {
            try SilentSessions(4, from: 5, at: server.port, program: Self.bench)
        } throws: { error in
            "\(error)".contains("the venue refused a request")
        }
    }

    /// Whatever ends who wanted them: then their input ends.
    @Test func endWithTheirInput() throws {
        let server = try VenueServer(.paired, sessions: 20)
        defer { server.stop() }
        var ends: [Int32] = [0, 0]
        // No other process of this one inherits it.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: Self.bench)
        process.arguments = [SilentSessions.argument]
        process.standardInput = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        process.standardOutput = output
        try process.run()
        let credentials = VenueServer.credentials(1)
        let order = "\(server.port) \(credentials.session) 3 \(credentials.sessionPassword)\n"
        #expect(write(ends[0], order, order.utf8.count) == order.utf8.count)
        var said = ""
        while !said.hasSuffix("ready\n") {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty)
            said += String(decoding: more, as: UTF8.self)
        }
        #expect(process.isRunning)
        close(ends[0])
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }

    @Test func sayWhatWasNeededAndWhatWasAllowed() throws {
        let process = try Companion(
            path: "/bin/sh",
            ["-c", "ulimit -n 64 && exec \"$0\" \(SilentSessions.argument)", Self.bench],
            input: "1 100001 1000 secret\n")
        #expect(
            process.wholeOutput()
                == "1,000 silent sessions need 1,016 open files, the system allows 64\n")
    }

    @Test func sayWhyTheyCannotBe() {
        #expect {
            try SilentSessions(1, from: 1, at: 1, program: Self.bench)
        } throws: { error in
            "\(error)".contains("no connection to 127.0.0.1:1")
        }
    }
}
