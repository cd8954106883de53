import Domain
import Exchange
import Glibc

/// Prices, quantities and moments as people write them.
public enum NumberText {
    /// A price with at least so many decimals; "-" for none.
    public static func price(_ price: Price, decimals: Int = 0) -> String {
        price.isNone ? "-" : padded(DecimalText.write(price.raw, places: 8), decimals)
    }

    /// An average price, to four decimals at most; "-" for none.
    public static func average(_ price: Price, decimals: Int) -> String {
        let rounded = price.isNone ? price : Price(raw: price.raw - price.raw % 10_000)
        return Self.price(rounded, decimals: decimals)
    }

    /// A quantity without needless zeros; "-" for none.
    public static func quantity(_ quantity: Quantity) -> String {
        quantity.isNone ? "-" : DecimalText.write(quantity.raw, places: 4)
    }

    /// "06:08:00.123456", UTC; "-" for none, and for never.
    public static func timeOfDay(_ time: Timestamp) -> String {
        guard !time.isNone, time > .zero else { return "-" }
        let micros = time.nanos / 1000 % 86_400_000_000
        let seconds = micros / 1_000_000
        return two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60) + "."
            + digits(micros % 1_000_000, 6)
    }

    /// "2026-11-21T06:08:00Z", whole seconds; "-" for none.
    public static func moment(_ time: Timestamp) -> String {
        guard !time.isNone else { return "-" }
        var seconds = time_t(time.nanos / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date =
            digits(UInt64(parts.tm_year + 1900), 4) + "-" + two(UInt64(parts.tm_mon + 1)) + "-"
            + two(UInt64(parts.tm_mday))
        return date + "T" + two(UInt64(parts.tm_hour)) + ":" + two(UInt64(parts.tm_min)) + ":"
            + two(UInt64(parts.tm_sec)) + "Z"
    }

    /// "2026-11-21T06:08:00.123456789Z"; "-" for none.
    public static func exactMoment(_ time: Timestamp) -> String {
        guard !time.isNone else { return "-" }
        return moment(time).dropLast() + "." + digits(time.nanos % 1_000_000_000, 9) + "Z"
    }

    /// The price as the nearest binary number, for JSON and databases.
    public static func number(_ price: Price) -> Double? {
        price.isNone ? nil : Double(price.raw) / Double(Price.unit)
    }

    public static func number(_ quantity: Quantity) -> Double? {
        quantity.isNone ? nil : Double(quantity.raw) / Double(Quantity.unit)
    }

    /// How many decimals a tick needs.
    public static func decimals(ofTick tick: Price) -> Int {
        let text = DecimalText.write(tick.raw, places: 8)
        guard let point = text.firstIndex(of: ".") else { return 0 }
        return text.distance(from: point, to: text.endIndex) - 1
    }

    private static func padded(_ text: String, _ decimals: Int) -> String {
        guard decimals > 0 else { return text }
        let point = text.firstIndex(of: ".")
        let have = point.map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
        guard have < decimals else { return text }
        return text + (point == nil ? "." : "") + String(repeating: "0", count: decimals - have)
    }

    private static func two(_ number: UInt64) -> String { digits(number, 2) }

    private static func digits(_ number: UInt64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
