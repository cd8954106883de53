import CommandLineTool

/// Figures in at most six characters, for tables that have to fit a terminal.
public enum CompactText {
    /// "412ns", "7.12µs", "31.4ms", "2.50s".
    public static func nanos(_ nanos: UInt64) -> String {
        switch nanos {
        case ..<1_000: "\(nanos)ns"
        case ..<999_500: threeDigits(Double(nanos) / 1e3) + "µs"
        case ..<999_500_000: threeDigits(Double(nanos) / 1e6) + "ms"
        default: threeDigits(Double(nanos) / 1e9) + "s"
        }
    }

    /// "412", "71234", "7.12M".
    static func count(_ count: UInt64) -> String {
        switch count {
        case ..<1_000_000: "\(count)"
        case ..<999_500_000: threeDigits(Double(count) / 1e6) + "M"
        case ..<999_500_000_000: threeDigits(Double(count) / 1e9) + "G"
        default: threeDigits(Double(count) / 1e12) + "T"
        }
    }

    /// "1:02:03" or "02:03".
    static func duration(_ nanos: UInt64) -> String {
        let seconds = nanos / 1_000_000_000
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let short = two(seconds / 60 % 60) + ":" + two(seconds % 60)
        return seconds < 3600 ? short : "\(seconds / 3600):" + short
    }

    private static func threeDigits(_ number: Double) -> String {
        formatDecimal(number, decimals: number < 9.995 ? 2 : number < 99.95 ? 1 : 0)
    }
}
