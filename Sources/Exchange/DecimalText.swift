/// Decimal numbers as text, read into and written from integers without rounding.
public enum DecimalText {
    public enum Failure: Error {
        /// Not of the form `[-]digits[.digits][e[+|-]digits]`.
        case notANumber
        /// Digits beyond the last decimal place that counts.
        case tooFine
        /// Beyond what 64 bits hold.
        case tooLarge
    }

    /// The number as a count of 10⁻ᵖˡᵃᶜᵉˢ, exactly or not at all: `"0.5"` with 8 places is 50,000,000.
    public static func read(_ text: String, places: Int) throws(Failure) -> Int64 {
        var rest = text.utf8[...]
        let isNegative = take(UInt8(ascii: "-"), from: &rest)
        let whole = takeDigits(from: &rest)
        var fraction: Substring.UTF8View = rest.prefix(0)
        if take(UInt8(ascii: "."), from: &rest) {
            fraction = takeDigits(from: &rest)
            guard !fraction.isEmpty else { throw .notANumber }
        }
        let exponent = try takeExponent(from: &rest)
        let hasLeadingZero = whole.count > 1 && whole.first == UInt8(ascii: "0")
        guard rest.isEmpty, !whole.isEmpty, !hasLeadingZero else { throw .notANumber }

        // The value is `digits` × 10^`power` in units of the last place.
        var digits = (Array(whole) + Array(fraction)).map { Int64($0 - UInt8(ascii: "0")) }
        var power = exponent + places - fraction.count
        while digits.last == 0 {
            digits.removeLast()
            power += 1
        }
        guard !digits.isEmpty else { return 0 }
        guard power >= 0 else { throw .tooFine }
        guard power <= 18 else { throw .tooLarge }
        return try sum(digits + Array(repeating: 0, count: power), isNegative: isNegative)
    }

    /// The shortest text that `read` turns into `value` again.
    public static func write(_ value: Int64, places: Int) -> String {
        let digits = String(value.magnitude)
        let padding = String(repeating: "0", count: max(0, places + 1 - digits.count))
        let padded = padding + digits
        var fraction = padded.suffix(places)
        while fraction.last == "0" { fraction.removeLast() }
        let sign = value < 0 ? "-" : ""
        return sign + padded.dropLast(places) + (fraction.isEmpty ? "" : "." + fraction)
    }

    private static func sum(_ digits: [Int64], isNegative: Bool) throws(Failure) -> Int64 {
        var value: Int64 = 0
        for digit in digits {
            // Built on the negative side, which has room for one value more.
            let (tenfold, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (next, underflowed) = tenfold.subtractingReportingOverflow(digit)
            guard !overflowed, !underflowed else { throw .tooLarge }
            value = next
        }
        if isNegative { return value }
        guard value != .min else { throw .tooLarge }
        return -value
    }

    private static func takeExponent(
        from rest: inout Substring.UTF8View
    ) throws(Failure) -> Int {
        guard take(UInt8(ascii: "e"), from: &rest) || take(UInt8(ascii: "E"), from: &rest) else {
            return 0
        }
        let isNegative = take(UInt8(ascii: "-"), from: &rest)
        if !isNegative { _ = take(UInt8(ascii: "+"), from: &rest) }
        let digits = takeDigits(from: &rest)
        guard !digits.isEmpty else { throw .notANumber }
        // Four digits are far more than any number that fits needs, and cannot overflow below.
        guard digits.count <= 4, let magnitude = Int(Substring(digits)) else {
            throw isNegative ? .tooFine : .tooLarge
        }
        return isNegative ? -magnitude : magnitude
    }

    private static func take(_ byte: UInt8, from rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private static func takeDigits(from rest: inout Substring.UTF8View) -> Substring.UTF8View {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest[digits.endIndex...]
        return digits
    }
}
