import CLinux
import Glibc

/// Nanoseconds that the machine's time is set ahead, in a file that whoever starts the program writes.
private nonisolated(unsafe) let step: UnsafePointer<Int64>? = {
    guard let path = getenv("APUS_CLOCK_STEP") else { return nil }
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let memory = mmap(nil, 8, PROT_READ, MAP_SHARED, file, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    return UnsafePointer(memory.assumingMemoryBound(to: Int64.self))
}()

/// The C library's function, in a program that is started with this library in LD_PRELOAD: a clock that
/// can be set while the program runs, without setting the machine's.
@_cdecl("clock_gettime")
public func clockGetTime(_ clock: Int32, _ time: UnsafeMutablePointer<timespec>) -> Int32 {
    let result = clinux_clock(clock, time)
    guard result == 0, clock == CLOCK_REALTIME, let step else { return result }
    var nanos = time.pointee.tv_nsec + Int(step.pointee % 1_000_000_000)
    var seconds = time.pointee.tv_sec + Int(step.pointee / 1_000_000_000)
    if nanos < 0 { (nanos, seconds) = (nanos + 1_000_000_000, seconds - 1) }
    if nanos >= 1_000_000_000 { (nanos, seconds) = (nanos - 1_000_000_000, seconds + 1) }
    time.pointee = timespec(tv_sec: seconds, tv_nsec: nanos)
    return 0
}
