import Glibc
import LinuxPlatform
import OrderFlow

// Disks that take no more.
extension FaultRun {
    /// The disk is full for a while: entries are refused with 102, deletions are not, and with room
    /// again everything goes on. Nothing is lost by it.
    mutating func fillDisk() throws(ToolError) {
        let disk = try SmallDisk(at: deployment.dataFolder, bytes: 160 << 20)
        defer { disk.unmount() }
        try market.open(deployment)
        try trade()
        try disk.fill()
        try market.untilRefused(withinNanos: 60_000_000_000)
        try market.deleteSome()
        try disk.makeRoom()
        try market.untilAccepted(withinNanos: 30_000_000_000)
        try trade()
        try market.settleTraders()
        try market.judge()
        try killAndClose()
    }

    /// The data directory cannot be written to: the start is refused with a sentence that names it.
    mutating func makeReadOnly() throws(ToolError) {
        let disk = try SmallDisk(at: deployment.dataFolder, bytes: 160 << 20)
        defer { disk.unmount() }
        try market.open(deployment)
        try trade()
        try endVenue()
        try disk.remount(isReadOnly: true)
        expect(try deployment.startRefused(), names: ["Read-only file system"])
        try disk.remount(isReadOnly: false)
        totals += try market.resume(deployment)
        try market.judge()
        try killAndClose()
    }
}

/// A small file system in memory, mounted on a folder; only root may do that.
final class SmallDisk {
    private let path: String
    private let tool = "/bin/mount"
    private var isMounted = false

    init(at path: String, bytes: Int) throws(ToolError) {
        self.path = path
        guard geteuid() == 0 else { throw .run(Self.needsRoot) }
        try run([tool, "-t", "tmpfs", "-o", "size=\(bytes),mode=0700", "apus-crash", path])
        isMounted = true
    }

    static let needsRoot = "a small disk can only be mounted by root"

    deinit { unmount() }

    func remount(isReadOnly: Bool) throws(ToolError) {
        try run([tool, "-o", "remount,\(isReadOnly ? "ro" : "rw")", path])
    }

    func unmount() {
        guard isMounted else { return }
        isMounted = false
        // Also while somebody still has a file of it open.
        try? run(["/bin/umount", "-l", path])
    }

    private var ballast: String { path + "/ballast" }

    /// Takes all the room that is left.
    func fill() throws(ToolError) {
        let descriptor = Glibc.open(ballast, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw .run("\(ballast) cannot be made") }
        defer { close(descriptor) }
        var step = 1 << 20
        var offset = 0
        while step >= 4096 {
            if posix_fallocate(descriptor, offset, step) == 0 {
                offset += step
            } else {
                step /= 2
            }
        }
    }

    func makeRoom() throws(ToolError) {
        guard unlink(ballast) == 0 else { throw .run("\(ballast) cannot be removed") }
    }

    private func run(_ words: [String]) throws(ToolError) {
        do {
            let process = try ChildProcess(
                path: words[0], arguments: Array(words.dropFirst()), output: "/dev/null",
                errors: "/dev/null")
            guard process.wait(nanos: 10_000_000_000) == .exit(0) else {
                throw SystemError("\(words.joined(separator: " ")) failed", code: 0)
            }
        } catch {
            throw .run("\(error)")
        }
    }
}
