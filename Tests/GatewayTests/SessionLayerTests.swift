import Domain
import Platform
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Logon") struct LogonTests {
        @Test("The response tells the terms, and the engine hears of the session before its client")
        func logon() throws {
            let venue = Venue()
            let client = venue.client()
            client.send(Frames.logon(heartbeat: 50))
            venue.settle()
            let response = try #require(client.take().first)
            #expect(response.template == .logonResponse)
            #expect(response.field("HeartBtInt") == 100)
            #expect(response.field("SessionInstanceID") == 1)
            #expect(response.field("MarketID") == 1)
            #expect(response.field("TradSesMode") == 2)
            #expect(response.field("ThrottleNoMsgs") == 0)
            let command = try #require(venue.engine.taken.first).command
            #expect(command.kind == .sessionStarted)
            #expect(command.session == SessionIndex(0) && command.sessionInstanceID == 1)
            #expect(client.peer.isPromoted)
        }

        @Test("Whatever is wrong with session or password gets the same answer, and a close")
        func credentials() throws {
            let table: [(UInt32, String)] = [
                (10001, "wrong"), (99999, "apus-1"), (90001, "apus-9"), (10001, "apus-2"),
                (10001, "apus-1x"),
            ]
            var texts: Set<String> = []
            for (session, password) in table {
                let venue = Venue()
                let client = venue.client()
                let answers = client.exchange(Frames.logon(session: session, password: password))
                #expect(answers.map(\.reject) == [Refused(210, status: 4, msgSeqNum: 1)])
                texts.insert(answers.first?.text ?? "")
                #expect(client.isClosed)
                #expect(venue.engine.taken.isEmpty)
            }
            #expect(texts.count == 1)
        }

        @Test("The operations session may log on, but enters no orders and has no traders")
        func operations() {
            let venue = Venue()
            let client = venue.client()
            let answers = client.exchange(Frames.logon(session: 90000, password: "apus-9"))
            #expect(answers.map(\.template) == [.logonResponse])
            #expect(
                client.exchange(Frames.shortOrder(2)).map(\.reject) == [Refused(11, msgSeqNum: 2)])
            #expect(
                client.exchange(Frames.userLogin(3, user: 11, password: "apus-11")).map(\.reject)
                    == [Refused(11, msgSeqNum: 3)])
        }

        @Test("Anything before the logon ends the connection")
        func firstMessage() {
            let table: [([UInt8], Refused)] = [
                (Frames.shortOrder(1), Refused(99, status: 4, msgSeqNum: 1)),
                (Frames.logout(1), Refused(99, status: 4, msgSeqNum: 1)),
                (Frames.heartbeat(), Refused(99, status: 4, msgSeqNum: 0)),
                (Frames.logon(2), Refused(99, status: 4, msgSeqNum: 2)),
                (Frames.logon(0), Refused(99, status: 4, msgSeqNum: 0)),
                (
                    Frames.raw(template: 9999, length: 40, msgSeqNum: 7),
                    Refused(99, status: 4, msgSeqNum: 7)
                ),
                (
                    Frames.raw(template: 10000, length: 24, msgSeqNum: 1),
                    Refused(5, status: 4, msgSeqNum: 0)
                ),
                (Frames.logon(version: "9.1"), Refused(210, status: 4, msgSeqNum: 1)),
                (Frames.logon(password: ""), Refused(1, status: 4, msgSeqNum: 1)),
            ]
            for (frame, expected) in table {
                let venue = Venue()
                let client = venue.client()
                #expect(client.exchange(frame + Frames.logon()).map(\.reject) == [expected])
                #expect(client.isClosed)
            }
        }

        @Test("Without a logon a connection is closed after 30 seconds")
        func timeout() {
            let venue = Venue()
            let (idle, busy) = (venue.client(), venue.trading())
            venue.settle()
            for _ in 0..<29 {
                FakeClock.advance(millis: 1000)
                busy.send(Frames.heartbeat())
                venue.settle()
            }
            #expect(!idle.isClosed)
            FakeClock.advance(millis: 1001)
            busy.send(Frames.heartbeat())
            venue.settle()
            #expect(idle.isClosed && !busy.isClosed)
            #expect(venue.gateway.port.counters.logonTimeouts == 1)
        }

        @Test("A second logon on the same connection ends the session")
        func repeated() {
            let venue = Venue()
            let client = venue.trading()
            let answers = client.exchange(Frames.logon(3))
            #expect(answers.map(\.reject) == [Refused(99, status: 4, msgSeqNum: 3)])
            #expect(client.isClosed)
            #expect(venue.engine.taken.last?.command.kind == .sessionEnded)
            #expect(venue.engine.taken.last?.command.massActionReason == .sessionLoss)
        }

        @Test("On another connection the newcomer replaces the old instance, with reason 7")
        func replaced() {
            let venue = Venue()
            let old = venue.trading()
            let new = venue.client()
            // A wrong password replaces nobody.
            let liar = venue.client()
            _ = liar.exchange(Frames.logon(password: "wrong"))
            #expect(!old.isClosed)

            let answers = new.exchange(Frames.logon())
            #expect(answers.map(\.template) == [.logonResponse])
            #expect(answers.first?.field("SessionInstanceID") == 2)
            #expect(old.take().map(\.template) == [.forcedLogoutNotification])
            #expect(old.isClosed && !new.isClosed)
            let kinds = venue.engine.taken.map(\.command.kind)
            #expect(kinds == [.sessionStarted, .sessionEnded, .sessionStarted])
            let ended = venue.engine.taken[1].command
            #expect(ended.massActionReason == .duplicateSessionLogin)
            #expect(ended.sessionInstanceID == 1)
        }

        @Test("A session's own password check comes once; coming back costs none")
        func cache() {
            let venue = Venue()
            _ = venue.trading(trader: nil)
            #expect(venue.gateway.port.counters.passwordChecks == 1)
            venue.checksPasswords = false
            let again = venue.client()
            #expect(again.exchange(Frames.logon()).map(\.template) == [.logonResponse])
            let wrong = venue.client()
            #expect(wrong.exchange(Frames.logon(password: "apus-2")).isEmpty)
            #expect(venue.gateway.port.counters.passwordChecks == 2)
        }

        @Test("What is sent behind a logon waits for the password check and is then answered")
        func pipelined() {
            let venue = Venue()
            let client = venue.client()
            venue.checksPasswords = false
            #expect(
                client.exchange(
                    Frames.logon() + Frames.userLogin(2, user: 11, password: "apus-11")
                        + Frames.shortOrder(3)
                ).isEmpty)
            venue.checksPasswords = true
            venue.settle()
            #expect(
                client.take().map(\.template) == [
                    .logonResponse, .userLoginResponse, .newOrderNRResponse,
                ])
        }

        @Test("When too many passwords wait the next is refused as busy")
        func busy() {
            let venue = Venue(passwordQueue: 2)
            venue.checksPasswords = false
            let clients = (0..<3).map { _ in venue.client() }
            for client in clients { client.send(Frames.logon()) }
            venue.settle()
            #expect(clients[2].take().map(\.reject) == [Refused(102, status: 4, msgSeqNum: 1)])
            venue.checksPasswords = true
            venue.settle()
            #expect(
                clients[0].take().map(\.template) == [.logonResponse, .forcedLogoutNotification])
            #expect(clients[1].take().map(\.template) == [.logonResponse])
        }

        @Test("After failures even the right password must wait, and then it is right again")
        func backOff() {
            let venue = Venue()
            for _ in 0..<4 {
                _ = venue.client().exchange(Frames.logon(password: "wrong"))
            }
            let early = venue.client().exchange(Frames.logon())
            #expect(early.map(\.reject) == [Refused(210, status: 4, msgSeqNum: 1)])
            FakeClock.advance(millis: 250)
            #expect(venue.client().exchange(Frames.logon()).map(\.template) == [.logonResponse])
        }

        @Test("A verdict does not reach the next user of a connection's place")
        func staleVerdict() {
            let venue = Venue()
            venue.checksPasswords = false
            let first = venue.client()
            _ = first.exchange(Frames.logon())
            venue.network.hangUp(first.connection)
            venue.settle()
            let second = venue.client()
            #expect(second.connection == first.connection)
            _ = second.exchange(Frames.logon(session: 20001, password: "wrong"))
            venue.checksPasswords = true
            venue.settle()
            #expect(second.take().map(\.reject) == [Refused(210, status: 4, msgSeqNum: 1)])
            #expect(venue.engine.taken.isEmpty)
        }
    }

    @Suite("A session's life") struct SessionLifeTests {
        @Test("Logout is answered, then the connection closed and the session lost")
        func logout() {
            let venue = Venue()
            let client = venue.trading()
            let answers = client.exchange(Frames.logout(3) + Frames.shortOrder(4))
            #expect(answers.map(\.template) == [.logoutResponse])
            #expect(client.isClosed)
            #expect(venue.engine.taken.map(\.command.kind) == [.sessionStarted, .sessionEnded])
        }

        @Test("Users log in and out by the rules")
        func users() {
            let venue = Venue()
            let client = venue.trading(trader: nil)
            let table: [([UInt8], TemplateID, UInt32?)] = [
                (Frames.shortOrder(2), .reject, 210),
                (Frames.userLogin(3, user: 11, password: "wrong"), .reject, 210),
                (Frames.userLogin(4, user: 21, password: "apus-21"), .reject, 210),
                (Frames.userLogin(5, user: 99, password: "apus-99"), .reject, 210),
                (Frames.userLogin(6, user: 11, password: "apus-11"), .userLoginResponse, nil),
                (Frames.userLogin(7, user: 11, password: "apus-11"), .reject, 211),
                (Frames.shortOrder(8), .newOrderNRResponse, nil),
                (Frames.shortOrder(9, trader: 12), .reject, 210),
                (Frames.userLogin(10, user: 12, password: "apus-12"), .userLoginResponse, nil),
                (Frames.shortOrder(11, trader: 12), .newOrderNRResponse, nil),
                (Frames.userLogout(12, user: 11), .userLogoutResponse, nil),
                (Frames.userLogout(13, user: 11), .reject, 210),
                (Frames.userLogout(14, user: 99), .reject, 210),
                (Frames.shortOrder(15), .reject, 210),
                (Frames.userLogin(16, user: 11, password: "apus-11"), .userLoginResponse, nil),
            ]
            for (frame, template, reason) in table {
                let answers = client.exchange(frame)
                #expect(answers.map(\.template) == [template])
                #expect(answers.first?.reject?.reason == reason)
            }
        }

        @Test("A trader may be logged in on several sessions of his unit")
        func severalSessions() {
            let venue = Venue()
            let (first, second) = (venue.trading(10001), venue.trading(10002))
            #expect(first.exchange(Frames.shortOrder(3)).map(\.template) == [.newOrderNRResponse])
            #expect(second.exchange(Frames.shortOrder(3)).map(\.template) == [.newOrderNRResponse])
        }

        @Test("Streams are subscribed once each; those of another port or kind are refused")
        func subscriptions() {
            let venue = Venue()
            let client = venue.trading(trader: nil)
            let table: [([UInt8], TemplateID)] = [
                (Frames.subscribe(2, stream: 2), .subscribeResponse),
                (Frames.subscribe(3, stream: 2), .reject),
                (Frames.subscribe(4, stream: 3), .subscribeResponse),
                (Frames.subscribe(5, stream: 3, scope: 1), .subscribeResponse),
                (Frames.subscribe(6, stream: 3, scope: 9), .reject),
                (Frames.subscribe(7, stream: 10), .subscribeResponse),
                (Frames.subscribe(8, stream: 2, scope: 5), .reject),
                (Frames.subscribe(9, stream: 1), .reject),
                (Frames.subscribe(10, stream: 4), .reject),
                (Frames.subscribe(11, stream: 5), .reject),
                (Frames.subscribe(12, stream: 6), .reject),
                (Frames.subscribe(13, stream: 7), .reject),
                (Frames.subscribe(14, stream: 11), .reject),
                (Frames.unsubscribe(15, handle: 1), .unsubscribeResponse),
                (Frames.unsubscribe(16, handle: 1), .reject),
                (Frames.subscribe(17, stream: 2), .subscribeResponse),
            ]
            for (frame, template) in table {
                let answers = client.exchange(frame)
                #expect(answers.map(\.template) == [template])
                if template == .reject { #expect(answers.first?.reject?.reason == 5) }
            }
        }

        @Test("Heartbeats go out every interval beside all else, and silence ends the session")
        func heartbeats() {
            let venue = Venue()
            let client = venue.client()
            client.send(Frames.logon(heartbeat: 1000))
            venue.settle()
            _ = client.take()
            for second in 1...2 {
                FakeClock.advance(millis: 1000)
                venue.settle()
                #expect(client.take().map(\.template) == [.heartbeatNotification], "\(second)")
            }
            client.send(Frames.heartbeat())
            venue.settle()
            for _ in 1...2 {
                FakeClock.advance(millis: 1000)
                venue.settle()
                #expect(client.take().map(\.template) == [.heartbeatNotification])
            }
            FakeClock.advance(millis: 1001)
            venue.settle()
            let last = client.take()
            #expect(last.map(\.template) == [.forcedLogoutNotification])
            #expect(last.first?.text.contains("152") == true)
            #expect(client.isClosed)
            #expect(venue.engine.taken.last?.command.kind == .sessionEnded)
            #expect(venue.gateway.port.counters.heartbeatViolations == 1)
        }

        @Test("An idle venue may sleep until its next timer, an empty one for ever")
        func deadlines() {
            let venue = Venue()
            venue.settle()
            #expect(venue.gateway.nextDeadline == .none)
            let client = venue.client()
            client.send(Frames.logon(heartbeat: 1000))
            venue.settle()
            FakeClock.advance(millis: 6000)
            client.send(Frames.heartbeat())
            venue.settle()
            let deadline = venue.gateway.nextDeadline
            #expect(deadline > Timestamp(nanos: FakeClock.nanos))
            #expect(deadline <= Timestamp(nanos: FakeClock.nanos + 1_000_000_000))
            venue.network.hangUp(client.connection)
            venue.settle()
            FakeClock.advance(millis: 10_000)
            venue.settle()
            FakeClock.advance(millis: 10_000)
            venue.settle()
            #expect(venue.gateway.nextDeadline == .none)
        }

        @Test("Stopping tells every session, and is done when the engine knows of all of them")
        func stop() {
            let venue = Venue()
            let clients = [venue.trading(10001), venue.trading(20001, trader: 21)]
            let bystander = venue.client()
            venue.settle()
            venue.engine.isRunning = false
            venue.control.requestStop()
            venue.settle()
            for client in clients {
                #expect(client.take().map(\.template) == [.forcedLogoutNotification])
                #expect(client.isClosed)
            }
            #expect(bystander.isClosed && !venue.network.isAccepting)
            #expect(venue.control.isStopped)
            venue.engine.isRunning = true
            venue.settle()
            #expect(venue.engine.taken.filter { $0.command.kind == .sessionEnded }.count == 2)
        }
    }
}
