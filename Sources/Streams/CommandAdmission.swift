import Synchronization

/// What the journal can take at the moment, for those who decide before sequencing.
///
/// Written by the journal's agent, read by the gateway, which refuses (102) what is not admitted. What
/// was sequenced before it changed is taken in any case: the journal keeps room for that.
public final class CommandAdmission: Sendable {
    @frozen public enum Level: UInt8, Sendable, Comparable {
        /// Not even deletions can be kept.
        case nothing
        /// Orders can be withdrawn, and nothing entered or changed.
        case deletions
        case everything

        public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    @usableFromInline let word: Atomic<UInt8>

    public init(_ level: Level = .everything) { word = Atomic(level.rawValue) }

    /// Relaxed: the level says nothing about other memory, and a request or two more do not matter.
    @inlinable public var level: Level {
        get { Level(rawValue: word.load(ordering: .relaxed)) ?? .nothing }
        set { word.store(newValue.rawValue, ordering: .relaxed) }
    }
}
