import Glibc
import LinuxPlatform
import OrderFlow

// Files that were damaged while nobody ran.
extension FaultRun {
    /// The journal's last bytes are gone: what is left is taken, and nothing that was told is missing,
    /// because what was last is only that sessions ended.
    mutating func cutJournal() throws(ToolError) {
        try market.openWithoutPublisher(deployment)
        try trade()
        try market.awaitQuiet()
        market.judgeWithoutListeners()
        try market.logoutTraders()
        try deployment.stopVenue()
        let file = try KeptFile.last(in: deployment.dataFolder + "/journal")
        try file.cut(to: file.usedBytes - 1 - Int(options.seed % 24))
        _ = try market.resume(deployment)
        try trade()
        totals.venueKills += 1
        totals += try market.killVenue(deployment)
        market.judgeWithoutListeners()
        try market.closeWithoutPublisher(deployment)
    }

    /// A bit in the middle of the journal is another: the start is refused with file, offset and remedy.
    /// With the bit as it was, everything is there.
    mutating func flipJournal() throws(ToolError) {
        try market.open(deployment)
        try trade()
        deployment.killVenue()
        totals.venueKills += 1
        let file = try KeptFile.first(in: deployment.dataFolder + "/journal")
        // Behind the header and before the end.
        let offset = 4096 + (file.usedBytes - 4096) / 2
        try file.flipBit(at: offset)
        expect(
            try deployment.startRefused(),
            names: ["damaged", "journal/\(file.name)", "offset", "restore"])
        try file.flipBit(at: offset)
        totals += try market.resume(deployment)
        try market.judge()
        try killAndClose()
    }

    /// The newest snapshot is damaged: the one before and more of the journal are taken.
    mutating func damageSnapshot() throws(ToolError) {
        try market.open(deployment)
        let folder = deployment.dataFolder + "/snapshots"
        let begin = SystemClock.monotonicNanos()
        while TemporaryFolder.names(in: folder).count(where: { $0.hasSuffix(".snapshot") }) < 2 {
            try trade(0.2)
            guard SystemClock.monotonicNanos() - begin < 30_000_000_000 else {
                throw .run("no second snapshot is made within 30 s")
            }
        }
        deployment.killVenue()
        totals.venueKills += 1
        let file = try KeptFile.last(in: folder)
        try file.flipBit(at: file.usedBytes / 2)
        totals += try market.resume(deployment)
        try market.judge()
        try killAndClose()
    }
}

/// A file of a data directory, to be damaged.
struct KeptFile {
    let path: String
    let name: String

    /// The file with the lowest, or the highest, number that holds anything.
    static func first(in folder: String) throws(ToolError) -> KeptFile {
        guard let file = all(in: folder).first else { throw .run("\(folder) is empty") }
        return file
    }

    static func last(in folder: String) throws(ToolError) -> KeptFile {
        guard let file = all(in: folder).last else { throw .run("\(folder) is empty") }
        return file
    }

    private static func all(in folder: String) -> [KeptFile] {
        TemporaryFolder.names(in: folder)
            .filter { $0.first?.isNumber == true && !$0.hasSuffix(".new") }
            .map { KeptFile(path: "\(folder)/\($0)", name: $0) }
            .filter { $0.usedBytes > 0 }
    }

    /// Bytes up to the last that is not zero.
    var usedBytes: Int {
        let bytes = (try? InputFile.read(path)) ?? []
        return (bytes.lastIndex { $0 != 0 } ?? -1) + 1
    }

    func cut(to count: Int) throws(ToolError) {
        guard truncate(path, count) == 0 else {
            throw .run("\(path) cannot be cut: \(SystemError.reason(errno))")
        }
    }

    func flipBit(at offset: Int) throws(ToolError) {
        let descriptor = Glibc.open(path, O_RDWR)
        guard descriptor >= 0 else {
            throw .run("\(path) cannot be opened: \(SystemError.reason(errno))")
        }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        guard pread(descriptor, &byte, 1, offset) == 1 else {
            throw .run("\(path) has no byte \(offset)")
        }
        byte ^= 8
        guard pwrite(descriptor, &byte, 1, offset) == 1 else {
            throw .run("\(path) cannot be written: \(SystemError.reason(errno))")
        }
    }
}
