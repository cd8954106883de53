import Exchange
import LinuxPlatform
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Sessions that were away get what they missed, on the order port.
    @Suite("Session data again")
    struct RetransmissionTests {
        /// Everything behind an id, asked for until there is no more. What a restart tells live meanwhile
        /// is no part of it.
        static func resendAll(_ client: TestClient, behind begin: [UInt8] = []) throws -> [Message]
        {
            var all: [Message] = []
            var begin = begin
            while true {
                let answer = try client.exchange {
                    Frames.retransmitListenerData($0, behind: begin, stream: 4)
                }.last!
                try #require(answer.template == .retransmitMEMessageResponse, "\(answer)")
                let count = Int(answer.field("ApplTotalMessageCount"))
                let messages = try (0..<count).map { _ in try client.read() }
                #expect(count <= 100)
                all += messages
                guard let last = messages.last else { return all }
                #expect(answer.raw("ApplEndMsgID") == last.raw("ApplMsgID"))
                begin = last.raw("ApplMsgID")
            }
        }

        private static func endsOfRestatement(_ messages: some Collection<Message>) -> Int {
            messages.count {
                $0.template == .tradingSessionStatusBroadcast && $0.field("TradSesEvent") == 103
            }
        }

        @Test("What was told live comes again, to its session alone, and after another logon")
        func again() throws {
            try withVenue { venue in
                let one = try venue.member(.one)
                let two = try venue.member(.two)
                var told: [Message] = []
                for id in 1...60 as ClosedRange<UInt64> {
                    let form: TestClient.Form = id % 2 == 0 ? .lean : .persistent
                    told += try one.order(form, id: id, side: 1, lots: 2, price: 50)
                    _ = try two.order(.short, id: id, side: 2, lots: 1, price: 50)
                    told.append(try one.read())
                }
                told += try one.exchange { one.deleteFrame($0, id: 59) }
                // Lean entries have no place in the history.
                let recoverable = told.filter { $0.has("ApplMsgID") }
                let resent = try Self.resendAll(one)
                #expect(resent.map(\.applMsgID) == recoverable.map(\.applMsgID))
                #expect(
                    resent.map { $0.field("ClOrdID") } == recoverable.map { $0.field("ClOrdID") })
                #expect(resent.map { $0.field("CumQty") }.filter { $0 > 0 }.count > 50)
                #expect(resent.allSatisfy { $0.template == .orderExecReportBroadcast })
                #expect(resent.allSatisfy { $0.field("ApplResendFlag") == 1 })
                // The connection is lost, and what is not persistent with it.
                one.reset()
                let later = try venue.member(.one)
                let all = try Self.resendAll(later)
                #expect(all.prefix(resent.count).map(\.applMsgID) == resent.map(\.applMsgID))
                #expect(all.dropFirst(resent.count).map(\.template) == [.deleteAllOrderBroadcast])
                let missed = try Self.resendAll(
                    later, behind: resent[resent.count - 1].raw("ApplMsgID"))
                #expect(missed.map(\.applMsgID) == all.suffix(1).map(\.applMsgID))
                // Others have their own.
                let others = try Self.resendAll(two)
                #expect(others.allSatisfy { $0.field("PartyIDSessionID") == 20001 })
                #expect(others.count == 60)
            }
        }

        @Test("A venue that keeps its history tells it over its restarts, and says where they were")
        func restarted() throws {
            let folder = try TemporaryFolder()
            let configuration = Configuration.with {
                $0.durability = .standard(folder.path + "/venue")
            }
            var before: [Message] = []
            try withVenue(configuration) { venue in
                let one = try venue.member(.one)
                let two = try venue.member(.two)
                for id in 1...150 as ClosedRange<UInt64> {
                    _ = try one.order(.persistent, id: id, side: 1, lots: 2, price: 50)
                    _ = try two.order(.short, id: id, side: 2, lots: 1, price: 50)
                    _ = try one.read()
                }
                before = try Self.resendAll(one)
                #expect(before.count == 300)
                try two.logOut()
            }
            for _ in 0..<2 {
                try withVenue(configuration) { venue in
                    let one = try venue.member(.one)
                    var all: [Message] = []
                    // The last orders may be told anew when it is logged on already.
                    for _ in 0..<1_000
                    where Self.endsOfRestatement(all.dropFirst(before.count)) < 3 {
                        all = try Self.resendAll(one)
                    }
                    #expect(all.prefix(before.count).map(\.applMsgID) == before.map(\.applMsgID))
                    #expect(
                        all.prefix(before.count).map(\.essence)
                            == before.map(\.essence))
                    let added = all.dropFirst(before.count)
                    let restarts = added.filter {
                        $0.template == .tradingSessionStatusBroadcast
                            && $0.field("TradSesEvent") == 102
                    }
                    #expect(restarts.count == 1)
                    // Every live order is told again.
                    let restated = added.filter { $0.template == .orderExecReportBroadcast }
                    #expect(restated.count == 75)
                    #expect(
                        restated.allSatisfy { $0.field("ExecType") == UInt64(UInt8(ascii: "D")) })
                    let ids = all.map(\.applMsgID)
                    #expect(ids == ids.sorted() && Set(ids).count == ids.count)
                    _ = try one.order(.persistent, id: 1_000, side: 1, lots: 2, price: 40)
                    _ = try one.exchange { one.deleteFrame($0, id: 1_000) }
                    before = try Self.resendAll(one)
                }
            }
        }

        @Test("An answer covers what was asked for before it in the same breath")
        func breath() throws {
            try withVenue { venue in
                let one = try venue.member(.one)
                for round in 1...20 as ClosedRange<UInt64> {
                    let order = one.number()
                    let again = one.number()
                    try one.sendRaw(
                        one.orderFrame(order, .short, id: round, side: 1, lots: 1, price: 50)
                            + Frames.retransmitListenerData(again, stream: 4))
                    let accepted = try one.read()
                    #expect(accepted.template == .newOrderResponse)
                    let answer = try one.read()
                    #expect(answer.template == .retransmitMEMessageResponse)
                    #expect(answer.field("ApplTotalMessageCount") == round)
                    #expect(answer.raw("RefApplLastMsgID") == accepted.raw("ApplMsgID"))
                    for _ in 0..<round { _ = try one.read() }
                }
            }
        }

        @Test(
            "An independent program reads all of it without a complaint",
            .enabled(if: TestFiles.program("tshark") != nil, ConversationTests.missing))
        func dissected() throws {
            let tshark = try #require(TestFiles.program("tshark"))
            try withVenue { venue in
                let one = try venue.member(.one)
                let two = try venue.member(.two)
                _ = try one.order(.persistent, id: 1, side: 1, lots: 2, price: 50)
                _ = try two.order(.lean, id: 1, side: 2, lots: 1, price: 50)
                _ = try one.read()
                _ = try one.exchange { one.deleteFrame($0, id: 1) }
                _ = try Self.resendAll(one)
                _ = try Self.resendAll(two)
                for client in [one, two] {
                    var capture = PacketCapture()
                    for message in client.conversation {
                        capture.send(message.bytes, fromClient: message.fromClient)
                    }
                    let read = try Dissector.dissect(capture, with: tshark)
                    #expect(read.count == client.conversation.count)
                    #expect(read.allSatisfy { $0.alarms.isEmpty && $0.unnamed.isEmpty })
                }
            }
        }
    }
}
