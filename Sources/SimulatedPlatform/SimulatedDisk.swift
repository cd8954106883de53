import Platform

/// Files that a seed may take away: what was written is seen at once, what was synced survives a loss
/// of power, and of the rest anything may.
///
/// ```
///  write, map ─▶ what readers see ── sync, durable writes ─▶ stable storage
///                   survives kill()                            survives cutPower()
/// ```
///
/// A file keeps, over a loss of power, any of its unsynced sectors of 512 bytes and of its mapped
/// pages of 4096; a folder any of the names that were given, changed or taken away since it was synced.
/// Queued writes finish in any order, at moments that the seed decides. `faults` says what else goes
/// wrong. One thread uses a disk with all its files and queues.
public final class SimulatedDisk: Disk {
    public var faults = DiskFaults()
    /// What the disk did otherwise than it said, in the order of time.
    public internal(set) var lies: [DiskLie] = []
    public internal(set) var machineRun: UInt64
    public let clock: SimulatedClock

    var random: SeededRandom
    /// What readers see, and what a loss of power would leave.
    var files: [String: StoredFile] = [:]
    var stableFiles: [String: StoredFile] = [:]
    var folders: Set<String> = [""]
    var stableFolders: Set<String> = [""]
    /// Changes of names since their folder was synced, oldest first.
    var unsyncedChanges: [NameChange] = []
    var underway: [QueuedWrite] = []
    /// Handles and queues of a process that ended have another one.
    var process = 0
    /// Mapped memory is valid as long as the disk.
    private var everMapped: [StoredFile] = []

    struct NameChange {
        enum Kind {
            case file(StoredFile)
            case removal
            case rename(from: String, StoredFile)
            case folder
        }

        var path: String
        var kind: Kind
    }

    /// `clock` decides when queued writes are done; `pollOrSleep` moves it.
    public init(seed: UInt64, clock: SimulatedClock = SimulatedClock()) {
        random = SeededRandom(seed: seed)
        machineRun = random.next() | 1
        self.clock = clock
    }

    // MARK: Names

    public func names(in folder: String) throws(DiskError) -> [String] {
        let prefix = folder.isEmpty || folder == "." ? "" : folder + "/"
        let found = files.keys.filter { path in
            path.hasPrefix(prefix) && !path.dropFirst(prefix.count).contains("/")
        }
        return found.map { String($0.dropFirst(prefix.count)) }.sorted()
    }

    public func makeFolder(_ folder: String) throws(DiskError) {
        guard !folders.contains(folder) else { return }
        try admitChange(of: folder)
        folders.insert(folder)
        unsyncedChanges.append(NameChange(path: folder, kind: .folder))
    }

    public func create(_ path: String, byteCount: Int) throws(DiskError) -> any DiskFile {
        try admitChange(of: path)
        guard files[path] == nil else { throw DiskError("\(path) is there already", code: 17) }
        try admitGrowth(of: path, by: byteCount)
        let file = StoredFile(byteCount: byteCount)
        give(path, to: file)
        return SimulatedFile(path, file, disk: self, isWritable: true)
    }

    public func open(_ path: String, writable: Bool) throws(DiskError) -> any DiskFile {
        guard let file = files[path] else { throw DiskError("\(path) is not there", code: 2) }
        guard !writable || !faults.isReadOnly else { throw readOnly(path) }
        return SimulatedFile(path, file, disk: self, isWritable: writable)
    }

    public func rename(_ path: String, to newPath: String) throws(DiskError) {
        try admitChange(of: newPath)
        guard let file = files[path] else { throw DiskError("\(path) is not there", code: 2) }
        files[path] = nil
        files[newPath] = file
        unsyncedChanges.append(NameChange(path: newPath, kind: .rename(from: path, file)))
    }

    public func remove(_ path: String) throws(DiskError) {
        try admitChange(of: path)
        guard files.removeValue(forKey: path) != nil else {
            throw DiskError("\(path) is not there", code: 2)
        }
        unsyncedChanges.append(NameChange(path: path, kind: .removal))
    }

    public func syncFolder(_ folder: String) throws(DiskError) {
        if (folder + "/").hasPrefix(faults.errorsIn), random.chance(perMillion: faults.syncErrors) {
            throw DiskError("folder \(folder) cannot be synced", code: 5)
        }
        if random.chance(perMillion: faults.lostSyncs) {
            return lies.append(DiskLie(kind: .lostSync, path: folder, offset: 0))
        }
        let folder = folder == "." ? "" : folder
        var others: [NameChange] = []
        for change in unsyncedChanges {
            if Self.folder(of: change.path) == folder {
                settle(change)
            } else {
                others.append(change)
            }
        }
        unsyncedChanges = others
    }

    public func map(
        _ path: String, byteCount: Int
    ) throws(DiskError) -> UnsafeMutableRawBufferPointer {
        if let file = files[path], file.byteCount == byteCount {
            guard !faults.isReadOnly else { throw readOnly(path) }
            everMapped.append(file)
            return file.map()
        }
        try admitChange(of: path)
        try admitGrowth(of: path, by: byteCount - (files[path]?.byteCount ?? 0))
        let file = StoredFile(byteCount: byteCount)
        give(path, to: file)
        everMapped.append(file)
        return file.map()
    }

    public func makeWriteQueue() throws(DiskError) -> any WriteQueue {
        SimulatedWriteQueue(disk: self)
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private func give(_ path: String, to file: StoredFile) {
        files[path] = file
        unsyncedChanges.append(NameChange(path: path, kind: .file(file)))
    }

    /// The change is on stable storage.
    func settle(_ change: NameChange) {
        switch change.kind {
        case .file(let file): stableFiles[change.path] = file
        case .removal: stableFiles[change.path] = nil
        case .rename(let from, let file):
            if stableFiles[from] === file { stableFiles[from] = nil }
            stableFiles[change.path] = file
        case .folder: stableFolders.insert(change.path)
        }
    }

    // MARK: What is admitted

    private func admitChange(of path: String) throws(DiskError) {
        guard !faults.isReadOnly else { throw readOnly(path) }
        guard folders.contains(Self.folder(of: path)) else {
            throw DiskError("the folder of \(path) is not there", code: 2)
        }
    }

    func admitGrowth(of path: String, by byteCount: Int) throws(DiskError) {
        guard byteCount > 0, faults.capacity != .max else { return }
        guard usedBytes + byteCount <= faults.capacity else {
            throw DiskError("\(path): no room for \(byteCount) bytes", code: 28)
        }
    }

    func readOnly(_ path: String) -> DiskError {
        DiskError("\(path): the disk may only be read", code: 30)
    }
}

// MARK: - Looking in and meddling, for tests

extension SimulatedDisk {
    /// Paths of all files, sorted.
    public var paths: [String] { files.keys.sorted() }

    /// Of all files together.
    public var usedBytes: Int { files.values.reduce(0) { $0 + $1.byteCount } }

    /// What readers see; nil when the file is not there.
    public func contents(of path: String) -> [UInt8]? {
        guard let file = files[path] else { return nil }
        return [UInt8](file.cache[..<file.byteCount])
    }

    /// Replaces a file, durably, as somebody would who is not the process.
    public func setContents(of path: String, to bytes: [UInt8]) {
        let file = StoredFile(byteCount: 0)
        bytes.withUnsafeBytes { file.write($0, at: 0) }
        for sector in file.unsyncedSectors { file.settle(sector) }
        file.settleLength()
        files[path] = file
        stableFiles[path] = file
    }

    /// Changes one bit of a file, on stable storage too.
    public func flipBit(of path: String, at offset: Int, bit: Int = 0) {
        guard let file = files[path], offset < file.byteCount else { return }
        file.cache[offset] ^= 1 << UInt8(bit)
        file.settle(offset / StoredFile.sectorBytes)
    }

    /// What a disk writes whole or not at all.
    public static var sectorBytes: Int { StoredFile.sectorBytes }

    /// Replaces bytes of a file, on stable storage too, as a disk does that wrote something else there, or
    /// elsewhere, than it was told to.
    public func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) {
        guard let file = files[path], !bytes.isEmpty, offset + bytes.count <= file.byteCount else {
            return
        }
        for (index, byte) in bytes.enumerated() { file.cache[offset + index] = byte }
        for sector in StoredFile.sectors(offset, bytes.count) { file.settle(sector) }
    }

    /// A disk of its own with the same files, names and writes under way, whose future another seed
    /// decides: what would be left if everything ended now. The copy's first call is `kill` or
    /// `cutPower`.
    public func copy(seed: UInt64) -> SimulatedDisk {
        let other = SimulatedDisk(seed: seed, clock: clock)
        var copies: [ObjectIdentifier: StoredFile] = [:]
        func copy(_ file: StoredFile) -> StoredFile {
            if let made = copies[ObjectIdentifier(file)] { return made }
            let made = file.copy()
            copies[ObjectIdentifier(file)] = made
            return made
        }
        other.machineRun = machineRun
        other.faults = faults
        other.lies = lies
        other.files = files.mapValues(copy)
        other.stableFiles = stableFiles.mapValues(copy)
        other.folders = folders
        other.stableFolders = stableFolders
        other.unsyncedChanges = unsyncedChanges.map { change in
            var change = change
            switch change.kind {
            case .file(let file): change.kind = .file(copy(file))
            case .rename(let from, let file): change.kind = .rename(from: from, copy(file))
            case .removal, .folder: break
            }
            return change
        }
        other.underway = underway.map { write in
            var write = write
            write.file = copy(write.file)
            write.queue = nil
            return write
        }
        return other
    }
}
