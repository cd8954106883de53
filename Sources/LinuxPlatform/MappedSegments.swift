import Glibc
import Platform

/// Segments that are mapped files of one folder: `STEM-00000001.seg`, `STEM-00000002.seg` and so on.
///
/// What a killed process had written is in them. Each is allocated before it is used, so that a full disk
/// shows as an error and not as a signal, and gets its name when it is whole.
public final class MappedSegments: SegmentStore {
    public let segmentBytes: Int
    public var segmentCountMax: Int? { nil }
    public private(set) var storedCount: Int
    private let folder: String
    private let stem: String
    private var mapped: [Int: UnsafeMutableRawPointer] = [:]

    /// Looks for what there is of these segments. A number missing among them is an error.
    public init(folder: String, stem: String, segmentBytes: Int) throws(SegmentError) {
        self.folder = folder
        self.stem = stem
        self.segmentBytes = segmentBytes
        storedCount = 0
        let numbers = try Self.numbers(folder: folder, stem: stem)
        for (index, number) in numbers.enumerated() where number != index {
            throw SegmentError(
                "\(name(of: index)) is missing: move the files of this history away to begin a new "
                    + "one")
        }
        storedCount = numbers.count
    }

    deinit { for base in mapped.values { munmap(base, segmentBytes) } }

    public func open(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        let path = name(of: number)
        let fd = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard fd >= 0 else { throw Self.failure("\(path) cannot be opened", errno) }
        defer { _ = close(fd) }
        var status = stat()
        guard fstat(fd, &status) == 0, status.st_size == off_t(segmentBytes) else {
            throw SegmentError("\(path) is not \(segmentBytes) bytes long")
        }
        return try map(fd, number)
    }

    public func create(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        let path = name(of: number)
        let unnamed = path + ".new"
        unlink(unnamed)
        let fd = Glibc.open(
            unnamed, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw Self.failure("\(unnamed) cannot be created", errno) }
        defer { _ = close(fd) }
        let allocated = posix_fallocate(fd, 0, off_t(segmentBytes))
        guard allocated == 0 else {
            unlink(unnamed)
            throw Self.failure("\(path) cannot be given \(segmentBytes) bytes", allocated)
        }
        let bytes = try map(fd, number)
        guard rename(unnamed, path) == 0 else {
            throw Self.failure("\(path) cannot be named", errno)
        }
        storedCount = max(storedCount, number + 1)
        return bytes
    }

    public func drop(_ number: Int) {
        if let base = mapped.removeValue(forKey: number) { munmap(base, segmentBytes) }
        unlink(name(of: number))
        storedCount = min(storedCount, number)
    }

    public func name(of number: Int) -> String {
        let digits = String(number + 1)
        let zeros = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
        return "\(folder)/\(stem)-\(zeros)\(digits).seg"
    }

    private func map(
        _ fd: Int32, _ number: Int
    ) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        guard
            let base = mmap(nil, segmentBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
            base != MAP_FAILED
        else { throw Self.failure("\(name(of: number)) cannot be mapped", errno) }
        mapped[number] = base
        return UnsafeMutableRawBufferPointer(start: base, count: segmentBytes)
    }

    /// Numbers of the segments there are, from 0, in order.
    private static func numbers(
        folder: String, stem: String
    ) throws(SegmentError) -> [Int] {
        guard let listing = opendir(folder) else {
            throw failure("the folder \(folder) cannot be read", errno)
        }
        defer { closedir(listing) }
        var numbers: [Int] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(stem + "-"), name.hasSuffix(".seg"),
                let number = Int(name.dropFirst(stem.utf8.count + 1).dropLast(4)), number > 0
            else { continue }
            numbers.append(number - 1)
        }
        return numbers.sorted()
    }

    private static func failure(_ attempt: String, _ code: Int32) -> SegmentError {
        SegmentError(SystemError(attempt, code: code).description)
    }
}
