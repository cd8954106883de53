import LinuxPlatform
import Rings
import Streams
import Telemetry

/// Why a venue cannot be shown or looked at; each describes itself in a sentence.
public enum SurfaceError: Error, CustomStringConvertible {
    /// Nobody runs under this name.
    case noVenue(String)
    /// Somebody else runs under this name.
    case nameTaken(String, processID: Int32?)
    /// Another program accompanies the venue of this name in the same way.
    case partTaken(SurfacePart, String)
    /// What is there is not what a venue makes.
    case layout(SurfaceLayoutError)
    case ring(SurfacePart, RingError)
    case counters(CounterError)
    /// A part belongs to another life of the venue than its configuration.
    case mixedLives(SurfacePart)
    case system(SystemError)

    public var description: String {
        switch self {
        case .noVenue(let name): "no venue named \(name) runs on this machine"
        case .nameTaken(let name, let processID):
            "a venue named \(name) runs already"
                + (processID.map { " (process \($0))" } ?? "")
        case .partTaken(let part, let name):
            "another program shows the part \(part.rawValue) of the venue \(name)"
        case .layout(let error): "\(error)"
        case .ring(let part, let error): "the part \(part.rawValue): \(error)"
        case .counters(let error): "the counters: \(error)"
        case .mixedLives(let part):
            "the part \(part.rawValue) is of another run than the venue's configuration"
        case .system(let error): "\(error)"
        }
    }
}
