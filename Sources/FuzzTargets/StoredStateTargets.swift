import Domain
import Exchange
import Journaling
import Records
import SimulatedPlatform

extension FuzzTarget {
    static let snapshotFile = FuzzTarget(
        "snapshot-file", "a snapshot's file, with checksums as they are or made right",
        lengthMax: 32_768, SnapshotFile.run)

    static let genesis = FuzzTarget(
        "genesis", "what a data directory says of itself", lengthMax: 4096, DirectoryFile.run)
}

/// An input is a byte of flags and a file. The lowest flag makes the checksums right, so that what they
/// protect is looked at too.
enum SnapshotFile {
    static let identity = JournalIdentity(genesis: 5, fingerprint: 6, rulesVersion: 1)
    static let sequence: UInt64 = 7

    struct Content: Equatable {
        var header: SnapshotHeader
        var body: [UInt8]
    }

    static func run(_ input: UnsafeRawBufferPointer) {
        guard let flags = input.first else { return }
        var file = [UInt8](input.dropFirst())
        if flags & 1 != 0 { repair(&file) }
        let whole = content(of: file, pieces: 1 << 17)
        require(whole == content(of: file, pieces: 13), "pieces decide nothing")
        guard let whole else { return }
        require(content(of: file + [0], pieces: 512) == nil, "nothing lies behind the end")
        require(content(of: file.dropLast(), pieces: 512) == nil, "nothing is missing")
        let again = write(whole.body, whole.header)
        guard let found = content(of: again, pieces: 512) else {
            fatalError("a snapshot that was written cannot be read")
        }
        require(found.body == whole.body, "a state is kept as it was")
        require(found.header.stateHash == whole.header.stateHash, "its hash too")
        require(found.header.lastTimeIn == whole.header.lastTimeIn, "and its time")
    }

    /// What a library makes of a file; nil when it refuses it.
    private static func content(of file: some Collection<UInt8>, pieces: Int) -> Content? {
        let disk = SimulatedDisk(seed: 1)
        guard (try? disk.makeFolder(SnapshotLibrary.folder)) != nil else { return nil }
        disk.setContents(of: SnapshotLibrary.path(of: sequence), to: Array(file))
        let library = SnapshotLibrary(disk: disk, identity: identity)
        let found = try? library.restore(sequence) { header, read in
            Content(header: header, body: try all(read, pieces))
        }
        require((try? library.verify(sequence)) == found?.header, "who verifies reads the same")
        if let found {
            require(found.header.sequence == sequence, "it is the snapshot that was asked for")
        }
        return found
    }

    private static func all(
        _ read: (UnsafeMutableRawBufferPointer) throws -> Int, _ pieces: Int
    ) throws -> [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: pieces, alignment: 8)
        defer { room.deallocate() }
        var bytes: [UInt8] = []
        while case let count = try read(room), count > 0 { bytes += room[..<count] }
        require(try read(room) == 0, "an end is an end")
        return bytes
    }

    /// The file that a library makes of a state.
    static func write(_ body: [UInt8], _ header: SnapshotHeader) -> [UInt8] {
        let disk = SimulatedDisk(seed: 1)
        let library = SnapshotLibrary(disk: disk, identity: identity)
        do {
            try library.prepare()
            try library.write(
                sequence: sequence, lastTimeIn: header.lastTimeIn, stateHash: header.stateHash
            ) { write in try body.withUnsafeBytes { try write($0) } }
        } catch {
            fatalError("a snapshot cannot be written: \(error)")
        }
        return disk.contents(of: SnapshotLibrary.path(of: sequence)) ?? []
    }

    private static func repair(_ file: inout [UInt8]) {
        guard file.count >= 64 else { return }
        file.withUnsafeMutableBytes { bytes in
            var check = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<60]))
            bytes.storeBytes(of: check, toByteOffset: 60, as: UInt32.self)
            var offset = 64
            while offset + 8 <= bytes.count {
                let length = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                guard Int(length) <= bytes.count - offset - 8 else { return }
                var sum = CRC32C(continuing: check)
                sum.update(UInt64(length))
                sum.update(
                    UnsafeRawBufferPointer(
                        rebasing: bytes[(offset + 8)..<(offset + 8 + Int(length))]))
                check = sum.value
                bytes.storeBytes(of: check, toByteOffset: offset + 4, as: UInt32.self)
                offset += 8 + Int(length)
            }
        }
    }
}

/// An input is the content of the file `genesis`.
enum DirectoryFile {
    static let path = "genesis"

    static func run(_ input: UnsafeRawBufferPointer) {
        let disk = SimulatedDisk(seed: 1)
        disk.setContents(of: path, to: [UInt8](input))
        let found = try? DataDirectory.readGenesis(disk)
        let directory = try? open(disk)
        require(
            disk.contents(of: path) == [UInt8](input), "what a directory says is never changed")
        guard let directory else { return }
        require(directory.identity == found?.identity, "whose history it is follows from the file")
        require(directory.orderIDKey == found?.orderIDKey, "and so does the key")
        guard let again = try? open(disk) else {
            fatalError("a directory that was opened is refused")
        }
        require(again.identity == directory.identity, "it is opened the same again")
    }

    static func open(_ disk: SimulatedDisk) throws -> DataDirectory {
        try DataDirectory(on: disk, for: .demonstration, genesis: 5, orderIDKey: 6)
    }
}
