import Domain
import Engine
import Journaling
import Platform

/// What a data directory says of itself: which history it holds and under which rules it was made.
///
/// ```
/// genesis             this, as JSON; made first and never changed
/// configuration.json  the configuration in effect at the last start, for tools that work offline
/// commands.ring       commands that have their place in history and are not yet in the journal
/// journal/            the commands
/// snapshots/          states of the market to start from
/// archive/            what happened, as everybody is told of it
/// ```
public struct DataDirectory {
    public let disk: any Disk
    public let identity: JournalIdentity
    /// Secret of the OrderID permutation, drawn when the directory was made.
    public let orderIDKey: UInt64

    static let version: Int = 1
    static let genesisPath = "genesis"
    static let configurationPath = "configuration.json"

    /// Opens what `disk` holds, or makes a new one of an empty disk. A directory that was made for
    /// another market is refused: its history would mean something else.
    public init(
        on disk: any Disk, for configuration: Configuration, genesis: UInt64,
        orderIDKey: @autoclosure () -> UInt64
    ) throws(RecoveryError) {
        self.disk = disk
        let fingerprint = configuration.partition(orderIDKey: 0).fingerprint
        if let found = try Self.readGenesis(disk) {
            guard found.rulesVersion == Partition.rulesVersion else {
                throw .otherRules(found: found.rulesVersion, own: Partition.rulesVersion)
            }
            guard found.fingerprint == fingerprint else { throw .otherMarket }
            identity = JournalIdentity(
                genesis: found.genesis, fingerprint: fingerprint,
                rulesVersion: found.rulesVersion)
            self.orderIDKey = found.orderIDKey
        } else {
            identity = JournalIdentity(
                genesis: genesis, fingerprint: fingerprint, rulesVersion: Partition.rulesVersion)
            self.orderIDKey = orderIDKey()
            try Self.checkIsNew(disk)
            try Self.store(
                GenesisFile(identity: identity, orderIDKey: self.orderIDKey).text,
                at: Self.genesisPath, disk)
        }
        try Self.store(configuration.printed(), at: Self.configurationPath, disk)
    }

    /// What a directory says of itself; nil when it says nothing, as a new one does.
    public static func readGenesis(_ disk: any Disk) throws(RecoveryError) -> GenesisFile? {
        guard let bytes = try read(genesisPath, disk) else { return nil }
        guard let found = GenesisFile(parsing: bytes) else { throw .unreadableGenesis }
        return found
    }

    /// The configuration in effect at the last start; nil when there was none.
    public static func readConfiguration(
        _ disk: any Disk
    ) throws(RecoveryError) -> Configuration? {
        guard let bytes = try read(configurationPath, disk) else { return nil }
        do {
            return try Configuration(parsing: bytes)
        } catch {
            throw .unreadableConfiguration("\(error)")
        }
    }

    /// History without its identity must not be continued as if it were another's.
    private static func checkIsNew(_ disk: any Disk) throws(RecoveryError) {
        do throws(DiskError) {
            for folder in ["journal", "snapshots", "archive"] {
                if let name = try disk.names(in: folder).first {
                    throw DiskError("\(folder)/\(name)")
                }
            }
        } catch {
            guard error.code == 0 else { throw .disk(error) }
            throw .historyWithoutGenesis(error.description)
        }
    }

    private static func read(
        _ path: String, _ disk: any Disk
    ) throws(RecoveryError) -> [UInt8]? {
        do throws(DiskError) {
            let file = try disk.open(path, writable: false)
            let bytes = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(1, file.byteCount), alignment: 8)
            defer { bytes.deallocate() }
            return Array(bytes.prefix(try file.read(at: 0, into: bytes)))
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
    }

    /// Replaces a file by another that is whole, or leaves it.
    private static func store(
        _ text: String, at path: String, _ disk: any Disk
    ) throws(RecoveryError) {
        let unnamed = path + ".new"
        do throws(DiskError) {
            do throws(DiskError) {
                try disk.remove(unnamed)
            } catch  where error.isMissing {
            }
            let bytes = UnsafeMutableRawBufferPointer.allocate(
                byteCount: text.utf8.count, alignment: 8)
            defer { bytes.deallocate() }
            bytes.copyBytes(from: text.utf8)
            let file = try disk.create(unnamed, byteCount: bytes.count)
            try file.write(UnsafeRawBufferPointer(bytes), at: 0)
            try file.sync()
            try disk.rename(unnamed, to: path)
            try disk.syncFolder("")
        } catch {
            throw .disk(error)
        }
    }
}

/// The content of the file `genesis`.
public struct GenesisFile: Equatable, Sendable {
    public var genesis: UInt64
    public var fingerprint: UInt64
    public var rulesVersion: UInt32
    public var orderIDKey: UInt64

    init(identity: JournalIdentity, orderIDKey: UInt64) {
        genesis = identity.genesis
        fingerprint = identity.fingerprint
        rulesVersion = identity.rulesVersion
        self.orderIDKey = orderIDKey
    }

    public var identity: JournalIdentity {
        JournalIdentity(genesis: genesis, fingerprint: fingerprint, rulesVersion: rulesVersion)
    }

    /// Words of 64 bits as texts, because a JSON number of that size is not read alike everywhere.
    var text: String {
        func member(_ key: String, _ value: JSONValue) -> JSONValue.Member {
            JSONValue.Member(key: key, value: value)
        }
        return JSONValue.object([
            member("version", .number(String(DataDirectory.version))),
            member("genesis", .string(String(genesis, radix: 16))),
            member("fingerprint", .string(String(fingerprint, radix: 16))),
            member("rulesVersion", .number(String(rulesVersion))),
            member("orderIDKey", .string(String(orderIDKey, radix: 16))),
        ]).printed()
    }

    init?(parsing bytes: [UInt8]) {
        guard let tree = try? JSONReader.read(bytes),
            case .number(String(DataDirectory.version))? = tree["version"],
            let genesis = Self.word("genesis", tree),
            let fingerprint = Self.word("fingerprint", tree),
            case .number(let rules)? = tree["rulesVersion"], let rulesVersion = UInt32(rules),
            let orderIDKey = Self.word("orderIDKey", tree)
        else { return nil }
        self.genesis = genesis
        self.fingerprint = fingerprint
        self.rulesVersion = rulesVersion
        self.orderIDKey = orderIDKey
    }

    private static func word(_ key: String, _ tree: JSONValue) -> UInt64? {
        guard case .string(let digits)? = tree[key] else { return nil }
        return UInt64(digits, radix: 16)
    }
}
