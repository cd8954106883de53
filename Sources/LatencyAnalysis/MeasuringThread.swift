import Glibc
import LinuxPlatform
import OrderFlow

/// A thread beside the one that measures.
final class MeasuringThread {
    private final class Job {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private var thread: pthread_t?

    /// Starts it. The body looks itself whether it is to end.
    func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ToolError) {
        precondition(thread == nil, "a thread starts once")
        let job = Unmanaged.passRetained(Job(name: name, body: body))
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, Self.main, job.toOpaque())
        guard result == 0 else {
            job.release()
            throw ToolError(
                .run, "the thread \(name) cannot be started: \(String(cString: strerror(result)))")
        }
        self.thread = thread
    }

    /// Waits until the body has returned.
    func join() {
        guard let thread else { return }
        pthread_join(thread, nil)
        self.thread = nil
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        { context in
            guard let context else { return nil }
            let job = Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
            SystemProcessor.current.nameThread(job.name)
            job.body()
            return nil
        }
}
