import Client
import Domain
import PublicBooks
import Wire

extension FuzzTarget {
    static let market = FuzzTarget(
        "market", "requests of three members: the public books are what they were answered",
        lengthMax: 2048, MarketRun.run)
}

/// Three members trade and market operations interfere. After every request all books are audited; the
/// orders that members believe to have, by their answers, are those that the public sees.
struct MarketRun {
    private let venue: VenueUnderTest
    private var members: [Member]

    static func run(_ input: UnsafeRawBufferPointer) {
        VenueUnderTest.run { play($0, input) }
    }

    static func play(_ venue: VenueUnderTest, _ input: UnsafeRawBufferPointer) {
        var run = MarketRun(venue)
        var input = FuzzInput(input)
        while !input.isEmpty { run.act(&input) }
    }

    private struct Member {
        let client: ClientUnderTest
        let session: UInt32
        let trader: UInt32
        var orders = OwnOrders()
        var names: UInt64 = 0
    }

    private init(_ venue: VenueUnderTest) {
        self.venue = venue
        let all: [(UInt32, UInt32)] = [(10001, 11), (10002, 12), (20001, 21), (90000, 0)]
        members = all.map {
            Member(client: ClientUnderTest(venue), session: $0.0, trader: $0.1)
        }
        for index in members.indices {
            let member = members[index]
            var session = OrderEntrySession(
                Credentials(
                    session: member.session, sessionPassword: "apus-\(member.session)",
                    trader: member.trader, traderPassword: "apus-\(member.trader)"))
            send(index, RequestScript.bytes { session.logon(into: $0, heartbeatMillis: 60_000) })
            if member.trader != 0 {
                send(index, RequestScript.bytes { session.userLogin(into: $0) })
            }
        }
        venue.publishSnapshots()
        receive()
    }

    private mutating func act(_ input: inout FuzzInput) {
        let what = input.byte()
        guard what < 250 else {
            send(3, RequestScript.marketState(&input))
            return compare()
        }
        let index = Int(what >> 5) % 3
        let member = members[index]
        var session = OrderEntrySession(
            Credentials(
                session: member.session, sessionPassword: "", trader: member.trader,
                traderPassword: ""))
        let request = RequestScript.terms(&input)
        let form = what & 1 == 0 ? OrderForm.short : .long
        let number = member.client.next
        let known = member.orders.all
        let old = known.isEmpty ? nil : known[input.below(known.count)]
        let frame: [UInt8]
        switch what >> 1 & 15 {
        case 0...8:
            members[index].names += 1
            let name = ClOrdID(raw: members[index].names)
            frame = RequestScript.bytes {
                session.newOrder(request, clOrdID: name, form: form, into: $0)
            }
            members[index].orders.noteEntry(request, clOrdID: name, msgSeqNum: number)
        case 9...12:
            guard let old else { return }
            var changed = request
            changed.side = old.side
            changed.instrument = old.instrument
            changed.product = old.product
            changed.execInst = old.execInst
            frame = RequestScript.bytes {
                session.modifyOrder(
                    changed, clOrdID: old.clOrdID, origClOrdID: old.clOrdID, form: form, into: $0)
            }
            members[index].orders.noteChange(
                old.clOrdID, price: changed.price, msgSeqNum: number)
        case 13, 14:
            guard let old else { return }
            frame = RequestScript.bytes {
                session.deleteOrder(
                    origClOrdID: old.clOrdID, instrument: old.instrument, product: old.product,
                    into: $0)
            }
            members[index].orders.noteDeletion(old.clOrdID, msgSeqNum: number)
        default:
            frame = RequestScript.bytes {
                session.deleteAllOrders(product: request.product, into: $0)
            }
            members[index].orders.noteDeletionOfAll(product: request.product, msgSeqNum: number)
        }
        send(index, frame)
        compare()
    }

    private mutating func send(_ index: Int, _ frame: [UInt8]) {
        var frame = frame
        let client = members[index].client
        frame.withUnsafeMutableBytes {
            $0.storeBytes(of: client.next, toByteOffset: 16, as: UInt32.self)
        }
        client.next += 1
        client.send(frame)
        venue.settle()
        receive()
        client.requireAnswered()
        require(!client.isEnded, "a member in order stays logged on")
    }

    private mutating func receive() {
        for index in members.indices {
            members[index].client.receive()
            for message in members[index].client.take() {
                message.withUnsafeBytes { bytes in
                    guard case .frame(let template, _) = Framing.judgeResponse(bytes),
                        let base = bytes.baseAddress
                    else { return }
                    members[index].orders.take(Inbound(template: template, base: base))
                }
            }
        }
    }

    // MARK: Comparison

    private struct Level: Hashable {
        var instrument: Int64
        var side: Side
        var price: Price
    }

    private func compare() {
        var owned: [Level: Quantity] = [:]
        for member in members {
            for order in member.orders.all {
                let level = Level(
                    instrument: Int64(order.instrument), side: order.side, price: order.price)
                owned[level, default: .zero] += order.leavesQty
            }
        }
        var shown: [Level: Quantity] = [:]
        for index in 0..<venue.books.instrumentCount {
            let instrument = venue.books.instrument(index)
            require(instrument.isLive, "who missed nothing has a whole book")
            for side in [Side.buy, .sell] {
                for depth in 0..<venue.books.levelCount(index, side) {
                    let level = venue.books.level(index, side, at: depth)
                    shown[
                        Level(instrument: instrument.securityID, side: side, price: level.price)] =
                        level.quantity
                }
            }
        }
        require(owned == shown, "members have \(owned), the public sees \(shown)")
    }
}
