import Platform

/// An open file. One that may be written is of no use once its process has ended.
final class SimulatedFile: DiskFile {
    let path: String
    let stored: StoredFile
    private let disk: SimulatedDisk
    private let process: Int
    private let isWritable: Bool

    init(_ path: String, _ stored: StoredFile, disk: SimulatedDisk, isWritable: Bool) {
        self.path = path
        self.stored = stored
        self.disk = disk
        self.isWritable = isWritable
        process = disk.process
    }

    var byteCount: Int { stored.byteCount }

    func read(
        at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        try admit()
        disk.advance()
        if disk.random.chance(perMillion: disk.faults.readErrors) {
            throw DiskError("\(path) cannot be read at \(offset)", code: 5)
        }
        return stored.read(at: offset, into: bytes)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        try admitChange()
        try disk.admitGrowth(of: path, by: offset + bytes.count - stored.byteCount)
        let fate = disk.drawFate(path)
        disk.perform(bytes, at: offset, in: stored, path: path, isDurable: false, fate)
        if fate == .failed { throw disk.writeError(path, at: offset) }
    }

    func sync() throws(DiskError) {
        try admitChange()
        try disk.sync(stored, path: path, sectors: stored.unsyncedSectors)
    }

    func resize(to byteCount: Int) throws(DiskError) {
        try admitChange()
        try disk.admitGrowth(of: path, by: byteCount - stored.byteCount)
        stored.resize(to: byteCount)
    }

    private func admit() throws(DiskError) {
        // Whoever only reads may be another process, which the end of this one does not concern.
        guard process == disk.process || !isWritable else {
            throw DiskError("\(path) was opened by a process that is no more", code: 9)
        }
    }

    func admitChange() throws(DiskError) {
        try admit()
        guard isWritable else { throw DiskError("\(path) was opened to be read", code: 9) }
        guard !disk.faults.isReadOnly else { throw disk.readOnly(path) }
    }
}
