import CLinux
import Glibc

/// Hashes of passwords in the form that `crypt(3)` of the system reads and writes.
public enum PasswordHash {
    /// What yescrypt costs for passwords that people choose: libcrypt's own standard.
    public static var standardCost: Int { 5 }

    /// yescrypt over 64 KiB, about 0.15 ms. Too cheap for passwords that people choose; for a secret
    /// of 128 random bits nothing but the one-way property counts, and checks must be quick.
    private static var randomSecretSetting: String { "$y$j35$" }

    /// Whether `password` is the one that `hash` was made from. A hash that libcrypt cannot read fits
    /// no password. Takes as long as the hash's cost says; never call it on the order path.
    public static func verify(hash: String, password: String) -> Bool {
        guard let computed = compute(password: password, setting: hash) else { return false }
        return isSame(computed, hash)
    }

    /// Hashes a password with yescrypt at a cost of 1 to 11; each step doubles time and memory.
    public static func make(password: String, cost: Int = standardCost) throws(SystemError)
        -> String
    {
        var setting = [CChar](repeating: 0, count: capacity)
        let result = clinux_crypt_setting("$y$", UInt(max(0, cost)), &setting, setting.count)
        guard result == 0 else {
            throw SystemError("a password hash of cost \(cost) cannot be made", code: -result)
        }
        return try hash(password, setting: text(setting))
    }

    /// A new secret of 130 random bits, and a hash of it that is quick to check.
    public static func makeRandom() throws(SystemError) -> (secret: String, hash: String) {
        var bytes = [UInt8](repeating: 0, count: 26 + 20)
        let result = clinux_random(&bytes, bytes.count)
        guard result == 0 else { throw SystemError("random bytes cannot be had", code: -result) }
        // 26 letters and digits of 5 bits each, none of which reads like another; 20 of salt.
        let secret = spell(bytes[..<26], "abcdefghijkmnpqrstuvwxyz23456789")
        let salt = spell(bytes[26...], "./0123456789ABCDEFGHIJKLMNOPQRST")
        return (secret, try hash(secret, setting: randomSecretSetting + salt))
    }

    private static var capacity: Int { 384 }

    private static func hash(_ password: String, setting: String) throws(SystemError) -> String {
        guard let hash = compute(password: password, setting: setting) else {
            throw SystemError("a password hash cannot be made with \(setting)", code: EINVAL)
        }
        return hash
    }

    private static func compute(password: String, setting: String) -> String? {
        // C strings end at a zero byte: a password with one inside would be cut short.
        guard !password.utf8.contains(0), !setting.utf8.contains(0) else { return nil }
        var output = [CChar](repeating: 0, count: capacity)
        guard clinux_crypt(password, setting, &output, output.count) == 0 else { return nil }
        return text(output)
    }

    /// Compares in a time that depends on the lengths alone.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= a[index] ^ b[index] }
        return difference == 0
    }

    private static func spell(_ bytes: ArraySlice<UInt8>, _ alphabet: StaticString) -> String {
        precondition(alphabet.utf8CodeUnitCount == 32, "five bits choose among 32 letters")
        return alphabet.withUTF8Buffer { letters in
            String(decoding: bytes.map { letters[Int($0 & 31)] }, as: UTF8.self)
        }
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
