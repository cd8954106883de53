import Domain
import Platform
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Rejects") struct RejectTests {
        @Test("The venue's table of rejects, with a session that lives where it should")
        func table() {
            let lives: [([UInt8], Refused, String)] = [
                (
                    Frames.raw(template: 9999, length: 24, msgSeqNum: 3),
                    Refused(11, msgSeqNum: 3), "TemplateID 9999"
                ),
                (
                    // A template of the exchange is none of a client.
                    Frames.raw(template: 10101, length: 152, msgSeqNum: 3),
                    Refused(11, msgSeqNum: 3), "TemplateID 10101"
                ),
                (
                    Frames.shortOrder(3) { $0.price = Null.price },
                    Refused(1, msgSeqNum: 3), "Price of NewOrderSingleShortRequest"
                ),
                (
                    Frames.shortOrder(3) { $0.side = 3 }, Refused(5, msgSeqNum: 3),
                    "Side of NewOrderSingleShortRequest"
                ),
                (
                    Frames.shortOrder(3, trader: 12), Refused(210, msgSeqNum: 3), "User 12"
                ),
                (
                    Frames.shortOrder(3, instrument: 4711), Refused(5, msgSeqNum: 3),
                    "Instrument 4711"
                ),
                (
                    Frames.order(3, product: 999), Refused(5, msgSeqNum: 3),
                    "MarketSegmentID 999"
                ),
                (Frames.order(3, instrument: 4711), Refused(5, msgSeqNum: 3), "Instrument 4711"),
                (
                    Frames.order(3, product: 100, instrument: 2001), Refused(5, msgSeqNum: 3),
                    "does not belong"
                ),
                (Frames.modify(3, product: 999), Refused(5, msgSeqNum: 3), "999"),
                (Frames.shortModify(3, instrument: 9), Refused(5, msgSeqNum: 3), "Instrument 9"),
                (Frames.delete(3, product: 200), Refused(5, msgSeqNum: 3), "does not belong"),
                (Frames.deleteAll(3, product: 7), Refused(5, msgSeqNum: 3), "MarketSegmentID 7"),
                (
                    Frames.deleteAll(3) { $0.securityID = 4711 }, Refused(5, msgSeqNum: 3),
                    "Instrument 4711"
                ),
                (
                    // The low 32 bits alone name no instrument.
                    Frames.deleteAll(3) { $0.securityID = 1001 + 1 << 32 },
                    Refused(5, msgSeqNum: 3), "Instrument"
                ),
                (
                    Frames.deleteAll(3) { $0.securityID = 2001 }, Refused(5, msgSeqNum: 3),
                    "does not belong"
                ),
            ]
            for (frame, expected, text) in lives {
                let venue = Venue()
                let client = venue.trading()
                let answers = client.exchange(frame)
                #expect(answers.map(\.reject) == [expected])
                #expect(answers.first?.text.contains(text) == true, "\(answers.first?.text ?? "")")
                #expect(
                    client.exchange(Frames.shortOrder(4)).map(\.template)
                        == [.newOrderNRResponse])
            }
        }

        @Test("What the journal cannot take is refused before it has a place in the history")
        func admission() {
            let venue = Venue()
            let client = venue.trading()
            venue.admission.level = .deletions
            let refused = Refused(102, msgSeqNum: 3)
            #expect(client.exchange(Frames.shortOrder(3)).map(\.reject) == [refused])
            let other = client.exchange(Frames.modify(4))
            #expect(other.map(\.reject) == [Refused(102, msgSeqNum: 4)])
            #expect(client.exchange(Frames.delete(5)).map(\.template) == [.deleteOrderNRResponse])
            #expect(client.exchange(Frames.deleteAll(6)).first?.template != .reject)
            venue.admission.level = .nothing
            let none = client.exchange(Frames.delete(7))
            #expect(none.map(\.reject) == [Refused(102, msgSeqNum: 7)])
            #expect(none.first?.text.contains("durably") == true)
            venue.admission.level = .everything
            #expect(
                client.exchange(Frames.shortOrder(8)).map(\.template) == [.newOrderNRResponse])
            #expect(venue.gateway.counters.notAdmitted == 3)
        }

        @Test("What breaks the stream or the numbering ends the session")
        func fatal() {
            let table: [([UInt8], Refused)] = [
                (Frames.shortOrder(2), Refused(99, status: 4, msgSeqNum: 2)),
                (Frames.shortOrder(4), Refused(99, status: 4, msgSeqNum: 4)),
                (
                    Frames.raw(template: 9999, length: 64, msgSeqNum: 9),
                    Refused(99, status: 4, msgSeqNum: 9)
                ),
                (
                    Frames.raw(template: 10125, length: 112, msgSeqNum: 3),
                    Refused(5, status: 4, msgSeqNum: 0)
                ),
            ]
            let lengths: [UInt32] = [0, 8, 15, 17, 121, 81_928, 1 << 31, .max]
            let impossible = lengths.map { length -> ([UInt8], Refused) in
                var bytes = Frames.shortOrder(3)
                bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, as: UInt32.self) }
                return (bytes, Refused(5, status: 4, msgSeqNum: 0))
            }
            for (frame, expected) in table + impossible {
                let venue = Venue()
                let client = venue.trading()
                #expect(client.exchange(frame + Frames.shortOrder(4)).map(\.reject) == [expected])
                #expect(client.isClosed)
                #expect(venue.engine.taken.map(\.command.kind) == [.sessionStarted, .sessionEnded])
            }
        }

        @Test("Any truncation of a request's length is refused, and the connection closed")
        func truncated() {
            for frame in RequestSamples.all(from: 3) {
                for length in stride(from: 16, to: frame.count, by: 8) {
                    var bytes = Array(frame[..<length])
                    bytes.withUnsafeMutableBytes {
                        $0.storeBytes(of: UInt32(length), as: UInt32.self)
                    }
                    let venue = Venue()
                    let client = venue.trading()
                    #expect(
                        client.exchange(bytes).map(\.reject)
                            == [Refused(5, status: 4, msgSeqNum: 0)])
                    #expect(client.isClosed)
                }
            }
        }

        @Test("Every mandatory field of every request without a value is named in a reject 1")
        func missingFields() {
            visitFields { venue, client, frame, slot, message in
                guard slot.presence == .mandatory, slot.field.name != "SenderSubID" else { return }
                var frame = frame
                frame.replaceSubrange(
                    slot.offset..<slot.offset + slot.field.size, with: slot.field.nullBytes)
                let answers = client.exchange(frame)
                #expect(answers.map(\.reject) == [Refused(1, msgSeqNum: client.nextMsgSeqNum)])
                #expect(
                    answers.first?.text.hasPrefix("\(slot.field.name) of \(message.name)") == true)
                client.nextMsgSeqNum += 1
            }
        }

        @Test("Every enumerated field of every request outside its enumeration is a reject 5")
        func invalidValues() {
            visitFields { venue, client, frame, slot, message in
                guard let enumeration = slot.field.enumeration else { return }
                for code in 1...254 as ClosedRange<UInt64> where slot.presence != .unused {
                    guard enumeration.valueName(code) == nil else { continue }
                    var frame = frame
                    setMsgSeqNum(&frame, client.nextMsgSeqNum)
                    frame[slot.offset] = UInt8(code)
                    let answers = client.exchange(frame)
                    #expect(
                        answers.map(\.reject) == [Refused(5, msgSeqNum: client.nextMsgSeqNum)])
                    client.nextMsgSeqNum += 1
                }
            }
        }

        /// Calls `body` with a sample of each request and each of its fields behind the header.
        private func visitFields(
            _ body: (
                Venue, TestClient, [UInt8], MessageCatalogue.Slot, MessageCatalogue.Message
            ) -> Void
        ) {
            for sample in RequestSamples.all(from: 3) {
                let id = UInt16(sample[4]) | UInt16(sample[5]) << 8
                let message = MessageCatalogue.shared.message(templateID: id)!
                let venue = Venue()
                let client = venue.trading()
                for slot in message.slots where slot.offset >= 24 {
                    var frame = sample
                    setMsgSeqNum(&frame, client.nextMsgSeqNum)
                    body(venue, client, frame, slot, message)
                }
            }
        }

        @Test("Over the throttle requests are refused, and too many in a row end the session")
        func throttle() {
            let venue = Venue()
            let client = venue.trading(10003)
            for number in 3...5 as ClosedRange<UInt32> {
                #expect(
                    client.exchange(Frames.shortOrder(number)).map(\.template)
                        == [.newOrderNRResponse])
            }
            #expect(
                client.exchange(Frames.shortOrder(6)).map(\.reject) == [Refused(100, msgSeqNum: 6)])
            #expect(
                client.exchange(Frames.delete(7)).map(\.template) == [.deleteOrderNRResponse])
            #expect(
                client.exchange(Frames.raw(template: 9999, length: 24, msgSeqNum: 8)).map(\.reject)
                    == [Refused(100, msgSeqNum: 8)])
            FakeClock.advance(millis: 1000)
            #expect(
                client.exchange(Frames.shortOrder(9)).map(\.template) == [.newOrderNRResponse])
            _ = client.exchange(Frames.shortOrder(10) + Frames.shortOrder(11))
            #expect(
                client.exchange(Frames.shortOrder(12) + Frames.shortOrder(13)).map(\.reject)
                    == [Refused(100, msgSeqNum: 12), Refused(100, msgSeqNum: 13)])
            #expect(
                client.exchange(Frames.shortOrder(14)).map(\.reject)
                    == [Refused(100, status: 4, msgSeqNum: 14)])
            #expect(client.isClosed)
        }

        @Test("An unknown template of any sane length is thrown away without being kept")
        func discarded() {
            for length in [16, 24, 32, 4096, 80 * 1024] {
                let venue = Venue()
                let client = venue.trading()
                let unknown = Frames.raw(template: 4321, length: length, msgSeqNum: 3)
                let next: UInt32 = length < 24 ? 3 : 4
                var rest = (unknown + Frames.shortOrder(next))[...]
                while !rest.isEmpty {
                    client.send(Array(rest.prefix(1000)))
                    rest = rest.dropFirst(1000)
                    venue.step()
                    venue.step()
                    #expect(client.peer.pieces.map(\.count).reduce(0, +) <= 1000)
                }
                venue.settle()
                let answers = client.take()
                #expect(answers.map(\.template) == [.reject, .newOrderNRResponse])
                #expect(answers.first?.reject == Refused(11, msgSeqNum: length < 24 ? 0 : 3))
            }
        }

        @Test("Sessions of other units and sessions that do not exist look the same")
        func targets() {
            for target in [20001, 4711, 90000] as [UInt32] {
                let venue = Venue()
                _ = venue.trading(20001, trader: 21)
                let client = venue.trading()
                let answers =
                    client.exchange(Frames.modify(3) { $0.targetPartyIDSessionID = target })
                    + client.exchange(Frames.delete(4) { $0.targetPartyIDSessionID = target })
                    + client.exchange(Frames.deleteAll(5) { $0.targetPartyIDSessionID = target })
                    + client.exchange(
                        Frames.deleteAll(6) { $0.targetPartyIDExecutingTrader = 21 })
                #expect(
                    answers.map(\.reject) == [
                        Refused(10000, msgSeqNum: 3), Refused(10000, msgSeqNum: 4),
                        Refused(210, msgSeqNum: 5), Refused(210, msgSeqNum: 6),
                    ])
                #expect(Set(answers.map(\.text)).count == 2)
            }
        }

        @Test("The engine's rejects carry its reason, a text with the right value, and its times")
        func engineRejects() throws {
            let table: [(RejectDetail, Int64, UInt32, String)] = [
                (.priceOffTick, 50_000_000, 5, "Price must be a multiple of 0.5"),
                (.quantityOffLot, 10_000, 5, "OrderQty must be a multiple of 1"),
                (.quantityAboveMaximum, 1_000_000_000, 210, "OrderQty must not exceed 100000"),
                (.orderNotFound, 0, 10000, "No such order"),
                (.clOrdIDNotUnique, 0, 10002, "ClOrdID"),
                (.orderPoolFull, 0, 102, "full"),
                (
                    .instrumentNotContinuous, 2, 10011,
                    "the instrument is halted (SecurityTradingStatus 2)"
                ),
                (
                    .instrumentNotContinuous, 200, 10011,
                    "the instrument is closed (SecurityTradingStatus 200)"
                ),
                (
                    .instrumentStateForbids, 203, 10011,
                    "the instrument is in continuous trading (SecurityTradingStatus 203)"
                ),
                (.productStateForbids, 1, 10011, "the product is halted"),
                (.productStateForbids, 3, 10011, "the end of its business day"),
                (.businessDayNotOver, 0, 10011, "business day is over"),
                (.marketOperationPending, 0, 102, "Another market operation is under way"),
            ]
            for (detail, value, reason, text) in table {
                let venue = Venue()
                let client = venue.trading()
                venue.engine.answersAtOnce = false
                #expect(client.exchange(Frames.shortOrder(3)).isEmpty)
                var event = StubEngine.event(for: venue.engine.unanswered.removeFirst())
                event.kind = .requestRejected
                event.reject = detail
                event.rejectValue = value
                venue.engine.publish(event)
                venue.settle()
                let answer = try #require(client.take().first)
                #expect(answer.reject == Refused(reason, msgSeqNum: 3))
                #expect(answer.text.contains(text), "\(answer.text)")
                #expect(answer.field("TrdRegTSTimeIn") == event.timeIn.nanos)
                #expect(answer.field("TrdRegTSTimeOut") <= answer.field("SendingTime"))
            }
        }
    }
}
