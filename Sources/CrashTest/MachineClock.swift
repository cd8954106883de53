import Glibc
import LinuxPlatform
import OrderFlow

/// The machine's time as programs see it that are started with the library SteppedClock before the C
/// library: it can be set, and the machine's own stays as it is.
final class MachineClock {
    private let path: String
    private let library: String

    /// Makes the file that says how far the time is set ahead; the library lies beside the programs.
    init(folder: String, programs: String) throws(ToolError) {
        path = folder + "/clock"
        library = programs + "/libSteppedClock.so"
        guard access(library, R_OK) == 0 else {
            throw .run("\(library) is not there: swift build makes it")
        }
        try set(seconds: 0)
    }

    /// Of programs that are to see this time.
    var environment: [String: String] { ["LD_PRELOAD": library, "APUS_CLOCK_STEP": path] }

    /// Sets the time this far ahead of the true one, or back.
    func set(seconds: Int64) throws(ToolError) {
        var nanos = seconds * 1_000_000_000
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        guard file >= 0, write(file, &nanos, 8) == 8 else {
            throw .run("\(path) cannot be written: \(SystemError.reason(errno))")
        }
        close(file)
    }
}
