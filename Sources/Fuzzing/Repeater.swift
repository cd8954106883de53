import Glibc
import LinuxPlatform

/// Tries single inputs in processes of their own.
struct Repeater {
    let target: String
    let driver: FuzzDriver
    let folders: FuzzFolders

    private static let attemptsMax = 400

    /// What shows that the property does not hold; nil when it does.
    func attempt(_ input: [UInt8]) throws -> String? {
        let path = folders.scratch("runs/\(target)-\(getpid())-attempt")
        let log = path + ".log"
        defer {
            unlink(path)
            unlink(log)
        }
        unlink(log)
        try FuzzFiles.write(input, to: path)
        let words = words(for: path)
        let process = try ChildProcess(
            path: words[0], arguments: Array(words.dropFirst()), output: log, errors: log)
        let end = process.wait(nanos: 30_000_000_000)
        guard end != .exit(0) else { return nil }
        if end == nil { return "it takes longer than 30 s" }
        return FuzzRun.sentence(
            in: String(decoding: (try? FuzzFiles.read(log)) ?? [], as: UTF8.self))
    }

    private func words(for path: String) -> [String] {
        driver == .plain
            ? [FuzzFolders.ownPath(), "try", target, path, "--repository", folders.repository]
            : [folders.fuzzer, "--target=\(target)", "-timeout=10", path]
    }

    /// The one line that repeats a finding.
    func command(for path: String) -> String {
        let prefix = folders.repository + "/"
        func short(_ path: String) -> String {
            path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
        }
        return driver == .plain
            ? "\(short(FuzzFolders.ownPath())) try \(target) \(short(path))"
            : "\(short(folders.fuzzer)) --target=\(target) \(short(path))"
    }

    /// Leaves out pieces as long as the input still shows something.
    func minimised(_ input: [UInt8]) throws -> [UInt8] {
        var best = input
        var attempts = 0
        var piece = max(1, best.count / 2)
        while piece > 0 {
            var start = 0
            while start < best.count, attempts < Self.attemptsMax {
                var shorter = best
                shorter.removeSubrange(start..<min(start + piece, best.count))
                attempts += 1
                if try attempt(shorter) != nil { best = shorter } else { start += piece }
            }
            piece /= 2
        }
        return best
    }
}
