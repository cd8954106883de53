/// The outward form of a password hash; computing and checking one is the platform's job.
enum PasswordHashForm {
    /// Longest hash that crypt(3) makes.
    static let lengthMax = 383

    /// Whether `text` has the form `$method$…` of crypt(5).
    static func isWellFormed(_ text: String) -> Bool {
        let fields = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard text.utf8.count <= lengthMax, fields.count >= 4, fields[0].isEmpty else {
            return false
        }
        return fields.dropFirst().allSatisfy { !$0.isEmpty && $0.allSatisfy(isAllowed) }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
