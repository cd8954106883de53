import Platform

/// One file of a journal, as its header shows it.
struct Segment {
    var number: Int
    var path: String
    /// Nil when it was made ahead and not begun, or its first block is damaged.
    var header: SegmentHeader?
    /// There is something else than zeros where the header should be.
    var hasDamagedHeader = false
    /// From this command on a later segment counts, and whatever is here does not.
    var voidFrom: UInt64 = .max

    /// Whether there can be a command in it that counts.
    var counts: Bool { header.map { $0.firstSequence < voidFrom } ?? false }
}

/// The files of a journal in the order of their numbers.
struct Segments {
    private(set) var all: [Segment] = []

    static func path(of number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
        return "\(Journal.folder)/\(zeros)\(digits).journal"
    }

    /// Reads the headers of the segments there are; no number may be missing in between.
    init(_ disk: any Disk, genesis: UInt64?) throws(JournalError) {
        let numbers = try Self.numbers(disk)
        guard let first = numbers.first else { return }
        for (index, number) in numbers.enumerated() {
            guard number == first + index else {
                throw .missing(path: Self.path(of: first + index))
            }
            let path = Self.path(of: number)
            var segment = Segment(number: number, path: path)
            switch try Self.header(disk, path) {
            case .header(let header):
                guard header.number == UInt64(number) else { throw .damagedHeader(path: path) }
                let expected = genesis ?? all.first?.header?.identity.genesis
                if let expected, header.identity.genesis != expected {
                    throw .otherJournal(
                        path: path, expected: expected, found: header.identity.genesis)
                }
                segment.header = header
            case .unknownVersion(let version):
                throw .unknownVersion(path: path, version: version)
            case .damaged: segment.hasDamagedHeader = true
            case .blank: break
            }
            all.append(segment)
        }
        var voidFrom = UInt64.max
        for index in all.indices.reversed() {
            all[index].voidFrom = voidFrom
            if let header = all[index].header { voidFrom = min(voidFrom, header.firstSequence) }
        }
    }

    /// Numbers of the segments there are, rising.
    private static func numbers(_ disk: any Disk) throws(JournalError) -> [Int] {
        let names: [String]
        do throws(DiskError) { names = try disk.names(in: Journal.folder) } catch {
            if error.isMissing { return [] }
            throw .disk(error)
        }
        return names.compactMap { name in
            guard name.hasSuffix(".journal") else { return nil }
            let digits = name.dropLast(8)
            guard digits.utf8.count >= 8, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            return Int(digits)
        }.sorted()
    }

    private static func header(
        _ disk: any Disk, _ path: String
    ) throws(JournalError) -> SegmentHeader.Reading {
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: SegmentHeader.blockBytes, alignment: 8)
        defer { block.deallocate() }
        do throws(DiskError) {
            let count = try disk.open(path, writable: false).read(at: 0, into: block)
            return SegmentHeader.read(UnsafeRawBufferPointer(rebasing: block[..<count]))
        } catch { throw .disk(error) }
    }

    /// The place of the segment that holds this command, or would as the next one; nil when there is
    /// no such segment.
    func index(holding sequence: UInt64) -> Int? {
        all.lastIndex { $0.counts && ($0.header?.firstSequence ?? .max) <= sequence }
    }

    /// The place of the next segment that counts.
    func index(after index: Int) -> Int? {
        all.indices.first { $0 > index && all[$0].counts }
    }

    /// The first segment that counts.
    var first: Segment? { all.first { $0.counts } }
    /// The last segment that was begun.
    var lastBegun: Int? { all.lastIndex { $0.header != nil } }
}
