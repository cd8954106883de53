import Platform
import Rings

/// Why a journal is not accepted, or cannot be written; a sentence that names file, offset and remedy.
public enum JournalError: Error, Equatable, CustomStringConvertible {
    /// The system refused something.
    case disk(DiskError)
    /// Bytes that cannot be the command with this sequence, though it was kept once.
    case damaged(path: String, offset: Int, sequence: UInt64)
    /// A segment's first block is not what was written there.
    case damagedHeader(path: String)
    /// One of the two, and nobody can tell which.
    case damagedRecordOrHeader(path: String, offset: Int, sequence: UInt64, header: String)
    case missing(path: String)
    case unknownVersion(path: String, version: UInt32)
    /// Another venue's, or another life of this one that shares nothing with it.
    case otherJournal(path: String, expected: UInt64, found: UInt64)
    case otherReferenceData(path: String)
    case otherRules(path: String, expected: UInt32, found: UInt32)
    /// Commands are wanted that lie before what is there.
    case beginsLater(sequence: UInt64, first: UInt64)
    case damagedRing(path: String, reason: String)
    /// The ring goes on somewhere else than the journal ends.
    case ringDoesNotFollow(path: String, last: UInt64, next: UInt64)
    case segmentTooSmall(byteCount: Int, needed: Int)
    /// The disk did not take what a killed process left.
    case notTaken(path: String)

    public var description: String {
        switch self {
        case .disk(let error): error.description
        case .damaged(let path, let offset, let sequence):
            "the journal is damaged: \(path) does not hold command \(sequence) at offset \(offset), "
                + "though later bytes show that it was kept; restore the file from a copy, or, to "
                + "give up everything from this command on, cut the file to \(offset) bytes and "
                + "remove the later segments and commands.ring"
        case .damagedHeader(let path):
            "the journal is damaged: the first 4096 bytes of \(path) are not those of a segment; "
                + "restore the file from a copy"
        case .damagedRecordOrHeader(let path, let offset, let sequence, let header):
            "the journal is damaged: \(path) does not hold command \(sequence) at offset \(offset), or "
                + "the first 4096 bytes of \(header) are not those of a segment; restore both files "
                + "from a copy"
        case .missing(let path):
            "the journal's segment \(path) is missing; restore it from a copy"
        case .unknownVersion(let path, let version):
            "\(path) has format version \(version), and this program knows version "
                + "\(SegmentHeader.version); start the program that wrote it"
        case .otherJournal(let path, let expected, let found):
            "\(path) belongs to the journal with genesis \(found), expected \(expected); the files of "
                + "one data directory belong together"
        case .otherReferenceData(let path):
            "\(path) was written with other products, instruments, sessions or limits; start with the "
                + "configuration of then"
        case .otherRules(let path, let expected, let found):
            "\(path) was written under engine rules \(found), and this program has \(expected); let "
                + "the program of then end properly, so that it leaves a snapshot"
        case .beginsLater(let sequence, let first):
            "the journal begins with command \(first), and those from \(sequence) on are wanted; "
                + "restore the earlier segments from a copy"
        case .damagedRing(let path, let reason):
            "\(path) is damaged: \(reason); to give up the commands that are only there, remove it"
        case .ringDoesNotFollow(let path, let last, let next):
            "\(path) goes on with command \(next) and the journal ends with \(last); restore the "
                + "journal from a copy, or, to give up what is only in the ring, remove it"
        case .segmentTooSmall(let byteCount, let needed):
            "a journal segment of \(byteCount) bytes is too small for the command ring, which needs "
                + "\(needed)"
        case .notTaken(let path):
            "what a killed process left in \(path) cannot be written to the journal; make room on the "
                + "disk and start again"
        }
    }
}
