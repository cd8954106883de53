import Platform

/// Why the archive cannot be written or read; a sentence that names the place.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    public var description: String
    /// What the disk refused, and may do another time; nil when what it holds is wrong.
    public var refusal: DiskError?

    public init(_ description: String) { self.description = description }

    init(_ error: DiskError) {
        self.init(error.description)
        refusal = error
    }
}

/// Where the segments of an archive lie, numbered from 1.
public protocol ArchiveStore: AnyObject {
    /// Bytes of a segment to be made.
    var segmentBytes: Int { get }

    /// How many segments there may be at once; with one more, the oldest has to go. Nil: any number.
    var segmentCountMax: Int? { get }

    /// The segments there are, rising.
    func numbers() throws(ArchiveError) -> [Int]

    /// Makes a segment of zero bytes; what else had its number is replaced.
    func create(_ number: Int) throws(ArchiveError) -> any DiskFile

    func open(_ number: Int, writable: Bool) throws(ArchiveError) -> any DiskFile

    func remove(_ number: Int) throws(ArchiveError)

    /// Makes durable which segments there are.
    func syncNames() throws(ArchiveError)

    /// What a person finds a segment by.
    func name(of number: Int) -> String
}

/// An archive in the folder `archive` of a disk.
public final class ArchiveFolder: ArchiveStore {
    public static let folder = "archive"

    public let segmentBytes: Int
    public var segmentCountMax: Int? { nil }
    private let disk: any Disk

    /// `segmentBytes` is a multiple of 8, at least 256 KiB.
    public init(disk: any Disk, segmentBytes: Int = 64 << 20) {
        self.disk = disk
        self.segmentBytes = segmentBytes
    }

    public func numbers() throws(ArchiveError) -> [Int] {
        try disked { () throws(DiskError) in try disk.names(in: Self.folder) }
            .compactMap(Self.number(ofName:)).sorted()
    }

    public func create(_ number: Int) throws(ArchiveError) -> any DiskFile {
        try disked { () throws(DiskError) in
            try disk.makeFolder(Self.folder)
            // Left by a process that ended before it could begin it.
            if try numbers(has: number) { try disk.remove(name(of: number)) }
            return try disk.create(name(of: number), byteCount: segmentBytes)
        }
    }

    private func numbers(has number: Int) throws(DiskError) -> Bool {
        try disk.names(in: Self.folder).contains { Self.number(ofName: $0) == number }
    }

    public func open(_ number: Int, writable: Bool) throws(ArchiveError) -> any DiskFile {
        try disked { () throws(DiskError) in
            try disk.open(name(of: number), writable: writable)
        }
    }

    public func remove(_ number: Int) throws(ArchiveError) {
        try disked { () throws(DiskError) in try disk.remove(name(of: number)) }
    }

    public func syncNames() throws(ArchiveError) {
        try disked { () throws(DiskError) in
            try disk.syncFolder(Self.folder)
            try disk.syncFolder(".")
        }
    }

    public func name(of number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
        return "\(Self.folder)/\(zeros)\(digits).events"
    }

    private static func number(ofName name: String) -> Int? {
        guard name.hasSuffix(".events"), let number = Int(name.dropLast(7)), number > 0 else {
            return nil
        }
        return number
    }
}

/// Does something with a disk on behalf of an archive.
func disked<Result>(
    _ body: () throws(DiskError) -> Result
) throws(ArchiveError) -> Result {
    do throws(DiskError) {
        return try body()
    } catch {
        throw ArchiveError(error)
    }
}
