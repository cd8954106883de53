import Glibc

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
