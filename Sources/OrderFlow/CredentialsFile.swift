import Client

/// Credentials as text: session, password, trader and password, with commas between.
public enum CredentialsFile {
    /// One set; `name` says where the text came from.
    static func parse(_ text: String, name: String) throws(ToolError) -> Credentials {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0).trimmingBlanks()
        }
        guard parts.count == 4, let session = UInt32(parts[0]), let trader = UInt32(parts[2]),
            !parts[1].isEmpty, !parts[3].isEmpty, parts[1].utf8.count <= 32,
            parts[3].utf8.count <= 32
        else {
            throw .input("\(name): expected session,password,trader,password")
        }
        return Credentials(
            session: session, sessionPassword: parts[1], trader: trader, traderPassword: parts[3])
    }

    /// A back office: session and password.
    static func parseOffice(
        _ text: String, name: String
    ) throws(ToolError) -> BackOfficeCredentials {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0).trimmingBlanks()
        }
        guard parts.count == 2, let session = UInt32(parts[0]), !parts[1].isEmpty,
            parts[1].utf8.count <= 32
        else { throw .input("\(name): expected session,password") }
        return BackOfficeCredentials(session: session, password: parts[1])
    }

    /// One set a line; empty lines and those that start with # are passed over.
    static func read(_ path: String) throws(ToolError) -> [Credentials] {
        let text = String(decoding: try InputFile.read(path), as: UTF8.self)
        var credentials: [Credentials] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = String(line).trimmingBlanks()
            if line.isEmpty || line.hasPrefix("#") { continue }
            credentials.append(try parse(line, name: "\(path), line \(index + 1)"))
        }
        guard !credentials.isEmpty else {
            throw .input("\(path) has no line of session,password,trader,password")
        }
        return credentials
    }

    /// The demonstration market's trading sessions.
    public static let demonstration: [Credentials] = (1...3).map { unit in
        Credentials(
            session: UInt32(unit * 10_000 + 1), sessionPassword: "apus-\(unit)",
            trader: UInt32(unit * 10 + 1), traderPassword: "apus-\(unit)1")
    }
}

extension String {
    fileprivate func trimmingBlanks() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Where the venue is.
enum VenueAddress {
    /// The venue listens on this machine only, so its address is no choice yet.
    static func check(_ host: String) throws(ToolError) {
        guard host == "127.0.0.1" || host == "localhost" else {
            throw .input("--host is \"\(host)\", expected 127.0.0.1: venues are on this machine")
        }
    }
}
