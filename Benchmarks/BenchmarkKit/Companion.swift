import Glibc

/// Another program, running beside a benchmark.
final class Companion {
    /// What it printed up to the line that says it is ready.
    private(set) var lines: [String] = []
    private let program: String
    /// Its process's number.
    let number: pid_t
    private let output: Int32
    /// The writing end of its input, -1 if it has this program's.
    private let input: Int32

    /// Whether the program lies beside this one, where a build puts it.
    static func isBuilt(_ program: String) -> Bool { access(path(of: program), X_OK) == 0 }

    /// Starts a program of this package. With `readyLine` waits, for at most 10 s, until it has printed
    /// that line.
    convenience init(_ program: String, _ arguments: [String], readyLine: String? = nil) throws {
        try self.init(path: Self.path(of: program), arguments)
        if let readyLine { try awaitLine(readyLine) }
    }

    /// Starts the program at this path. With `input` it reads that, and no end of it before `stop` or the end
    /// of this process.
    init(path program: String, _ arguments: [String], input text: String? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let out = try Self.makePipe(for: program)
        posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let into = try text.map { _ in try Self.makePipe(for: program) }
        if let into { posix_spawn_file_actions_adddup2(&actions, into.read, STDIN_FILENO) }
        // The starting thread may have signals blocked, as some of a test's have: `stop` needs one.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var number = pid_t()
        let status = posix_spawn(&number, program, &actions, &attributes, &words, environ)
        // A pipe takes some lines before anybody reads.
        if let into, let text { _ = write(into.write, text, text.utf8.count) }
        Glibc.close(out.write)
        if let into { Glibc.close(into.read) }
        output = out.read
        input = into?.write ?? -1
        self.program = program
        self.number = number
        guard status == 0 else {
            closePipes()
            throw BenchmarkError("\(program) does not start: \(String(cString: strerror(status)))")
        }
    }

    /// Everything that it prints until it ends by itself.
    func wholeOutput() -> String {
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(output, &piece, piece.count)
            if count <= 0 { break }
            text += piece[..<count]
        }
        stop()
        return String(decoding: text, as: UTF8.self)
    }

    /// Port of the line "listening ADDRESS:PORT".
    var port: UInt16? {
        lines.first { $0.hasPrefix("listening ") }
            .flatMap { $0.split(separator: ":").last }.flatMap { UInt16($0) }
    }

    /// Ends the program and waits for it.
    func stop() {
        kill(number, SIGTERM)
        var status: Int32 = 0
        waitpid(number, &status, 0)
        closePipes()
    }

    private func closePipes() {
        Glibc.close(output)
        if input >= 0 { Glibc.close(input) }
    }

    /// Waits, for at most 10 s, until it has printed this line.
    func awaitLine(_ expected: String) throws {
        var pending: [UInt8] = []
        var byte: UInt8 = 0
        while lines.last != expected {
            var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 10_000) == 1, read(output, &byte, 1) == 1 else {
                stop()
                let said = lines.isEmpty ? "" : ", but: " + lines.joined(separator: "; ")
                throw BenchmarkError(
                    "\(program) did not print \"\(expected)\" within 10 s\(said)")
            }
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: pending, as: UTF8.self))
                pending.removeAll()
            } else {
                pending.append(byte)
            }
        }
    }

    private static func makePipe(for program: String) throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw BenchmarkError("no pipe for \(program): \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Of a program that lies beside this one.
    static func path(of program: String) -> String {
        guard let slash = own.lastIndex(of: "/") else { return program }
        return own[...slash] + program
    }

    /// Path of this program.
    static var own: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer.prefix(max(0, count)).map(UInt8.init), as: UTF8.self)
    }
}
