import Glibc
import Synchronization

/// How many descriptors this process may have open.
public enum DescriptorLimit {
    /// Raises the limit to `count`, as far as the hard limit goes. Returns what it is then.
    @discardableResult public static func raise(to count: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return count }
        if limit.rlim_cur < rlim_t(count) && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
            setrlimit(resource, &limit)
            getrlimit(resource, &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}

/// Descriptors that a part of this process may come to open while it lives. The limit is raised for what
/// all parts need together, as each needs its own beside those of the others.
struct DescriptorReservation: ~Copyable {
    /// How many descriptors the process may have open, those of other parts included.
    let limit: Int
    private let count: Int
    /// What all parts that live have reserved.
    private static let reserved = Mutex(0)

    init(_ count: Int) {
        self.count = count
        limit = Self.reserved.withLock { sum in
            sum += count
            return DescriptorLimit.raise(to: sum)
        }
    }

    deinit {
        let count = count
        Self.reserved.withLock { $0 -= count }
    }
}
