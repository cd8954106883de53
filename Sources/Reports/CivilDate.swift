/// A day of the calendar, in UTC.
public struct CivilDate: Equatable, Sendable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// The day on which a moment since 1970 lies.
    public init(nanos: UInt64) {
        // Count days from 1 March of the year 0, so that the day which leap years add is a year's
        // last; 146,097 days are 400 years, after which the calendar repeats.
        let days = Int(nanos / 86_400_000_000_000) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The day as the decimal number YYYYMMDD.
    public var number: UInt32 { UInt32(year * 10_000 + month * 100 + day) }
}
