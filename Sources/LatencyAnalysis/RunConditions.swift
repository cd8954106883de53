import Domain
import Glibc

/// One thing to know about a measurement, such as the processor it ran on.
public struct RunCondition: Equatable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What this machine and this run are, for whoever reads the figures later.
enum RunConditions {
    static func machine(cores usable: [Int]) -> [RunCondition] {
        var conditions: [RunCondition] = []
        let cpu = cpuInfo()
        conditions.append(RunCondition("processor", cpu.model ?? "unknown"))
        let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        conditions.append(
            RunCondition("cores", "\(count), of which this program may use \(usable.count)"))
        if let hypervisor = cpu.isVirtual ? "yes" : nil {
            conditions.append(RunCondition("virtual machine", hypervisor))
        }
        conditions.append(RunCondition("kernel", kernel()))
        let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
        conditions.append(
            RunCondition("clock", "UTC by CLOCK_BOOTTIME over \(firstLine(source) ?? "unknown")"))
        return conditions
    }

    /// How busy the machine was, as the system says it.
    static func loadAverage() -> String {
        let words = (firstLine("/proc/loadavg") ?? "").split(separator: " ").prefix(3)
        return words.isEmpty ? "unknown" : words.joined(separator: " ")
    }

    static func commandLine(_ words: [String]) -> String {
        words.map { word in
            let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=,%+".contains($0) }
            return isPlain && !word.isEmpty ? word : "'\(word)'"
        }.joined(separator: " ")
    }

    private static func kernel() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
    }

    private static func cpuInfo() -> (model: String?, isVirtual: Bool) {
        let lines = (read("/proc/cpuinfo") ?? "").split(separator: "\n")
        func value(_ name: String) -> String? {
            guard let line = lines.first(where: { $0.hasPrefix(name) }),
                let colon = line.firstIndex(of: ":")
            else { return nil }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let flags = value("flags")?.split(separator: " ") ?? []
        return (value("model name"), flags.contains("hypervisor"))
    }

    private static func firstLine(_ path: String) -> String? {
        read(path)?.split(separator: "\n").first.map(String.init)
    }

    /// The first 64 KiB of a text of the system's.
    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// A moment as people write it.
enum CalendarText {
    /// "2026-11-21 02:51:20 UTC".
    static func utc(_ moment: Timestamp) -> String {
        guard !moment.isNone else { return "–" }
        var seconds = time_t(moment.nanos / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
    }
}
