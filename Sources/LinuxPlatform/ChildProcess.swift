import Glibc

/// A program that this one started, in a process group of its own: a Ctrl-C on the terminal reaches its
/// owner, who decides what becomes of it. It is killed with its last reference.
public final class ChildProcess {
    /// How a process ended.
    public enum End: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    public let identifier: pid_t
    /// The program's name, for sentences.
    public let name: String
    private var end: End?

    /// Starts a program. What it prints goes to the ends of two files. `environment` is added to this
    /// program's, `descriptorLimit` bounds the descriptors that it may have open.
    public init(
        path: String, arguments: [String], output: String, errors: String,
        environment: [String: String] = [:], descriptorLimit: Int? = nil
    ) throws(SystemError) {
        name = path.split(separator: "/").last.map(String.init) ?? path
        var words = [path] + arguments
        if let descriptorLimit {
            // The limit is set by a process that then becomes the program.
            words = ["/bin/sh", "-c", "ulimit -n \(descriptorLimit) && exec \"$0\" \"$@\""] + words
        }
        identifier = try Self.spawn(
            words, environment.map { "\($0)=\($1)" }, output: output, errors: errors)
    }

    deinit {
        if isRunning {
            signal(SIGKILL)
            _ = wait(nanos: .max)
        }
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool {
        if end != nil { return false }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
        // The low seven bits are the signal that ended it, 0 when it ended by itself.
        end = status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
        return false
    }

    /// Sends a signal; nothing happens once the process has ended, as its number may be another's then.
    public func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    /// Waits for the end; nil when `nanos` have passed before.
    public func wait(nanos: UInt64) -> End? {
        let start = SystemClock.monotonicNanos()
        while isRunning {
            guard SystemClock.monotonicNanos() - start < nanos else { return nil }
            Nap.nanos(500_000)
        }
        return end
    }

    private static func spawn(
        _ words: [String], _ more: [String], output: String, errors: String
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, append, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, append, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that this process blocks are not blocked there.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        // The first of a name counts.
        var variables = more.map { strdup($0) }
        defer { for variable in variables.prefix(more.count) { free(variable) } }
        var inherited = environ
        while let variable = inherited.pointee {
            variables.append(variable)
            inherited += 1
        }
        variables.append(nil)
        var child: pid_t = 0
        let code = posix_spawn(&child, words[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw SystemError("\(words[0]) cannot be started", code: code) }
        return child
    }
}
