import SessionServer
import Telemetry
import TestSupport
import Testing

extension SessionServerSuites {
    @Suite("Counters of a port") struct SessionCounterTests {
        @Test("Each field is shown under its own name")
        func names() {
            let fields = Mirror(reflecting: SessionCounters()).children.compactMap(\.label)
            let names = SessionCounters.definitions.map { definition -> String in
                let reason = definition.labels.first { $0.key == "reason" }?.value
                let family = definition.family.replacing("port.", with: "")
                return reason.map { family + "_" + $0 } ?? family
            }
            #expect(fields.map(Self.snakeCase) == names)
        }

        private static func snakeCase(_ name: String) -> String {
            name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
        }

        @Test("What was counted is seen once it is shown, and gauges are of that moment")
        func shown() throws {
            let venue = ListenerVenue()
            let reader = try CounterReader(in: venue.counters.region, owner: venue.counters)
            func value(_ name: String) -> UInt64? { reader.value(of: "port.\(name)") }
            let first = venue.listening(90001)
            _ = venue.listening(90002)
            _ = first.exchange(Frames.shortOrder(2))
            _ = venue.client().exchange(Frames.logon(session: 90001, password: "wrong"))
            #expect(value("logons{port=drop_copy}") == 0)
            venue.listener.port.publishCounters()
            #expect(value("logons{port=drop_copy}") == 2)
            #expect(value("failed_logons{port=drop_copy}") == 1)
            #expect(value("rejects{reason=template,port=drop_copy}") == 1)
            #expect(value("rejects{reason=validation,port=drop_copy}") == 1)
            #expect(value("connections_accepted{port=drop_copy}") == 3)
            #expect(value("connections_open{port=drop_copy}") == 2)
            #expect(value("sessions_logged_on{port=drop_copy}") == 2)
            _ = first.exchange(Frames.logout(3))
            venue.listener.port.publishCounters()
            #expect(value("connections_open{port=drop_copy}") == 1)
            #expect(value("sessions_logged_on{port=drop_copy}") == 1)
            #expect(value("sessions_ended{port=drop_copy}") == 1)
        }
    }
}
