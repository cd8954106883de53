import CLinux
import Platform

/// Some cores of the machine, ascending by number.
public struct CoreSet: Equatable, Sendable {
    public let cores: [Int]

    public init(_ cores: [Int]) { self.cores = Set(cores).sorted() }

    public var count: Int { cores.count }

    /// The cores that the calling thread may run on; at the start of a program, those of the process.
    public static func usable() throws(SystemError) -> CoreSet {
        var capacity = 1024
        while true {
            var numbers = [Int32](repeating: 0, count: capacity)
            let count = Int(clinux_usable_cores(&numbers, Int32(capacity)))
            guard count >= 0 else {
                throw SystemError("the usable cores cannot be read", code: Int32(-count))
            }
            if count <= capacity { return CoreSet(numbers[..<count].map(Int.init)) }
            capacity = count
        }
    }

    /// Lets the calling thread run on these cores only.
    public func pinCurrentThread() throws(SystemError) {
        let numbers = cores.map { Int32(truncatingIfNeeded: $0) }
        let result = clinux_pin_thread(numbers, Int32(numbers.count))
        guard result == 0 else {
            let names = cores.map(String.init).joined(separator: ", ")
            throw SystemError("a thread cannot be pinned to core \(names)", code: -result)
        }
    }
}

/// The processor this program runs on, as `Runtime`'s threads want it.
public enum SystemProcessor {
    public static var current: Processor {
        Processor(
            pause: { clinux_pause() },
            pin: { cores in
                do throws(SystemError) {
                    try CoreSet(cores).pinCurrentThread()
                    return nil
                } catch { return error.description }
            },
            nameThread: { clinux_name_thread($0) })
    }
}
