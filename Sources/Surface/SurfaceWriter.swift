import LinuxPlatform
import Streams

/// The side of a running venue: claims its name, makes the parts, and shows them when all are ready.
///
/// The part `config` is locked while its venue lives, so that two venues never have one name, and what
/// a killed one left is replaced.
public final class SurfaceWriter {
    public let name: String
    private var config: SharedPart?

    /// Takes the name, with the configuration's text to be shown.
    public init(name: String, configuration text: String, processID: Int32)
        throws(SurfaceError)
    {
        self.name = name
        let count = ConfigPart.byteCount(text: text)
        guard let claimed = try SharedPart.claim(.config, name: name, byteCount: count) else {
            throw .nameTaken(name, processID: try? SurfaceReader.processID(ofVenue: name))
        }
        ConfigPart.write(text, processID: processID, to: claimed.partMemory)
        config = claimed
    }

    /// Makes one of the other parts; its name goes with the last handle on it.
    public func make(_ part: SurfacePart, byteCount: Int) throws(SurfaceError) -> PartMemory {
        do throws(SystemError) {
            let shared = SharedPart(
                try SharedMemory.create(name: name, part: part.rawValue, count: byteCount))
            MemoryLock.touch(shared.bytes)
            return shared.partMemory
        } catch {
            throw .system(error)
        }
    }

    /// Makes a part of a program that accompanies the venue of this name, whether or not that runs.
    /// Locked like `config`: one such program for each venue shows itself.
    public static func makeCompanion(
        _ part: SurfacePart, name: String, byteCount: Int
    ) throws(SurfaceError) -> PartMemory {
        guard let claimed = try SharedPart.claim(part, name: name, byteCount: byteCount) else {
            throw .partTaken(part, name)
        }
        return claimed.partMemory
    }

    /// All parts are ready: from now on others may attach.
    public func show(genesis: UInt64) {
        if let config { ConfigPart.seal(config.partMemory, genesis: genesis) }
    }

    /// Gives the name back: readers see that this life of the venue is over.
    public func end() { config = nil }
}
