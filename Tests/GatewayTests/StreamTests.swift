import Domain
import Platform
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Bytes as they come") struct StreamTests {
        /// A session's worth of requests, with gateway and engine answering in turn.
        static var script: [UInt8] {
            var frames =
                [
                    Frames.logon(), Frames.userLogin(0, user: 11, password: "apus-11"),
                    Frames.shortOrder(0) { $0.partyIDClientID = 5 }, Frames.order(0),
                    Frames.subscribe(0, stream: 2), Frames.shortOrder(0) { $0.side = 9 },
                    Frames.deleteAll(0), Frames.shortModify(0),
                    Frames.raw(template: 9000, length: 56, msgSeqNum: 0), Frames.modify(0),
                    Frames.delete(0), Frames.userLogin(0, user: 12, password: "apus-12"),
                    Frames.logout(0),
                ]
            for index in frames.indices { setMsgSeqNum(&frames[index], UInt32(index + 1)) }
            frames.insert(Frames.heartbeat(), at: 4)
            return Array(frames.joined())
        }

        struct Outcome: Equatable {
            var commands: [[UInt8]]
            var answers: [[UInt8]]
        }

        /// Plays pieces, one a cycle, at a standing clock, so that all runs agree in every byte.
        func play(_ pieces: [[UInt8]]) -> Outcome {
            let venue = Venue()
            let client = venue.client()
            for piece in pieces {
                client.send(piece)
                FakeClock.nanos = FakeClock.start
                _ = venue.gateway.doWork(now: Timestamp(nanos: FakeClock.nanos))
            }
            for _ in 0..<60 {
                FakeClock.nanos = FakeClock.start
                _ = venue.gateway.doWork(now: Timestamp(nanos: FakeClock.nanos))
                _ = venue.passwords.doWork(now: .zero)
                _ = venue.engine.step()
            }
            return Outcome(
                commands: venue.engine.taken.flatMap(\.slots),
                answers: client.take().map(\.bytes))
        }

        @Test("Split and merged anywhere, the same commands and answers come out")
        func splits() {
            let script = Self.script
            let whole = play([script])
            #expect(whole.answers.count == 13)
            #expect(whole.commands.count == 11)
            for boundary in 1..<script.count {
                let outcome = play([Array(script[..<boundary]), Array(script[boundary...])])
                #expect(outcome == whole, "split at \(boundary)")
            }
            for size in [1, 2, 3, 7, 16, 23, 24, 25, 100, 279, 281] {
                let pieces = stride(from: 0, to: script.count, by: size).map {
                    Array(script[$0..<min($0 + size, script.count)])
                }
                #expect(play(pieces) == whole, "pieces of \(size)")
            }
        }

        @Test("Random bytes end in a close or in silence, never in more than answers")
        func randomBytes() {
            var random = TestRandom(seed: 11)
            for round in 0..<400 {
                let venue = Venue()
                let client = round % 2 == 0 ? venue.client() : venue.trading()
                for _ in 0..<8 {
                    let count = Int(random.next() % 300)
                    var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    // Half of them get a plausible beginning.
                    if count >= 24, random.next() % 2 == 0 {
                        let id = TemplateID.allCases[Int(random.next() % 20)].rawValue
                        let length = count / 8 * 8
                        bytes.replaceSubrange(
                            0..<24, with: Frames.raw(template: id, length: 24, msgSeqNum: 3))
                        bytes.withUnsafeMutableBytes {
                            $0.storeBytes(of: UInt32(length), as: UInt32.self)
                        }
                    }
                    client.send(bytes)
                    venue.step()
                }
                venue.settle()
                _ = client.take()
                venue.network.hangUp(client.connection)
                venue.settle()
                let started = venue.engine.taken.filter { $0.command.kind == .sessionStarted }
                let ended = venue.engine.taken.filter { $0.command.kind == .sessionEnded }
                #expect(started.count == ended.count)
            }
        }

        @Test("Mutated requests of a good session never break the venue")
        func mutations() {
            var random = TestRandom(seed: 12)
            for _ in 0..<600 {
                let venue = Venue()
                let client = venue.client()
                var script = Self.script
                for _ in 0...Int(random.next() % 4) {
                    script[Int(random.next() % UInt64(script.count))] = UInt8(
                        truncatingIfNeeded: random.next())
                }
                client.send(script)
                venue.settle()
                let answers = client.take().compactMap(\.answers).filter { $0 != 0 }
                // The last may be the reject of a number out of order.
                #expect(answers.dropLast() == answers.dropLast().sorted()[...])
            }
        }
    }

    @Suite("Order of answers") struct OrderTests {
        @Test("A gateway's answer waits for the engine's before it, and holds up those behind")
        func mixed() {
            let venue = Venue()
            let client = venue.trading()
            venue.engine.answersAtOnce = false
            client.send(
                Frames.shortOrder(3) + Frames.shortOrder(4) + Frames.subscribe(5, stream: 2)
                    + Frames.shortOrder(6))
            venue.settle()
            #expect(client.take().isEmpty)
            #expect(venue.engine.unanswered.count == 2)
            venue.engine.answerNext()
            venue.settle()
            #expect(client.take().map(\.answers) == [3])
            venue.engine.answerNext()
            venue.settle()
            #expect(client.take().map(\.answers) == [4, 5])
            #expect(venue.engine.unanswered.count == 1)
            venue.engine.answerNext()
            venue.settle()
            #expect(client.take().map(\.answers) == [6])
        }

        @Test("Behind a mass cancel nothing of the session is read, others go on")
        func massCancel() {
            let venue = Venue()
            let (client, other) = (venue.trading(), venue.trading(20001, trader: 21))
            venue.engine.answersAtOnce = false
            client.send(Frames.shortOrder(3) + Frames.deleteAll(4) + Frames.shortOrder(5))
            other.send(Frames.shortOrder(3, trader: 21))
            venue.settle()
            #expect(venue.engine.unanswered.map(\.msgSeqNum) == [3, 4, 3])
            venue.engine.answerNext()
            venue.settle()
            #expect(venue.engine.unanswered.map(\.kind) == [.deleteAllOrders, .newOrder])
            venue.engine.answerNext()
            venue.settle()
            #expect(venue.engine.unanswered.map(\.msgSeqNum) == [3, 5])
            #expect(client.take().map(\.answers) == [3, 4])
        }

        @Test("Fragments of an answer count as one: the next frame waits for the last")
        func fragments() {
            let venue = Venue()
            let client = venue.trading()
            venue.engine.answersAtOnce = false
            client.send(Frames.shortOrder(3) + Frames.logout(4))
            venue.settle()
            var event = StubEngine.event(for: venue.engine.unanswered.removeFirst())
            event.kind = .aggressorExecuted
            event.flags.insert(.moreFragments)
            venue.engine.publish(event, context: EventContext(), fills: [Fill(), Fill()])
            venue.settle()
            #expect(client.take().map { $0.field("LastFragment") } == [0])
            event.flags.remove(.moreFragments)
            venue.engine.publish(event, context: EventContext(), fills: [Fill()])
            venue.settle()
            #expect(
                client.take().map(\.template) == [.orderExecResponse, .logoutResponse])
        }

        @Test(
            "Every request gets exactly one answer, in order, whatever the timing",
            arguments: 1...40)
        func randomDriver(seed: Int) {
            var random = TestRandom(seed: UInt64(seed))
            var configuration = GatewayConfiguration()
            configuration.port.framesPerTurn = 1 + Int(random.next() % 5)
            configuration.port.framesPerCycle = 1 + Int(random.next() % 9)
            configuration.eventsPerCycle = 1 + Int(random.next() % 4)
            let venue = Venue(
                commandCapacity: 1 << (2 + Int(random.next() % 3)), configuration: configuration)
            let clients = [
                venue.trading(10001), venue.trading(10002), venue.trading(20001, trader: 21),
            ]
            venue.engine.answersAtOnce = false
            var answered: [[UInt32]] = [[], [], []]
            var pending: [[UInt8]] = [[], [], []]
            var sent: [UInt32] = [2, 2, 2]
            for _ in 0..<600 {
                let index = Int(random.next() % 3)
                if random.next() % 2 == 0 {
                    sent[index] += 1
                    pending[index] += request(
                        sent[index], trader: index == 2 ? 21 : 11, &random)
                }
                let count = min(pending[index].count, Int(random.next() % 400))
                clients[index].send(Array(pending[index].prefix(count)))
                pending[index].removeFirst(count)
                venue.engine.isRunning = random.next() % 4 != 0
                if !venue.engine.unanswered.isEmpty, random.next() % 2 == 0 {
                    venue.engine.answerNext()
                }
                venue.step()
                for (position, client) in clients.enumerated() {
                    answered[position] += client.take().compactMap(\.answers)
                }
            }
            venue.engine.isRunning = true
            for (index, client) in clients.enumerated() { client.send(pending[index]) }
            for _ in 0..<3000 {
                if !venue.engine.unanswered.isEmpty { venue.engine.answerNext() }
                venue.step()
            }
            for (position, client) in clients.enumerated() {
                answered[position] += client.take().compactMap(\.answers)
                #expect(answered[position] == Array(3...max(3, sent[position])))
                #expect(!client.isClosed)
            }
            #expect(venue.gateway.port.counters.slowConsumersCut == 0)
        }

        private func request(
            _ number: UInt32, trader: UInt32, _ random: inout TestRandom
        ) -> [UInt8] {
            switch random.next() % 9 {
            case 0:
                Frames.order(number, trader: trader) { order in
                    Frames.set("text") { order.freeText1 = $0 }
                }
            case 1: Frames.shortModify(number, trader: trader)
            case 2: Frames.delete(number, trader: trader)
            case 3: Frames.deleteAll(number, trader: trader)
            case 4: Frames.subscribe(number, stream: 2)
            case 5: Frames.shortOrder(number, trader: trader) { $0.side = 0 }
            case 6: Frames.raw(template: 77, length: 480, msgSeqNum: number)
            case 7: Frames.userLogin(number, user: 12, password: "apus-12")
            default: Frames.shortOrder(number, trader: trader)
            }
        }
    }
}

/// A small generator for tests: the seed repeats a run.
struct TestRandom: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
