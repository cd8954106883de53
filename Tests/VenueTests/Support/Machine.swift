import Foundation
import Glibc
import LinuxPlatform

/// What the system says about a process.
enum Machine {
    /// Resident memory in bytes, anonymous pages only; files mapped by others do not count.
    static func residentBytes(of process: String = "self") -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
        else { return 0 }
        let pages = text.split(separator: " ").map { Int($0) ?? 0 }
        return (pages[1] - pages[2]) * 4096
    }

    /// Processor time used so far, in hundredths of a second.
    static func processorTicks(of process: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        let words = text[end...].split(separator: " ")
        return (Int(words[12]) ?? 0) + (Int(words[13]) ?? 0)
    }

    /// Shares of a core that a process takes, each over two seconds: until one is below `limit`, or three. On
    /// a busy machine a measurement may be disturbed, not thrice.
    static func shares(of process: Int32, until limit: Double) -> [Double] {
        var shares: [Double] = []
        while shares.count < 3, shares.last ?? limit >= limit {
            let (ticks, start) = (processorTicks(of: process), SystemClock.monotonicNanos())
            pause(millis: 2000)
            let used = processorTicks(of: process) - ticks
            let seconds = Double(SystemClock.monotonicNanos() - start) / 1e9
            shares.append(Double(used) / Double(sysconf(Int32(_SC_CLK_TCK))) / seconds)
        }
        return shares
    }

    static func descriptorCount() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
    }
}

/// A small generator of random numbers whose sequence its seed decides.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

func pause(millis: UInt32) { usleep(millis * 1000) }
