import CBaselines
import Glibc

/// Carries a value that only one thread at a time touches into a thread.
final class Box<Value: ~Copyable>: @unchecked Sendable {
    var value: Value
    init(_ value: consuming Value) { self.value = value }
}

/// A thread that returns a word.
struct Thread {
    private final class Work {
        let body: () -> UInt64
        var result: UInt64 = 0
        init(_ body: @escaping () -> UInt64) { self.body = body }
    }

    private let work: Work
    private var handle = pthread_t()

    init(_ body: @escaping () -> UInt64) {
        work = Work(body)
        pthread_create(
            &handle, nil,
            { argument in
                let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
                work.result = work.body()
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
    }

    func join() -> UInt64 {
        pthread_join(handle, nil)
        return work.result
    }
}

/// Which cores the two sides of a measurement run on.
enum Cores {
    /// Two cores this process may use; -1 (not pinned) where there is only one.
    static let pair: (Int32, Int32) = {
        var first: Int32 = -1
        var second: Int32 = -1
        _ = cbaselines_usable_cores(&first, &second)
        return second < 0 ? (-1, -1) : (first, second)
    }()

    static func pin(_ core: Int32) { cbaselines_pin(core) }
}
