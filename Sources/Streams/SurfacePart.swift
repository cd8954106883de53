import Domain
import Rings

/// What a program shows others under its venue's name: `/dev/shm/apus.NAME.PART`.
public enum SurfacePart: String, Sendable, CaseIterable {
    /// The engine's event ring, behind it the engine-out log, and the log of when the public was told.
    case events
    /// The ring of request stamps.
    case stamps
    /// The venue's counters.
    case counters
    /// Who runs, and the configuration in effect. Made whole last and looked at first.
    case config
    /// The counters of the drop-copy publisher of this venue.
    case dropCopyCounters = "dropcopy-counters"
}

/// Where things are in the part `events`.
public enum EventsPart {
    public static func byteCount(capacity: Int) -> Int {
        publicOutOffset(capacity: capacity) + EngineOutLog.byteCount(capacity: capacity)
    }

    /// The log follows the ring on a line of its own.
    public static func engineOutOffset(capacity: Int) -> Int {
        (BroadcastRing<Event>.byteCount(capacity: capacity) + 127) / 128 * 128
    }

    /// A log of the same form and size: when the public was told of a transaction, by ExecID. Of
    /// transactions that the public hears nothing of it knows no time; of two whose ExecIDs want the
    /// same entry, only the later one's.
    public static func publicOutOffset(capacity: Int) -> Int {
        let end = engineOutOffset(capacity: capacity) + EngineOutLog.byteCount(capacity: capacity)
        return (end + 127) / 128 * 128
    }
}

/// Why the bytes of a part are not accepted.
public enum SurfaceLayoutError: Error, Equatable, CustomStringConvertible {
    case tooSmall(part: SurfacePart, needed: Int, found: Int)
    case notThisPart(SurfacePart, magic: UInt64)
    case unknownVersion(SurfacePart, UInt64)
    case contradiction(SurfacePart)
    case notText(SurfacePart)

    public var description: String {
        switch self {
        case .tooSmall(let part, let needed, let found):
            "the part \(part.rawValue) needs \(needed) bytes and has \(found)"
        case .notThisPart(let part, let magic):
            "the part \(part.rawValue) holds something else (magic 0x"
                + String(magic, radix: 16) + ")"
        case .unknownVersion(let part, let version):
            "the part \(part.rawValue) has layout version \(version), expected 1"
        case .contradiction(let part):
            "the part \(part.rawValue) states sizes that contradict each other"
        case .notText(let part):
            "the text in the part \(part.rawValue) is not UTF-8"
        }
    }
}
