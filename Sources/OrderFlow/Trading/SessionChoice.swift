import Client
import CommandLineTool
import Glibc

/// The arguments by which a program that trades is told where, and as whom.
public enum SessionChoice {
    /// `session` is the default; with nil there is none.
    public static func options(session: UInt32?) -> [Option] {
        [
            .value("port", "N", "the venue's port", default: "19043"),
            .value(
                "session", "N", "trading session to log on", default: session.map { "\($0)" }),
            .value("password", "P", "its password (default: $APUS_PASSWORD)"),
            .value("trader", "N", "trader to log on"),
            .value(
                "trader-password", "P", "the trader's password (default: $APUS_TRADER_PASSWORD)"),
        ]
    }

    /// For the end of a program's help.
    public static let note =
        "Sessions 10001, 20001 and 30001 of the demonstration market need no passwords here. Other "
        + "passwords are better given in the environment than as arguments, which every user of the "
        + "machine can see."

    public static func port(_ arguments: Arguments) throws(UsageError) -> UInt16 {
        UInt16(try arguments.int("port", in: 1...65535, default: 19043))
    }

    /// Nil when no session is asked for.
    public static func credentials(
        _ arguments: Arguments, environment: (String) -> String? = Self.environment
    ) throws(UsageError) -> Credentials? {
        guard let session = try arguments.int("session", in: 1...0xFFFF_FFFE) else { return nil }
        let known = CredentialsFile.demonstration.first { Int($0.session) == session }
        let password = arguments.string("password") ?? environment("APUS_PASSWORD")
        let trader = try arguments.int("trader", in: 1...0xFFFF_FFFE)
        let traderPassword =
            arguments.string("trader-password") ?? environment("APUS_TRADER_PASSWORD")
        guard let password = password ?? known?.sessionPassword else {
            throw missing("--password or $APUS_PASSWORD", session)
        }
        guard let trader = trader.map({ UInt32($0) }) ?? known?.trader else {
            throw missing("--trader", session)
        }
        // The demonstration's traders have their number as password too.
        guard let traderPassword = traderPassword ?? known.map({ _ in "apus-\(trader)" }) else {
            throw missing("--trader-password or $APUS_TRADER_PASSWORD", session)
        }
        guard password.utf8.count <= 32, traderPassword.utf8.count <= 32 else {
            throw UsageError("passwords have at most 32 characters.")
        }
        return Credentials(
            session: UInt32(session), sessionPassword: password, trader: trader,
            traderPassword: traderPassword)
    }

    public static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func missing(_ what: String, _ session: Int) -> UsageError {
        UsageError("session \(session) is not of the demonstration market: expected \(what).")
    }
}
