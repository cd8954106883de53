import Domain
import Platform
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("When things go wrong") struct FailureTests {
        @Test("Events behind the output gate stay in the ring, with all after them")
        func gate() {
            let venue = Venue()
            let client = venue.trading()
            let published = UInt64(venue.engine.taken.count)
            venue.engine.events.openGate(through: published + 1)
            client.send(Frames.shortOrder(3) + Frames.shortOrder(4) + Frames.shortOrder(5))
            venue.settle()
            #expect(client.take().map(\.answers) == [3])
            venue.engine.events.openGate(through: published + 2)
            venue.settle()
            #expect(client.take().map(\.answers) == [4])
            venue.engine.events.openGate(through: .max)
            venue.settle()
            #expect(client.take().map(\.answers) == [5])
        }

        @Test("A full command ring leaves requests unread, and loses none")
        func backPressure() {
            let venue = Venue(commandCapacity: 4)
            let client = venue.trading()
            venue.engine.isRunning = false
            client.send((3...20).flatMap { Frames.shortOrder($0) })
            venue.settle()
            #expect(venue.gateway.counters.commandRingFull > 0)
            #expect(!client.peer.pieces.isEmpty)
            let soon = Timestamp(nanos: FakeClock.nanos + 1_000_000)
            #expect(venue.gateway.nextDeadline <= soon)
            venue.engine.isRunning = true
            venue.settle()
            #expect(client.take().map(\.answers) == (3...20).map { UInt32($0) })
        }

        @Test("A record of several slots needs room for all of them")
        func wideRecords() {
            let venue = Venue(commandCapacity: 4)
            let client = venue.trading()
            venue.engine.isRunning = false
            client.send(
                (3...8).flatMap { number in
                    Frames.modify(number) { order in Frames.set("x") { order.freeText1 = $0 } }
                })
            for _ in 0..<50 {
                venue.engine.isRunning = true
                _ = venue.engine.step()
                venue.engine.isRunning = false
                venue.step()
            }
            #expect(client.take().map(\.answers) == (3...8).map { UInt32($0) })
            #expect(venue.engine.taken.dropFirst().allSatisfy { $0.slots.count == 3 })
        }

        @Test("The end of a session waits for room in the ring and is told exactly once")
        func pendingEnd() {
            let venue = Venue(commandCapacity: 2)
            let (first, second) = (venue.trading(10001), venue.trading(20001, trader: 21))
            venue.engine.isRunning = false
            first.send(Frames.shortOrder(3) + Frames.shortOrder(4))
            venue.settle()
            venue.network.hangUp(first.connection)
            venue.network.hangUp(second.connection)
            venue.settle()
            // A newcomer's start must not overtake the end of the instance before.
            let again = venue.client()
            #expect(again.exchange(Frames.logon()).isEmpty)
            #expect(venue.gateway.nextDeadline <= Timestamp(nanos: FakeClock.nanos + 1_000_000))
            venue.engine.isRunning = true
            venue.settle()
            #expect(again.take().map(\.template) == [.logonResponse])
            let kinds = venue.engine.taken.dropFirst(2).map(\.command.kind)
            #expect(
                kinds == [.newOrder, .newOrder, .sessionEnded, .sessionEnded, .sessionStarted])
        }

        @Test("Who does not read is cut when the output is full, and nobody waits for it")
        func slowConsumerBytes() {
            let venue = Venue()
            venue.network.unsentBytesMax = 4096
            let (slow, other) = (venue.trading(10001), venue.trading(20001, trader: 21))
            slow.peer.isStalled = true
            slow.send((3...100).flatMap { Frames.shortOrder($0) })
            other.send(Frames.shortOrder(3, trader: 21))
            venue.settle()
            #expect(slow.isClosed && slow.peer.wasAborted)
            #expect(other.take().map(\.answers) == [3])
            #expect(venue.gateway.port.counters.slowConsumersCut == 1)
            #expect(venue.engine.taken.filter { $0.command.kind == .sessionEnded }.count == 1)
            #expect(venue.trading(10001).exchange(Frames.shortOrder(3)).map(\.answers) == [3])
        }

        @Test("Who does not read is cut after five seconds, closing or not")
        func slowConsumerAge() {
            for logsOut in [false, true] {
                let venue = Venue()
                let slow = venue.trading()
                slow.peer.isStalled = true
                slow.send(logsOut ? Frames.logout(3) : Frames.shortOrder(3))
                venue.settle()
                FakeClock.advance(millis: 4990)
                venue.settle()
                #expect(!slow.isClosed)
                FakeClock.advance(millis: 20)
                venue.settle()
                #expect(slow.isClosed && slow.peer.wasAborted)
                #expect(venue.gateway.port.counters.slowConsumersCut == 1)
                #expect(venue.engine.taken.filter { $0.command.kind == .sessionEnded }.count == 1)
            }
        }

        @Test("Answers to an instance that is gone reach nobody, least of all its successor")
        func crossing() {
            let venue = Venue()
            let old = venue.trading()
            venue.engine.answersAtOnce = false
            old.send(Frames.shortOrder(3) + Frames.shortOrder(4))
            venue.settle()
            venue.network.hangUp(old.connection)
            venue.settle()
            let new = venue.client()
            #expect(new.connection == old.connection)
            #expect(new.exchange(Frames.logon()).map(\.template) == [.logonResponse])
            new.send(Frames.userLogin(2, user: 11, password: "apus-11") + Frames.shortOrder(3))
            venue.settle()
            #expect(new.take().map(\.template) == [.userLoginResponse])
            // Old orders and session commands first, the newcomer's order last.
            #expect(venue.engine.unanswered.map(\.sessionInstanceID) == [1, 1, 1, 2, 2])
            while venue.engine.unanswered.count > 1 { venue.engine.answerNext() }
            venue.settle()
            #expect(new.take().isEmpty)
            #expect(venue.gateway.counters.eventsWithoutReader == 2)
            venue.engine.answerNext()
            venue.settle()
            #expect(new.take().map(\.answers) == [3])
        }

        @Test("Sessions come and go at random: each start has one end, each answer its asker")
        func churn() {
            var random = TestRandom(seed: 5)
            let venue = Venue(commandCapacity: 4)
            var clients: [TestClient] = []
            for _ in 0..<1500 {
                switch random.next() % 6 {
                case 0 where clients.count < 8:
                    let client = venue.client()
                    client.send(
                        Frames.logon(session: random.next() % 2 == 0 ? 10001 : 10002)
                            + Frames.userLogin(2, user: 11, password: "apus-11"))
                    client.nextMsgSeqNum = 3
                    clients.append(client)
                case 1 where !clients.isEmpty:
                    let client = clients.remove(at: Int(random.next() % UInt64(clients.count)))
                    if client.isClosed == false { venue.network.hangUp(client.connection) }
                case 2: venue.engine.isRunning.toggle()
                default:
                    if let client = clients.randomElement(using: &random), !client.isClosed {
                        client.send(Frames.shortOrder(client.nextMsgSeqNum))
                        client.nextMsgSeqNum += 1
                    }
                }
                venue.step()
                for client in clients {
                    let answers = client.take().compactMap(\.answers)
                    #expect(answers == answers.sorted())
                }
                clients.removeAll { $0.isClosed }
            }
            venue.engine.isRunning = true
            for client in clients { venue.network.hangUp(client.connection) }
            venue.settle()
            let commands = venue.engine.taken.map(\.command)
            for session in [0, 1] {
                var open: UInt32?
                for command in commands where command.session == SessionIndex(session) {
                    switch command.kind {
                    case .sessionStarted:
                        #expect(open == nil)
                        open = command.sessionInstanceID
                    case .sessionEnded:
                        #expect(open == command.sessionInstanceID)
                        open = nil
                    default: #expect(open == command.sessionInstanceID)
                    }
                }
                #expect(open == nil)
            }
        }
    }
}
