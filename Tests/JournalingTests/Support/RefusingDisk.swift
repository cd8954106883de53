import Platform
import SimulatedPlatform

/// A simulated disk that refuses one of the writes of a queue, of which any part may be done.
final class RefusingDisk: Disk {
    private let disk: SimulatedDisk
    private let refused: Int
    fileprivate var submittedCount = 0

    /// Refuses the write of this number, the first being 1.
    init(_ disk: SimulatedDisk, write refused: Int) {
        self.disk = disk
        self.refused = refused
    }

    /// Whether it came to that write, and none followed.
    var refusedTheLast: Bool { submittedCount == refused }

    fileprivate func submit(_ write: DiskWrite, to queue: any WriteQueue) -> Bool {
        submittedCount += 1
        disk.faults.writeErrors = submittedCount == refused ? 1_000_000 : 0
        defer { disk.faults.writeErrors = 0 }
        return queue.submit(write)
    }

    var machineRun: UInt64 { disk.machineRun }

    func makeWriteQueue() throws(DiskError) -> any WriteQueue {
        Queue(try disk.makeWriteQueue(), of: self)
    }

    func names(in folder: String) throws(DiskError) -> [String] { try disk.names(in: folder) }

    func makeFolder(_ folder: String) throws(DiskError) { try disk.makeFolder(folder) }

    func create(_ path: String, byteCount: Int) throws(DiskError) -> any DiskFile {
        try disk.create(path, byteCount: byteCount)
    }

    func open(_ path: String, writable: Bool) throws(DiskError) -> any DiskFile {
        try disk.open(path, writable: writable)
    }

    func rename(_ path: String, to newPath: String) throws(DiskError) {
        try disk.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(DiskError) { try disk.remove(path) }

    func syncFolder(_ folder: String) throws(DiskError) { try disk.syncFolder(folder) }

    func map(_ path: String, byteCount: Int) throws(DiskError) -> UnsafeMutableRawBufferPointer {
        try disk.map(path, byteCount: byteCount)
    }

    private final class Queue: WriteQueue {
        private let queue: any WriteQueue
        private let disk: RefusingDisk

        init(_ queue: any WriteQueue, of disk: RefusingDisk) {
            self.queue = queue
            self.disk = disk
        }

        var capacity: Int { queue.capacity }
        func submit(_ write: DiskWrite) -> Bool { disk.submit(write, to: queue) }
        func poll() -> Int { queue.poll() }
        func pollOrSleep(nanos: UInt64) -> Int { queue.pollOrSleep(nanos: nanos) }
        func wake() { queue.wake() }
        func nextCompletion() -> DiskCompletion? { queue.nextCompletion() }
    }
}
