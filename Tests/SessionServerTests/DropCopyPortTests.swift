import Domain
import Platform
import SessionServer
import TestSupport
import Testing
import Wire

/// All suites of the room that run a port, one test at a time: they share a clock.
@Suite("Session server", .serialized)
enum SessionServerSuites {}

extension SessionServerSuites {
    /// What a port tells and asks its agent, and what differs between the two ports. The rules of the
    /// session layer itself are tested with the gateway.
    @Suite("A port that offers the drop copy") struct DropCopyPortTests {
        @Test("Back office and market operations log on; a trading session is as good as unknown")
        func kinds() {
            for session in [90001, 90002, 90000] as [UInt32] {
                let venue = ListenerVenue()
                let answers = venue.client().exchange(
                    Frames.logon(session: session, password: "apus-\(session)"))
                #expect(answers.map(\.template) == [.logonResponse])
                #expect(venue.listener.notes == [.started(session, instance: 1)])
            }
            var texts: Set<String> = []
            for (session, password) in [(10001, "apus-10001"), (90001, "wrong"), (77, "x")] {
                let venue = ListenerVenue()
                let client = venue.client()
                let answers = client.exchange(
                    Frames.logon(session: UInt32(session), password: password))
                #expect(answers.map(\.reject) == [Refused(210, status: 4, msgSeqNum: 1)])
                texts.insert(answers.first?.text ?? "")
                #expect(client.peer.isClosed && venue.listener.notes.isEmpty)
            }
            #expect(texts.count == 1)
        }

        @Test("Orders are not offered here; users of the own unit may log in")
        func templates() {
            let venue = ListenerVenue()
            let client = venue.listening(90001)
            #expect(
                client.exchange(Frames.shortOrder(2)).map(\.reject) == [Refused(11, msgSeqNum: 2)])
            #expect(
                client.exchange(Frames.userLogin(3, user: 11, password: "apus-11")).map(\.template)
                    == [.userLoginResponse])
            #expect(
                client.exchange(Frames.userLogin(4, user: 21, password: "apus-21")).map(\.reject)
                    == [Refused(210, msgSeqNum: 4)])
            #expect(
                client.exchange(Frames.shortOrder(5)).map(\.reject) == [Refused(11, msgSeqNum: 5)])
        }

        @Test("Trades have no scope, listener data that of the own unit, for operations any")
        func scopes() {
            let table: [(UInt32, stream: UInt8, scope: UInt32, isAllowed: Bool)] = [
                (90001, 1, .max, true), (90001, 1, 10001, false),
                (90001, 5, .max, true), (90001, 5, 10001, true), (90001, 5, 90001, true),
                (90001, 5, 20001, false), (90001, 5, 55, false), (90001, 5, 90000, false),
                (90002, 5, 20001, true), (90002, 5, 10001, false),
                (90000, 5, .max, true), (90000, 5, 10001, true), (90000, 5, 20001, true),
                (90000, 5, 55, false),
                (90001, 2, .max, true), (90001, 3, 1, true), (90001, 3, 2, false),
                (90001, 10, .max, true), (90001, 4, .max, false), (90001, 6, .max, false),
            ]
            for row in table {
                let venue = ListenerVenue()
                let answers = venue.listening(row.0).exchange(
                    Frames.subscribe(2, stream: row.stream, scope: row.scope))
                #expect(
                    answers.map(\.template) == [row.isAllowed ? .subscribeResponse : .reject],
                    "session \(row.0), stream \(row.stream), scope \(row.scope)")
                if !row.isAllowed { #expect(answers.first?.reject == Refused(5, msgSeqNum: 2)) }
            }
        }

        @Test("A session of another unit is refused with the words for one that does not exist")
        func strangers() {
            let venue = ListenerVenue()
            let client = venue.listening(90001)
            let texts = zip([20001, 55] as [UInt32], 2...).map {
                client.exchange(Frames.subscribe($1, stream: 5, scope: $0)).first?.text
            }
            #expect(texts[0] != nil && texts[0] == texts[1])
        }

        @Test("The agent hears of subscriptions and their handles, and may refuse one")
        func subscriptions() {
            let venue = ListenerVenue()
            let client = venue.listening(90001)
            venue.listener.outcomes = [.refused(Refusal(.serviceBusy))]
            #expect(
                client.exchange(Frames.subscribe(2, stream: 5)).map(\.reject)
                    == [Refused(102, msgSeqNum: 2)])
            let first = client.exchange(Frames.subscribe(3, stream: 5))
            #expect(first.first?.field("ApplSubID") == 1)
            let second = client.exchange(Frames.subscribe(4, stream: 1))
            #expect(second.first?.field("ApplSubID") == 2)
            #expect(
                client.exchange(Frames.subscribe(5, stream: 5)).map(\.reject)
                    == [Refused(5, msgSeqNum: 5)])
            #expect(
                client.exchange(Frames.unsubscribe(6, handle: 1)).map(\.template)
                    == [.unsubscribeResponse])
            #expect(
                venue.listener.notes == [
                    .started(90001, instance: 1), .subscribed(90001, handle: 1),
                    .subscribed(90001, handle: 2), .unsubscribed(90001, handle: 1),
                ])
        }

        @Test("An agent that has no room makes a session or a request wait, and is asked again")
        func retries() {
            let venue = ListenerVenue()
            let client = venue.client()
            venue.listener.outcomes = Array(repeating: .retries, count: 3)
            let answers = client.exchange(Frames.logon(session: 90001, password: "apus-90001"))
            #expect(answers.map(\.template) == [.logonResponse])
            #expect(venue.listener.outcomes.isEmpty)
            #expect(venue.listener.notes == [.started(90001, instance: 1)])
            venue.listener.outcomes = Array(repeating: .retries, count: 3)
            #expect(
                client.exchange(Frames.subscribe(2, stream: 1) + Frames.subscribe(3, stream: 5))
                    .map(\.template) == [.subscribeResponse, .subscribeResponse])
        }

        @Test("Each instance's end is told once, before the start of the one that replaces it")
        func ends() {
            let venue = ListenerVenue()
            let first = venue.listening(90001)
            let second = venue.listening(90001)
            #expect(first.peer.isClosed)
            venue.network.hangUp(second.connection)
            venue.settle()
            let third = venue.listening(90001)
            _ = third.exchange(Frames.logout(2))
            #expect(
                venue.listener.notes == [
                    .started(90001, instance: 1),
                    .ended(90001, instance: 1, .duplicateSessionLogin),
                    .started(90001, instance: 2), .ended(90001, instance: 2, .sessionLoss),
                    .started(90001, instance: 3), .ended(90001, instance: 3, .sessionLoss),
                ])
            #expect(venue.listener.port.counters.sessionsReplaced == 1)
        }

        @Test("What an agent writes goes to the instance it means and to no later one")
        func writing() {
            let venue = ListenerVenue()
            let session = venue.listener.port.reference.session(id: 90001)
            #expect(venue.listener.port.connection(of: session, instance: 1) == -1)
            let client = venue.listening(90001)
            let connection = venue.listener.port.connection(of: session, instance: 1)
            #expect(connection == client.connection.index)
            #expect(venue.listener.port.connection(of: session, instance: 2) == -1)
            let length = HeartbeatNotificationWriter.fixedLength
            let space = venue.listener.port.spaceIfRoom(connection, length)!
            let writer = HeartbeatNotificationWriter(space)
            writer.initialize()
            writer.sendingTime = 7
            venue.listener.port.commit(connection, length)
            #expect(venue.listener.port.unsentBytes(connection) == length)
            venue.settle()
            #expect(
                Message.takeAll(from: &client.peer.received).map(\.template)
                    == [.heartbeatNotification])
        }

        @Test("Asking for room harms nobody, insisting on it cuts who does not read")
        func slowReaders() {
            let venue = ListenerVenue()
            let client = venue.listening(90001)
            let index = client.connection.index
            venue.network.unsentBytesMax = 8
            #expect(venue.listener.port.spaceIfRoom(index, 16) == nil)
            #expect(!client.peer.isClosed)
            let space = venue.listener.port.space(index, 16)
            #expect(space == nil && client.peer.wasAborted)
            venue.settle()
            #expect(venue.listener.port.counters.slowConsumersCut == 1)
            #expect(venue.listener.notes.last == .ended(90001, instance: 1, .sessionLoss))
        }

        @Test("Stopping is done when every connection is closed and every end is told")
        func stop() {
            let venue = ListenerVenue()
            let client = venue.listening(90001)
            venue.control.requestStop()
            venue.settle()
            #expect(client.peer.isClosed && venue.control.isStopped)
            #expect(venue.listener.notes.last == .ended(90001, instance: 1, .sessionLoss))
        }
    }
}
