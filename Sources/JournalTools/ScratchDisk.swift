import Platform

/// Another disk to look at: what is written here is kept in memory, and the other disk is only read.
///
/// With it a venue's own recovery runs over a data directory without changing a byte of it, also beside
/// the venue. One thread uses it.
final class ScratchDisk: Disk {
    private let base: any Disk
    /// Files that are not, or no longer, as the base has them; nil for those removed.
    private var changed: [String: ScratchFile?] = [:]
    private var mappings: [UnsafeMutableRawBufferPointer] = []

    init(over base: any Disk) { self.base = base }

    deinit {
        for mapping in mappings { mapping.deallocate() }
    }

    var machineRun: UInt64 { base.machineRun }

    func names(in folder: String) throws(DiskError) -> [String] {
        var names = Set(try base.names(in: folder))
        for (path, file) in changed {
            let parts = path.split(separator: "/")
            guard parts.dropLast().joined(separator: "/") == folder, let name = parts.last else {
                continue
            }
            if file == nil { names.remove(String(name)) } else { names.insert(String(name)) }
        }
        return names.sorted()
    }

    func makeFolder(_ folder: String) throws(DiskError) {}

    func create(_ path: String, byteCount: Int) throws(DiskError) -> any DiskFile {
        guard try !names(in: Self.folder(of: path)).contains(Self.name(of: path)) else {
            throw DiskError("\(path) is there already", code: 17)
        }
        let file = ScratchFile(path, [UInt8](repeating: 0, count: byteCount))
        changed[path] = file
        return file
    }

    func open(_ path: String, writable: Bool) throws(DiskError) -> any DiskFile {
        if let known = changed[path] {
            guard let file = known else { throw Self.missing(path) }
            return file
        }
        let file = try base.open(path, writable: false)
        guard writable else { return file }
        let copy = ScratchFile(path, try Self.bytes(of: file))
        changed[path] = copy
        return copy
    }

    func rename(_ path: String, to newPath: String) throws(DiskError) {
        guard let file = try open(path, writable: true) as? ScratchFile else {
            throw Self.missing(path)
        }
        file.path = newPath
        changed[path] = .some(nil)
        changed[newPath] = file
    }

    func remove(_ path: String) throws(DiskError) {
        _ = try open(path, writable: false)
        changed[path] = .some(nil)
    }

    func syncFolder(_ folder: String) throws(DiskError) {}

    func map(
        _ path: String, byteCount: Int
    ) throws(DiskError) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        mappings.append(memory)
        let bytes: [UInt8]
        do {
            bytes = try Self.bytes(of: try base.open(path, writable: false))
        } catch {
            guard error.isMissing else { throw error }
            return memory
        }
        if bytes.count == byteCount { memory.copyBytes(from: bytes) }
        return memory
    }

    func makeWriteQueue() throws(DiskError) -> any WriteQueue { ScratchQueue() }

    static func bytes(of file: any DiskFile) throws(DiskError) -> [UInt8] {
        let count = file.byteCount
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 8)
        defer { buffer.deallocate() }
        var end = 0
        while end < count {
            let read = try file.read(
                at: end, into: UnsafeMutableRawBufferPointer(rebasing: buffer[end..<count]))
            guard read > 0 else { break }
            end += read
        }
        return Array(buffer[..<end])
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? ""
    }

    private static func missing(_ path: String) -> DiskError {
        DiskError("\(path) is not there", code: 2)
    }
}

/// A file in memory.
private final class ScratchFile: DiskFile {
    var path: String
    private var bytes: [UInt8]

    init(_ path: String, _ bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    var byteCount: Int { bytes.count }

    func read(
        at offset: Int, into target: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        let count = min(target.count, max(0, bytes.count - offset))
        if count > 0 { target.copyBytes(from: bytes[offset..<offset + count]) }
        return count
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        let end = offset + source.count
        if end > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: end - bytes.count))
        }
        bytes.replaceSubrange(offset..<end, with: source)
    }

    func sync() throws(DiskError) {}

    func resize(to byteCount: Int) throws(DiskError) {
        if byteCount < bytes.count {
            bytes.removeLast(bytes.count - byteCount)
        } else {
            bytes.append(contentsOf: repeatElement(0, count: byteCount - bytes.count))
        }
    }
}

/// Writes that are done when they are submitted.
private final class ScratchQueue: WriteQueue {
    private var completions: [DiskCompletion] = []

    var capacity: Int { 64 }

    func submit(_ write: DiskWrite) -> Bool {
        guard completions.count < capacity else { return false }
        var failure: DiskError?
        do {
            try write.file.write(write.bytes, at: write.offset)
        } catch {
            failure = error
        }
        completions.append(DiskCompletion(tag: write.tag, error: failure))
        return true
    }

    func poll() -> Int { completions.count }
    func pollOrSleep(nanos: UInt64) -> Int { completions.count }
    func wake() {}
    func nextCompletion() -> DiskCompletion? {
        completions.isEmpty ? nil : completions.removeFirst()
    }
}
