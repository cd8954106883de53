import Domain
import Platform

/// Reads a journal's commands in order; only reads, so that it may follow one that is being written,
/// and look at one from another process.
public struct JournalReader: ~Copyable {
    private var walk: JournalWalk
    private let wanted: UInt64

    /// Begins with the command `sequence`. Fails when the journal begins later, belongs to another
    /// history, or cannot be read. Without an identity it reads whatever there is.
    public init(
        disk: any Disk, identity: JournalIdentity?, from sequence: UInt64
    ) throws(JournalError) {
        walk = try JournalWalk(disk, identity: identity, from: sequence)
        wanted = sequence
    }

    /// The sequence of the last command passed.
    public var lastSequence: UInt64 { walk.lastSequence }

    /// File and offset of the record behind the last command, where there is one.
    public var place: (path: String, offset: Int)? { walk.place }

    /// Reads the next command. False when all up to `written` are read; later there may be more.
    ///
    /// `written` is the highest sequence that whoever writes the journal says is in it: with it, a
    /// command that cannot be read is damage. Details that the command does not carry keep their
    /// content. Fails also when the command was applied with other reference data or by other rules.
    public mutating func next(
        through written: UInt64, _ command: inout Command, _ details: inout OrderDetails
    ) throws(JournalError) -> Bool {
        // What is behind `written` is not certain yet.
        guard max(walk.lastSequence + 1, wanted) <= written else { return false }
        if try !walk.step(isFresh: false), try !walk.step(isFresh: true) { throw walk.damage() }
        walk.read(&command, &details)
        return true
    }
}
