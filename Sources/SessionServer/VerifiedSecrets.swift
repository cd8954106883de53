import Containers

/// Passwords that were right before, so that coming back costs no hash.
///
/// Kept in memory alone. What differs from the secret kept goes the long way and is judged by hash.
struct VerifiedSecrets: ~Copyable {
    private struct Entry {
        var secret = Secret(repeating: 0)
        var isKnown = false
    }

    private let entries: FixedTable<Entry>

    init(count: Int) { entries = FixedTable(count: count) { _ in Entry() } }

    deinit { for index in 0..<entries.count { entries[index] = Entry() } }

    func remember(_ secret: Secret, of subject: Int) {
        entries[subject] = Entry(secret: secret, isKnown: true)
    }

    /// Compares in a time that does not depend on where the two differ.
    func matches(_ secret: Secret, of subject: Int) -> Bool {
        var difference: UInt8 = entries[subject].isKnown ? 0 : 1
        for index in 0..<32 { difference |= secret[index] ^ entries[subject].secret[index] }
        return difference == 0
    }
}
