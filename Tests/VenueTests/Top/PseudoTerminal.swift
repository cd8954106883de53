import Foundation
import Glibc
import LinuxPlatform

/// A program on a terminal of its own, whose picture a test looks at.
final class PseudoTerminal {
    private let process = Process()
    private let master: Int32
    private let slave: Int32
    private let before: termios
    private let errors = Pipe()
    private(set) var picture: VirtualTerminal
    private(set) var bytesWritten = 0

    /// TIOCSPTLCK and TIOCGPTN.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    private static let patienceNanos: UInt64 = 30_000_000_000

    init(
        _ program: String, _ arguments: [String], rows: Int = 24, columns: Int = 80,
        term: String = "xterm-256color", environment: [String: String] = [:]
    ) throws {
        // What posix_openpt, unlockpt and ptsname do, which the importer does not know.
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (number, locked) = (Int32(-1), Int32(0))
        guard master >= 0, ioctl(master, Self.setLock, &locked) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else { throw SystemError("a pseudo-terminal cannot be had", code: errno) }
        slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        var attributes = termios()
        tcgetattr(slave, &attributes)
        before = attributes
        picture = VirtualTerminal(rows: rows, columns: columns)
        setSize(rows: rows, columns: columns)
        process.executableURL = URL(filePath: Program.path(program))
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        variables["TERM"] = term
        variables["LANG"] = "C.UTF-8"
        variables["LC_ALL"] = nil
        variables["NO_COLOR"] = nil
        variables.merge(environment) { $1 }
        process.environment = variables
        process.standardInput = FileHandle(fileDescriptor: slave)
        process.standardOutput = FileHandle(fileDescriptor: slave)
        process.standardError = errors
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        close(master)
        close(slave)
    }

    private func setSize(rows: Int, columns: Int) {
        var size = winsize()
        size.ws_row = UInt16(rows)
        size.ws_col = UInt16(columns)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Gives the window another size, and says so as a terminal does.
    func resize(rows: Int, columns: Int) {
        read()
        setSize(rows: rows, columns: columns)
        picture.resize(rows: rows, columns: columns)
        signal(SIGWINCH)
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    func press(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    }

    /// Takes what the program has written.
    func read() {
        while true {
            var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 0) > 0, entry.revents & Int16(POLLIN) != 0 else { return }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = Glibc.read(master, &bytes, bytes.count)
            guard count > 0 else { return }
            bytesWritten += count
            picture.write(bytes[..<count])
        }
    }

    /// Reads until the picture is as wanted; false when it does not become so.
    func shows(_ isWanted: (VirtualTerminal) -> Bool) -> Bool {
        let deadline = SystemClock.monotonicNanos() + Self.patienceNanos
        while SystemClock.monotonicNanos() < deadline {
            read()
            if isWanted(picture) { return true }
            pause(millis: 10)
        }
        return false
    }

    func shows(_ text: String) -> Bool { shows { $0.text.contains(text) } }

    /// Waits for its end.
    func exitStatus() -> Int32? {
        let deadline = SystemClock.monotonicNanos() + Self.patienceNanos
        while process.isRunning {
            guard SystemClock.monotonicNanos() < deadline else { return nil }
            read()
            pause(millis: 10)
        }
        read()
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    /// The terminal is as it was before the program: its settings, its screen, its cursor.
    var isRestored: Bool {
        var now = termios()
        tcgetattr(slave, &now)
        return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag
            && now.c_oflag == before.c_oflag && !picture.isAlternate && picture.isCursorVisible
    }

    var errorText: String {
        String(
            decoding: (try? errors.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
