import Glibc

/// Something the operating system refused: what was tried, on what, and the system's reason.
public struct SystemError: Error, CustomStringConvertible, Equatable {
    /// What was tried, as the start of a sentence: "the file /dev/shm/x cannot be created".
    public var attempt: String
    /// The system's error number, 0 when the reason is in the attempt.
    public var code: Int32

    public init(_ attempt: String, code: Int32) {
        self.attempt = attempt
        self.code = code
    }

    public var description: String {
        code == 0 ? attempt : "\(attempt): \(Self.reason(code))"
    }

    /// The system's words for an error number.
    public static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
