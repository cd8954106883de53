import Platform

/// An archive in memory, of a bounded number of segments: what a venue without a data directory
/// remembers. One thread uses it.
public final class ArchiveMemory: ArchiveStore {
    public let segmentBytes: Int
    public let segmentCountMax: Int?
    private var files: [Int: MemoryFile] = [:]
    /// Given back and not yet used again.
    private var spare: MemoryFile?

    public init(segmentBytes: Int = 2 << 20, segmentCountMax: Int? = 32) {
        self.segmentBytes = segmentBytes
        self.segmentCountMax = segmentCountMax
    }

    public func numbers() throws(ArchiveError) -> [Int] { files.keys.sorted() }

    public func create(_ number: Int) throws(ArchiveError) -> any DiskFile {
        let file = spare ?? MemoryFile(byteCount: segmentBytes)
        spare = nil
        file.path = name(of: number)
        file.clear()
        files[number] = file
        return file
    }

    public func open(_ number: Int, writable: Bool) throws(ArchiveError) -> any DiskFile {
        guard let file = files[number] else {
            throw ArchiveError("\(name(of: number)) is not there")
        }
        return file
    }

    public func remove(_ number: Int) throws(ArchiveError) {
        guard var file = files.removeValue(forKey: number) else { return }
        // Whoever has it open goes on reading it: then it is no spare one.
        if isKnownUniquelyReferenced(&file) { spare = file }
    }

    public func syncNames() throws(ArchiveError) {}

    public func name(of number: Int) -> String { "segment \(number) in memory" }
}

/// Memory that is used like a file.
private final class MemoryFile: DiskFile {
    var path = ""
    private let bytes: UnsafeMutableRawBufferPointer
    /// Behind it all bytes are zero.
    private var written: Int

    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 128)
        written = byteCount
    }

    deinit { bytes.deallocate() }

    var byteCount: Int { bytes.count }

    func clear() {
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<written])
            .initializeMemory(as: UInt8.self, repeating: 0)
        written = 0
    }

    func read(
        at offset: Int, into target: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        let count = min(target.count, max(0, bytes.count - offset))
        guard count > 0 else { return 0 }
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
        return count
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        guard source.count <= bytes.count - offset else {
            throw DiskError("\(path) is \(bytes.count) bytes long", code: 28)
        }
        UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + source.count])
            .copyMemory(from: source)
        written = max(written, offset + source.count)
    }

    func sync() throws(DiskError) {}

    func resize(to byteCount: Int) throws(DiskError) {
        throw DiskError("\(path) has one length")
    }
}
