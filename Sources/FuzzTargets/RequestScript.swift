import Client
import Domain
import Wire

/// Requests made of an input's bytes: whole, and right in most of what they say.
enum RequestScript {
    /// Members whose passwords an input may know.
    static let members: [(session: UInt32, trader: UInt32)] = [
        (10001, 11), (10002, 12), (90000, 0),
    ]

    static func bytes(_ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: OrderEntrySession.requestLengthMax) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count = write(UnsafeMutableRawPointer(base))
        }
    }

    /// A request of any kind.
    static func frame(_ input: inout FuzzInput, msgSeqNum: UInt32) -> [UInt8] {
        let what = input.byte()
        let (session, trader) = members[Int(what >> 6) % members.count]
        var frame: [UInt8]
        switch what & 31 {
        case 0, 1: frame = logon(session, isRight: true, millis: UInt32(input.byte()) * 100)
        case 2: frame = logon(session, isRight: false, millis: 0)
        case 3, 4:
            frame = order(session, trader) { $0.userLogin(into: $1) }
        case 5: frame = logout()
        case 6: frame = userLogout(trader)
        case 7: frame = subscribe(&input)
        case 8: frame = unsubscribe(&input)
        case 9: frame = order(session, trader) { s, out in s.heartbeat(into: out) }
        case 10: frame = marketState(&input)
        case 11: frame = unknown(&input)
        case 12: frame = retransmit(&input)
        default: frame = orderRequest(&input, session, trader)
        }
        if frame.count >= Framing.sequencedHeaderLength {
            frame.withUnsafeMutableBytes {
                $0.storeBytes(of: msgSeqNum, toByteOffset: 16, as: UInt32.self)
            }
        }
        return frame
    }

    private static func logon(_ session: UInt32, isRight: Bool, millis: UInt32) -> [UInt8] {
        var client = OrderEntrySession(
            Credentials(
                session: session, sessionPassword: isRight ? "apus-\(session)" : "wrong",
                trader: 0, traderPassword: ""))
        return bytes { client.logon(into: $0, heartbeatMillis: millis == 0 ? nil : millis) }
    }

    private static func order(
        _ session: UInt32, _ trader: UInt32,
        _ write: (inout OrderEntrySession, UnsafeMutableRawPointer) -> Int
    ) -> [UInt8] {
        var client = OrderEntrySession(
            Credentials(
                session: session, sessionPassword: "", trader: trader,
                traderPassword: "apus-\(trader)"))
        return bytes { write(&client, $0) }
    }

    /// Something about orders; also used where everybody is logged on.
    static func orderRequest(
        _ input: inout FuzzInput, _ session: UInt32, _ trader: UInt32
    ) -> [UInt8] {
        let what = input.byte()
        let request = terms(&input)
        let name = ClOrdID(raw: UInt64(input.byte() % 24))
        let form = what & 1 == 0 ? OrderForm.short : .long
        switch what >> 1 & 7 {
        case 0...3:
            return order(session, trader) {
                $0.newOrder(request, clOrdID: name, form: form, into: $1)
            }
        case 4, 5:
            let old = ClOrdID(raw: UInt64(input.byte() % 24))
            return order(session, trader) {
                $0.modifyOrder(request, clOrdID: name, origClOrdID: old, form: form, into: $1)
            }
        case 6:
            return order(session, trader) {
                $0.deleteOrder(
                    origClOrdID: name, instrument: request.instrument, product: request.product,
                    into: $1)
            }
        default:
            return order(session, trader) { $0.deleteAllOrders(product: request.product, into: $1) }
        }
    }

    static func terms(_ input: inout FuzzInput) -> OrderRequest {
        let flags = input.byte()
        let instrument = [UInt32(1001), 1002, 2001, 1001][Int(flags & 3)]
        let isStandard = flags & 8 == 0
        return OrderRequest(
            side: flags & 4 == 0 ? .buy : .sell,
            price: Price(raw: Int64(100 + Int(input.byte() % 16)) * 50_000_000),
            quantity: Quantity(units: Int64(1 + Int(input.byte() % 12) * 2)),
            instrument: instrument, product: instrument == 2001 ? 200 : 100,
            timeInForce: flags & 0x60 == 0x60 ? .immediateOrCancel : .day,
            execInst: flags & 16 != 0 && isStandard ? .persistent : .nonPersistent,
            isStandard: isStandard)
    }

    private static func logout() -> [UInt8] {
        bytes {
            LogoutRequestWriter($0).initialize()
            return LogoutRequestWriter.fixedLength
        }
    }

    private static func userLogout(_ trader: UInt32) -> [UInt8] {
        bytes {
            let writer = UserLogoutRequestWriter($0)
            writer.initialize()
            writer.username = trader
            return UserLogoutRequestWriter.fixedLength
        }
    }

    private static func subscribe(_ input: inout FuzzInput) -> [UInt8] {
        let (stream, scope) = (input.byte() % 12, input.byte())
        return bytes {
            let writer = SubscribeRequestWriter($0)
            writer.initialize()
            writer.refApplID = stream
            writer.subscriptionScope = scope > 3 ? Null.u32 : UInt32(scope)
            return SubscribeRequestWriter.fixedLength
        }
    }

    private static func unsubscribe(_ input: inout FuzzInput) -> [UInt8] {
        let handle = UInt32(input.byte() % 8)
        return bytes {
            let writer = UnsubscribeRequestWriter($0)
            writer.initialize()
            writer.refApplSubID = handle
            return UnsubscribeRequestWriter.fixedLength
        }
    }

    static func marketState(_ input: inout FuzzInput) -> [UInt8] {
        let (action, what) = (1 + input.byte() % 5, input.byte())
        return bytes {
            let writer = MarketStateRequestWriter($0)
            writer.initialize()
            writer.marketSegmentID = [Int32(100), 200, Null.i32, 100][Int(what & 3)]
            writer.securityID = what & 4 == 0 ? Null.i64 : 1001
            writer.marketStateAction = action
            return MarketStateRequestWriter.fixedLength
        }
    }

    private static func unknown(_ input: inout FuzzInput) -> [UInt8] {
        var frame = [UInt8](repeating: input.byte(), count: 16 + 8 * input.below(40))
        let template: UInt16 = input.number()
        let length = UInt32(frame.count)
        frame.withUnsafeMutableBytes {
            $0.storeBytes(of: length, as: UInt32.self)
            $0.storeBytes(of: template, toByteOffset: 4, as: UInt16.self)
        }
        return frame
    }

    private static func retransmit(_ input: inout FuzzInput) -> [UInt8] {
        let stream = 4 + input.byte() % 2
        let begin = input.take(16)
        return bytes {
            let writer = RetransmitMEMessageRequestWriter($0)
            writer.initialize()
            writer.subscriptionScope = Null.u32
            writer.partitionID = 1
            writer.refApplID = stream
            if begin.count == 16 { writer.applBegMsgID = begin }
            return RetransmitMEMessageRequestWriter.fixedLength
        }
    }
}
