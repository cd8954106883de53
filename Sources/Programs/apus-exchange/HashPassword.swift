import CommandLineTool
import Exchange
import LinuxPlatform

/// Prints a hash for the configuration file.
func hashPassword(_ arguments: Arguments) throws {
    if arguments.flag("random") {
        let made = try PasswordHash.makeRandom()
        print("password \(made.secret)\nhash \(made.hash)")
        return
    }
    let line = try File.standardInput().prefix { $0 != UInt8(ascii: "\n") }
    // The password field of a logon: 32 bytes, of which trailing zeros do not count.
    guard (1...32).contains(line.count), line.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw UsageError(
            "the password on standard input has to be 1 to 32 printable ASCII characters.")
    }
    print(try PasswordHash.make(password: String(decoding: line, as: UTF8.self)))
}
