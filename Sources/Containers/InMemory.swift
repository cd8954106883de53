#if THREAD_SANITIZER
    import Synchronization
#endif

/// Keeps a container at an address of its own for the thread sanitizer; empty in any other build.
///
/// Where a row changes of a table in a `let`, Swift 6.3 tells the sanitizer the first word of the
/// struct around as if it were the address of that struct, and mostly fails to compile that
/// (swiftlang/swift#83309). What holds an atomic is always passed by address. Raw pointers in a `let`
/// of a noncopyable struct meet the same.
@frozen
@usableFromInline
struct InMemory: ~Copyable {
    #if THREAD_SANITIZER
        @usableFromInline let atomic = Atomic<Bool>(false)
    #endif

    @inlinable init() {}
}
