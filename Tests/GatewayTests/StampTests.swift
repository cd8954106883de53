import Domain
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Stamps of answered requests") struct StampTests {
        /// Sends an order and leaves its answer to the test.
        private func order(
            _ venue: Venue, _ client: TestClient, msgSeqNum: UInt32 = 3
        ) -> Event {
            venue.engine.answersAtOnce = false
            #expect(client.exchange(Frames.shortOrder(msgSeqNum)).isEmpty)
            return StubEngine.event(for: venue.engine.unanswered.removeFirst())
        }

        @Test("What the engine answered carries every point of its way, as the message does")
        func answered() throws {
            let venue = Venue()
            let client = venue.trading()
            _ = venue.takeStamps()
            var event = order(venue, client)
            event.flags.insert(.standard)
            let done = event.execID.adding(nanos: 300)
            venue.engine.doneAt = done
            FakeClock.nanosPerReading = 50
            venue.engine.publish(event)
            venue.settle()
            let message = try #require(client.take().first)
            let stamps = venue.takeStamps()
            #expect(stamps.count == 1)
            let times = try #require(stamps.first)
            #expect(times.sessionID == 10001 && times.sessionInstanceID == 1)
            #expect(times.msgSeqNum == 3)
            #expect(times.templateID == TemplateID.newOrderResponse.rawValue)
            #expect(times.execID == event.execID && times.engineOut == done)
            #expect(times.kernelReceive.isNone)
            #expect(times.gatewayIn.nanos == message.field("RequestTime"))
            #expect(times.engineIn.nanos == message.field("TrdRegTSTimeIn"))
            #expect(times.engineOut.nanos == message.field("TrdRegTSTimeOut"))
            #expect(times.answerIn.nanos == message.field("ResponseIn"))
            #expect(times.gatewayOut.nanos == message.field("SendingTime"))
            #expect(times.engineOut < times.answerIn && times.answerIn < times.gatewayOut)
        }

        @Test("A batch is taken over at one moment, and each message sent at its own")
        func batch() throws {
            let venue = Venue()
            let client = venue.trading()
            let first = order(venue, client)
            let second = order(venue, client, msgSeqNum: 4)
            _ = venue.takeStamps()
            FakeClock.nanosPerReading = 50
            venue.engine.publish(first)
            venue.engine.publish(second)
            venue.settle()
            let messages = client.take()
            let stamps = venue.takeStamps()
            #expect(stamps.map(\.msgSeqNum) == [3, 4] && messages.count == 2)
            #expect(stamps[0].answerIn == stamps[1].answerIn)
            #expect(stamps[0].gatewayOut < stamps[1].gatewayOut)
            #expect(
                messages.map { $0.field("SendingTime") } == stamps.map(\.gatewayOut.nanos))
        }

        @Test("What the gateway answers itself has only the gateway's points")
        func ownAnswers() throws {
            let venue = Venue()
            let client = venue.trading()
            _ = client.exchange(Frames.raw(template: 9999, length: 40, msgSeqNum: 3))
            _ = client.exchange(Frames.subscribe(4, stream: 2))
            _ = client.exchange(Frames.logout(5))
            let stamps = venue.takeStamps()
            #expect(stamps.map(\.msgSeqNum) == [1, 2, 3, 4, 5])
            #expect(
                stamps.map { TemplateID(rawValue: $0.templateID) } == [
                    .logonResponse, .userLoginResponse, .reject, .subscribeResponse,
                    .logoutResponse,
                ])
            for times in stamps {
                #expect(times.sessionID == 10001 && times.sessionInstanceID == 1)
                #expect(times.execID.isNone && times.engineIn.isNone && times.engineOut.isNone)
                #expect(times.answerIn.isNone && times.kernelReceive.isNone)
                #expect(!times.gatewayIn.isNone && times.gatewayIn <= times.gatewayOut)
            }
        }

        @Test("Who is not logged on leaves no stamps")
        func strangers() {
            let venue = Venue()
            _ = venue.client().exchange(Frames.logon(session: 10001, password: "wrong"))
            _ = venue.client().exchange(Frames.shortOrder(1))
            #expect(venue.takeStamps().isEmpty)
        }

        @Test("A request has one record: notifications none, an answer in parts one with its last")
        func onePerRequest() {
            let venue = Venue()
            let client = venue.trading()
            _ = venue.takeStamps()
            var answer = order(venue, client)
            answer.kind = .aggressorExecuted
            answer.flags.insert([.standard, .moreFragments])
            venue.engine.publish(answer, context: EventContext(), fills: [Fill()])
            var notification = answer
            notification.kind = .restingExecuted
            notification.flags.remove(.moreFragments)
            venue.engine.publish(notification, context: EventContext())
            venue.settle()
            #expect(client.take().count == 2 && venue.takeStamps().isEmpty)
            answer.flags.remove(.moreFragments)
            venue.engine.publish(answer, context: EventContext(), fills: [Fill()])
            venue.settle()
            #expect(client.take().count == 1)
            #expect(
                venue.takeStamps().map(\.templateID)
                    == [TemplateID.orderExecResponse.rawValue])
        }

        @Test("An answer that nobody was there to get leaves no stamps")
        func cut() {
            let venue = Venue()
            let client = venue.trading()
            let event = order(venue, client)
            _ = venue.takeStamps()
            venue.network.unsentBytesMax = 8
            venue.engine.publish(event)
            venue.settle()
            #expect(client.peer.wasAborted && venue.takeStamps().isEmpty)
        }

        @Test("Who stops reading gets what there was room for, and stamps tell of that alone")
        func cutInRow() {
            let venue = Venue()
            let client = venue.trading()
            let events = (3...7).map { order(venue, client, msgSeqNum: $0) }
            _ = venue.takeStamps()
            client.peer.isStalled = true
            venue.network.unsentBytesMax = 2 * NewOrderNRResponseView.fixedLength + 8
            for event in events { venue.engine.publish(event) }
            venue.settle()
            #expect(client.peer.wasAborted)
            #expect(venue.takeStamps().map(\.msgSeqNum) == [3, 4])
            #expect(venue.gateway.counters.eventsWithoutReader == 2)
        }

        @Test("Points come out in their order whatever the clocks said")
        func rising() {
            func nanos(_ nanos: UInt64) -> Timestamp { Timestamp(nanos: nanos) }
            let table: [(execID: UInt64, out: UInt64, taken: UInt64, sent: UInt64, [UInt64])] = [
                (10, 20, 30, 40, [20, 30, 40]),
                // Unknown, or of a later part: the event was taken over before.
                (10, .max, 30, 40, [30, 30, 40]), (10, 35, 30, 40, [30, 30, 40]),
                // The clock was set back.
                (100, 20, 30, 40, [100, 100, 100]), (10, 20, 30, 25, [20, 30, 30]),
            ]
            for row in table {
                let times = AnswerTimes(
                    execID: nanos(row.execID), engineOut: nanos(row.out),
                    answerIn: nanos(row.taken), sending: nanos(row.sent))
                #expect(
                    [times.engineOut, times.answerIn, times.sending].map(\.nanos) == row.4)
            }
        }
    }
}
