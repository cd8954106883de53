import Archive
import Journaling
import Platform

/// Why a venue cannot go on from its data directory; each says what was found and what to do.
public enum RecoveryError: Error, CustomStringConvertible {
    case disk(DiskError)
    case journal(JournalError)
    case archive(ArchiveError)
    case unreadableGenesis
    case unreadableConfiguration(String)
    case historyWithoutGenesis(String)
    case otherMarket
    case otherRules(found: UInt32, own: UInt32)
    /// The journal from its start, or from the snapshot, does not lead to where it should.
    case contradiction(String)

    public var description: String {
        switch self {
        case .disk(let error): error.description
        case .journal(let error): error.description
        case .archive(let error): error.description
        case .unreadableGenesis:
            "the file genesis of the data directory cannot be understood: restore it from a copy, "
                + "without it the journal cannot be read"
        case .unreadableConfiguration(let issues):
            "the file configuration.json of the data directory cannot be understood: \(issues)"
        case .historyWithoutGenesis(let path):
            "the data directory has \(path) and no file genesis: restore that file from a copy, or "
                + "give an empty directory"
        case .otherMarket:
            "the data directory was made for another market or other limits (products, instruments, "
                + "units, sessions, capacities): give the configuration it was made with, or "
                + "another directory"
        case .otherRules(let found, let own):
            "the data directory was made under engine rules \(found), this program has \(own): give "
                + "another directory, or run the program it was made with"
        case .contradiction(let sentence): sentence
        }
    }
}
