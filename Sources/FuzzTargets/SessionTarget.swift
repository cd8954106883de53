import Client
import Domain
import Wire

extension FuzzTarget {
    static let sessions = FuzzTarget(
        "sessions", "connections, frames, splits and time, against the rules of a session",
        SessionRun.run)
}

/// Five clients do whatever the input says, a sixth only wants to be served.
private struct SessionRun {
    private let venue: VenueUnderTest
    private var input: FuzzInput
    private var clients: [ClientUnderTest?] = Array(repeating: nil, count: 5)
    private let witness: ClientUnderTest
    private var witnessSession = OrderEntrySession(Self.witnessCredentials)

    static func run(_ input: UnsafeRawBufferPointer) {
        VenueUnderTest.run { venue in
            var run = SessionRun(venue, input)
            while !run.input.isEmpty { run.act() }
            run.finish()
        }
    }

    private static let witnessCredentials = Credentials(
        session: 20001, sessionPassword: "apus-20001", trader: 21, traderPassword: "apus-21")

    private init(_ venue: VenueUnderTest, _ input: UnsafeRawBufferPointer) {
        self.venue = venue
        self.input = FuzzInput(input)
        witness = ClientUnderTest(venue)
        ask { $0.logon(into: $1, heartbeatMillis: 60_000) }
        ask { $0.userLogin(into: $1) }
    }

    // MARK: What the input says

    private mutating func act() {
        let what = input.byte()
        let index = Int(what >> 4) % clients.count
        switch what & 15 {
        case 0, 1: connect(index)
        case 2...8: sendFrame(index)
        case 9: clients[index]?.send(Array(input.take(Int(input.byte()))))
        case 10: pass(input.byte())
        case 11:
            clients[index]?.hangUp()
            clients[index] = nil
        case 12: clients[index]?.isStalled.toggle()
        case 13: serve()
        default: step()
        }
    }

    private mutating func connect(_ index: Int) {
        clients[index]?.hangUp()
        // The place comes back once the venue has taken note.
        venue.step()
        venue.step()
        clients[index] = ClientUnderTest(venue)
    }

    private mutating func sendFrame(_ index: Int) {
        guard let client = clients[index] else { return connect(index) }
        var frame = RequestScript.frame(&input, msgSeqNum: client.next)
        let how = input.byte()
        if how & 7 != 0 {
            client.next &+= 1
        } else {
            for _ in 0..<1 + input.below(4) {
                frame[input.below(frame.count)] = input.byte()
            }
        }
        let first = how & 8 == 0 ? frame.count : input.below(frame.count)
        client.send(Array(frame[..<first]))
        if how & 16 != 0 { step() }
        client.send(Array(frame[first...]))
        if how & 32 != 0 { step() }
    }

    private mutating func pass(_ exponent: UInt8) {
        witness.send(frame { witnessSession.heartbeat(into: $0) })
        venue.settle()
        venue.pass(nanos: 1 << UInt64(exponent % 36))
        step()
    }

    private mutating func step() {
        venue.step()
        receive()
    }

    private func receive() {
        witness.receive()
        for client in clients { client?.receive() }
    }

    // MARK: What always holds

    private mutating func finish() {
        for client in clients { client?.isStalled = false }
        venue.settle()
        receive()
        for client in clients { client?.requireAnswered() }
        serve()
    }

    /// The witness enters an order and deletes it.
    private mutating func serve() {
        let request = OrderRequest(
            side: .buy, price: Price(units: 3), quantity: Quantity(units: 2), instrument: 2001,
            product: 200)
        ask { $0.newOrder(request, clOrdID: ClOrdID(raw: 7), into: $1) }
        ask {
            $0.deleteOrder(
                origClOrdID: ClOrdID(raw: 7), instrument: 2001, product: 200, into: $1)
        }
    }

    private mutating func ask(
        _ write: (inout OrderEntrySession, UnsafeMutableRawPointer) -> Int
    ) {
        witness.send(frame { write(&witnessSession, $0) })
        venue.settle()
        receive()
        require(!witness.isEnded, "nobody else can end the witness's session")
        witness.requireAnswered()
        _ = witness.take()
    }

    private func frame(_ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
        RequestScript.bytes(write)
    }
}
