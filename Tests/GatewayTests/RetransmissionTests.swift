import Domain
import Reports
import SessionServer
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    /// Requests for a session's own data, up to where the history is read and from there on.
    @Suite struct RetransmissionTests {
        private func ask(
            _ client: TestClient, behind begin: [UInt8] = [], through end: [UInt8] = [],
            scope: UInt32 = .max, stream: UInt8 = 4, partition: UInt16 = 1
        ) -> [Message] {
            defer { client.nextMsgSeqNum += 1 }
            return client.exchange(
                Frames.retransmitListenerData(
                    client.nextMsgSeqNum, behind: begin, through: end, scope: scope,
                    stream: stream, partition: partition))
        }

        private func id(_ execID: UInt64, _ index: UInt64) -> ApplMsgID {
            ApplMsgID(execID: 1 << 60 + execID, index: index)
        }

        private func bytes(_ id: ApplMsgID) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 16)
            bytes.withUnsafeMutableBytes { id.write(to: $0.baseAddress!) }
            return bytes
        }

        /// Answers the next request with so many gap messages, which are the shortest there are.
        private func answer(_ venue: Venue, messages: Int) throws -> RetransmissionRequest {
            var answer = try #require(venue.nextAsked())
            let space = venue.history.space(of: answer)
            let delivery = Delivery(applID: 4, partitionID: 1, sendingTime: 1)
            for index in 0..<messages {
                delivery.writeGap(to: space.baseAddress! + index * Delivery.gapLength)
            }
            answer.byteCount = UInt32(messages * Delivery.gapLength)
            answer.messageCount = UInt16(messages)
            if messages > 0 {
                answer.end = id(5, 6)
                answer.last = id(7, 8)
            }
            venue.history.publish(answer)
            return answer.request
        }

        @Test func `A request goes on as it was meant, and the answer comes in one piece`() throws {
            let venue = Venue()
            let client = venue.trading()
            venue.engine.publish(StubEngine.event(for: Command(kind: .sessionStarted)))
            let ids = (id(3, 0), id(4, 2))
            #expect(ask(client, behind: bytes(ids.0), through: bytes(ids.1)).isEmpty)
            let request = try answer(venue, messages: 3)
            #expect(request.begin == ids.0 && request.end == ids.1)
            #expect(request.session == SessionIndex(0) && request.msgSeqNum == 3)
            #expect(request.through == venue.gateway.lastDelivered && request.through > 0)
            venue.settle()
            let messages = client.take()
            #expect(
                messages.map(\.template)
                    == [.retransmitMEMessageResponse]
                    + [TemplateID](repeating: .broadcastErrorNotification, count: 3))
            let response = messages[0]
            #expect(response.field("MsgSeqNum") == 3)
            #expect(response.field("ApplTotalMessageCount") == 3)
            #expect(response.rawField("ApplEndMsgID") == bytes(id(5, 6)))
            #expect(response.rawField("RefApplLastMsgID") == bytes(id(7, 8)))
            // They carry the moment at which they leave, and not that at which they were made.
            for message in messages { #expect(message.field("SendingTime") > FakeClock.start) }
            let stamps = venue.takeStamps().last
            #expect(stamps?.templateID == TemplateID.retransmitMEMessageResponse.rawValue)
            #expect(stamps?.msgSeqNum == 3)
        }

        @Test func `Nothing known is an answer too`() throws {
            let venue = Venue()
            let client = venue.trading()
            _ = ask(client)
            let request = try answer(venue, messages: 0)
            #expect(request.begin == .min && request.end == .max)
            venue.settle()
            let messages = client.take()
            #expect(messages.map(\.template) == [.retransmitMEMessageResponse])
            #expect(messages[0].rawField("ApplEndMsgID") == [UInt8](repeating: 0, count: 16))
            #expect(messages[0].rawField("RefApplLastMsgID") == [UInt8](repeating: 0, count: 16))
        }

        @Test func `The session's next requests wait, and nobody else's`() throws {
            let venue = Venue()
            let client = venue.trading()
            let other = venue.trading(20001, trader: 21)
            _ = ask(client)
            client.send(Frames.shortOrder(4))
            client.send(Frames.subscribe(5, stream: 2))
            venue.settle()
            #expect(client.take().isEmpty)
            #expect(other.exchange(Frames.shortOrder(3, trader: 21)).count == 1)
            _ = try answer(venue, messages: 2)
            venue.settle()
            #expect(
                client.take().map(\.template) == [
                    .retransmitMEMessageResponse, .broadcastErrorNotification,
                    .broadcastErrorNotification, .newOrderNRResponse, .subscribeResponse,
                ])
        }

        @Test func `What was asked before is answered before`() throws {
            let venue = Venue()
            let client = venue.trading()
            venue.engine.answersAtOnce = false
            client.send(Frames.shortOrder(3))
            client.nextMsgSeqNum = 4
            #expect(ask(client).isEmpty)
            #expect(venue.nextAsked() == nil)
            venue.engine.answerNext()
            venue.settle()
            #expect(client.take().map(\.template) == [.newOrderNRResponse])
            // The order's own event is covered.
            let request = try answer(venue, messages: 0)
            #expect(request.through == venue.gateway.lastDelivered)
        }

        @Test func `What earlier logons asked for is done before an answer`() throws {
            let venue = Venue()
            let first = venue.trading()
            venue.engine.answersAtOnce = false
            first.send(Frames.shortOrder(3))
            venue.settle()
            venue.network.hangUp(first.connection)
            venue.settle()
            // It is logged on before the engine, or the disk, is done with the order.
            let second = venue.trading()
            #expect(ask(second).isEmpty)
            #expect(
                venue.engine.unanswered.map(\.kind) == [.newOrder, .sessionEnded, .sessionStarted])
            while !venue.engine.unanswered.isEmpty {
                #expect(venue.nextAsked() == nil)
                venue.engine.answerNext()
                venue.settle()
            }
            // Nobody was told of the order, and the answer covers it.
            #expect(second.take().isEmpty)
            let request = try answer(venue, messages: 0)
            #expect(request.through == venue.gateway.lastDelivered)
            venue.settle()
            #expect(second.take().map(\.template) == [.retransmitMEMessageResponse])
        }

        @Test func `What makes no sense is refused, and the session lives`() throws {
            let venue = Venue()
            let client = venue.trading()
            let wrong: [(Message?, UInt64)] = [
                (ask(client, stream: 5).first, 5), (ask(client, stream: 1).first, 5),
                (ask(client, partition: 2).first, 5), (ask(client, scope: 10001).first, 5),
                (ask(client, behind: bytes(id(4, 0)), through: bytes(id(3, 0))).first, 5),
            ]
            for (message, reason) in wrong {
                #expect(message?.template == .reject)
                #expect(message?.field("SessionRejectReason") == reason)
                #expect(message?.field("SessionStatus") == 0)
            }
            #expect(venue.nextAsked() == nil)
            // Trades and the rest are asked for elsewhere.
            let trades = client.exchange(Frames.retransmit(client.nextMsgSeqNum))
            #expect(trades.first?.field("SessionRejectReason") == 11)
        }

        @Test func `A history that cannot be read is temporarily not available`() throws {
            let venue = Venue()
            let client = venue.trading()
            _ = ask(client)
            var answer = try #require(venue.nextAsked())
            answer.isRefused = true
            venue.history.publish(answer)
            venue.settle()
            let reject = try #require(client.take().first)
            #expect(reject.template == .reject && reject.field("SessionRejectReason") == 102)
            #expect(reject.field("MsgSeqNum") == 3 && reject.field("SessionStatus") == 0)
            // And it may ask again.
            _ = ask(client)
            _ = try self.answer(venue, messages: 1)
            venue.settle()
            #expect(client.take().count == 2)
        }

        @Test func `An answer for a logon that is over goes to nobody`() throws {
            let venue = Venue()
            let first = venue.trading()
            _ = ask(first)
            var late = try #require(venue.nextAsked())
            venue.network.hangUp(first.connection)
            venue.settle()
            let second = venue.trading()
            late.messageCount = 1
            venue.history.publish(late)
            venue.settle()
            #expect(second.take().isEmpty)
            #expect(second.exchange(Frames.shortOrder(3)).count == 1)
            second.nextMsgSeqNum = 4
            // Its buffer is free again.
            for _ in 0..<5 {
                _ = ask(second)
                _ = try answer(venue, messages: 1)
                venue.settle()
                #expect(second.take().count == 2)
            }
        }

        @Test func `Who does not read is not asked for, and cut if it does so later`() throws {
            var configuration = GatewayConfiguration()
            configuration.retransmissionUnsentBytesMax = 100
            let venue = Venue(configuration: configuration)
            let client = venue.trading()
            client.peer.isStalled = true
            client.send(Frames.shortOrder(3))
            venue.settle()
            client.nextMsgSeqNum = 4
            client.send(Frames.retransmitListenerData(4, stream: 4))
            for _ in 0..<50 { venue.step() }
            #expect(venue.nextAsked() == nil)
            client.peer.isStalled = false
            for _ in 0..<50 { venue.step() }
            client.peer.isStalled = true
            venue.network.unsentBytesMax = 200
            _ = try answer(venue, messages: 10)
            for _ in 0..<50 { venue.step() }
            #expect(client.peer.wasAborted)
        }
    }
}
