import Domain
import Exchange
import Glibc
import LinuxPlatform
import LocalVenue
import Rings
import Streams
import Surface
import Testing

extension VenueSuites {
    /// What a running venue shows other programs.
    @Suite("Shown")
    struct ShownVenueTests {
        @Test("Another program sees configuration, events, and when the engine was done")
        func seenFromOutside() throws {
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            var reader: SurfaceReader?
            try withVenue(configuration) { venue in
                let seen = try SurfaceReader.attach(name: name)
                reader = seen
                #expect(seen.processID == getpid())
                let shown = try Configuration(parsing: Array(seen.configuration.utf8))
                #expect(shown.market == configuration.market)
                #expect(shown.limits == configuration.limits)
                #expect(shown.runtime.port == venue.port)
                #expect(shown.runtime.threads != .automatic)

                var events = try seen.events(from: .newest)
                let client = try venue.member(.one)
                for id: UInt64 in 1...20 {
                    _ = try client.order(id: id, side: 1, lots: 1, price: Double(id))
                }
                // The session's start and twenty orders, published before they were answered.
                var sequences: [UInt64] = []
                reading: while true {
                    switch events.next() {
                    case .record:
                        let event = events.record
                        let done = seen.engineOut.time(of: event.sequence)
                        #expect(!done.isNone && done >= event.timeIn)
                        #expect(done.nanos(since: event.timeIn) < 10_000_000_000)
                        sequences.append(event.sequence)
                    case .empty: break reading
                    case let other:
                        Issue.record("\(other)")
                        break reading
                    }
                }
                #expect(Set(sequences).count == 21)
                #expect(sequences == sequences.sorted())
                #expect(seen.isLive)
            }
            #expect(try #require(reader).isLive == false)
        }

        @Test("Another program sees when each answered request passed which point")
        func stampsFromOutside() throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { venue in
                let seen = try SurfaceReader.attach(name: configuration.runtime.name)
                var stamps = try seen.stamps(from: .newest)
                let client = try venue.member(.one)
                let first = client.next
                var answers: [Message] = []
                for id: UInt64 in 1...20 {
                    answers += try client.order(id: id, side: 1, lots: 1, price: Double(id))
                }
                // Stamps are shown before the answer leaves.
                var seenStamps: [RequestStamps] = []
                while case .record = stamps.next() { seenStamps.append(stamps.record) }
                let ofOrders = seenStamps.filter { $0.msgSeqNum >= first }
                try #require(ofOrders.count == 20 && answers.count == 20)
                for (times, answer) in zip(ofOrders, answers) {
                    #expect(
                        times.sessionID == 10001 && times.templateID == answer.template.rawValue)
                    #expect(times.msgSeqNum == UInt32(answer.field("MsgSeqNum")))
                    #expect(times.execID.nanos == answer.field("ExecID"))
                    #expect(times.engineOut.nanos == answer.field("TrdRegTSTimeOut"))
                    #expect(times.gatewayOut.nanos == answer.field("SendingTime"))
                    let points = [
                        times.gatewayIn, times.engineIn, times.execID, times.engineOut,
                        times.answerIn, times.gatewayOut,
                    ]
                    #expect(points == points.sorted())
                }
            }
        }

        @Test("A second venue of a name does not start, and the first trades on")
        func nameTaken() throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { venue in
                #expect {
                    _ = try LocalVenue(configuration)
                } throws: {
                    "\($0)".contains("a venue named \(configuration.runtime.name) runs already")
                }
                let reader = try SurfaceReader.attach(name: configuration.runtime.name)
                try expectTrading(venue)
                #expect(reader.isLive)
            }
        }

        @Test("Without the shared memory the venue runs unseen and says so")
        func unseen() throws {
            for part in [SurfacePart.config, .events] {
                let configuration = Configuration.onAnyPort
                // A folder where the file belongs can neither be replaced nor written.
                let path = SharedMemory.path(name: configuration.runtime.name, part: part.rawValue)
                mkdir(path, 0o700)
                defer { rmdir(path) }
                try withVenue(configuration) { venue in
                    #expect(
                        venue.notes.contains {
                            $0.hasPrefix("other programs cannot look at this venue: ")
                                && $0.contains(path)
                        })
                    #expect(throws: SurfaceError.self) {
                        _ = try SurfaceReader.attach(name: configuration.runtime.name)
                    }
                    try expectTrading(venue)
                }
            }
        }

        @Test("A venue that is not to be shown leaves nothing under its name")
        func hidden() throws {
            let configuration = Configuration.onAnyPort
            let venue = try LocalVenue(configuration, isShown: false)
            try venue.start()
            defer { venue.stop() }
            for part in SurfacePart.allCases {
                let path = SharedMemory.path(name: configuration.runtime.name, part: part.rawValue)
                #expect(access(path, F_OK) != 0)
            }
            try expectTrading(venue)
        }

        @Test(
            "A killed venue is over at once, and its leftovers are no hindrance",
            .enabled(
                if: Program.exists("apus-exchange"), "apus-exchange is not built beside the tests"))
        func killed() throws {
            let name = uniqueVenueName()
            let arguments = ["--port", "0", "--name", name]
            let first = try Program("apus-exchange", arguments)
            _ = first.line()
            #expect(first.line() == "ready")
            let reader = try SurfaceReader.attach(name: name)
            #expect(reader.processID == first.identifier)
            first.signal(SIGKILL)
            #expect(first.exitStatus() == -1)
            #expect(!reader.isLive)
            #expect(throws: SurfaceError.self) { _ = try SurfaceReader.attach(name: name) }

            let second = try Program("apus-exchange", arguments)
            _ = second.line()
            #expect(second.line() == "ready")
            let successor = try SurfaceReader.attach(name: name)
            #expect(successor.processID == second.identifier)
            #expect(successor.genesis != reader.genesis)
            let third = try Program("apus-exchange", arguments)
            #expect(third.exitStatus() == 1)
            #expect(
                third.rest().errors
                    == "apus-exchange: a venue named \(name) runs already "
                    + "(process \(second.identifier))\n")
            second.signal(SIGTERM)
            #expect(second.exitStatus() == 0)
            for part in SurfacePart.allCases {
                #expect(access(SharedMemory.path(name: name, part: part.rawValue), F_OK) != 0)
            }
        }
    }
}
