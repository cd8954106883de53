import Domain
import Exchange
import Glibc
import LinuxPlatform
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// A morning: everybody comes at the same moment, with secrets made by machines.
    ///
    /// `APUS_LOGONS=10000` makes it the size that the design asks for.
    @Suite("Logon storm")
    struct LogonStormTests {
        private final class Arrival {
            let connection: TCPConnection
            init(port: UInt16) throws { connection = try TCPConnection(port: port) }
        }

        @Test("Sessions with machine-made secrets are all logged on within five seconds")
        func storm() throws {
            let asked = getenv("APUS_LOGONS").flatMap { Int(String(cString: $0)) }
            let count = asked ?? 300
            let secrets = try (0..<count).map { _ in try PasswordHash.makeRandom() }
            let configuration = Configuration.with { configuration in
                configuration.limits.connectionCapacity = count
                configuration.market.sessions = secrets.enumerated().map { position, secret in
                    SessionDefinition(
                        id: UInt32(100_000 + position), kind: .trading, unit: UnitIndex(0),
                        passwordHash: secret.hash)
                }
            }
            let frames = secrets.enumerated().map { position, secret in
                Frames.logon(
                    session: UInt32(100_000 + position), password: secret.secret,
                    heartbeat: 60_000)
            }
            try withVenue(configuration) { venue in
                let start = SystemClock.monotonicNanos()
                var arrivals: [Arrival] = []
                for frame in frames {
                    let arrival = try Arrival(port: venue.port)
                    let sent = try frame.withUnsafeBytes { try arrival.connection.send($0) }
                    #expect(sent == frame.count)
                    arrivals.append(arrival)
                }
                var loggedOn = 0
                for arrival in arrivals where try answer(to: arrival) == .logonResponse {
                    loggedOn += 1
                }
                let seconds = Double(SystemClock.monotonicNanos() - start) / 1e9
                #expect(loggedOn == count)
                #expect(seconds < 5, "\(count) logons took \(seconds) s")
                if asked != nil { print("\(count) logons took \(seconds) s") }
            }
        }

        /// The first message, which fits in one segment.
        private func answer(to arrival: Arrival) throws -> TemplateID? {
            guard try arrival.connection.waitReadable(timeoutMillis: 30_000) else { return nil }
            return try withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { buffer in
                guard case .bytes(let count) = try arrival.connection.receive(into: buffer),
                    case .frame(let template, _) = Framing.judgeResponse(
                        UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                else { return nil }
                return template
            }
        }
    }
}
