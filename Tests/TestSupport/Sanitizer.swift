import Glibc

/// Whether a sanitizer was built in: it brings an allocator that keeps what was freed, and reserves
/// more addresses than any limit allows.
public let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
