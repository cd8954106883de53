import Exchange
import LocalVenue
import TestSupport
import Testing

/// Runs `body`, which attacks the venue, while a witness trades; then requires that all is as before:
/// the witness was answered rightly throughout, memory is bounded, and sessions 10001 and 20001 can
/// log on and trade with each other.
func besiege(
    _ configuration: Configuration = .onAnyPort, memoryMax: Int = 192 << 20,
    _ body: (LocalVenue, Witness) throws -> Void
) throws {
    try withVenue(configuration) { venue in
        let witness = try Witness(venue)
        let before = Machine.residentBytes()
        try body(venue, witness)
        witness.expectService()
        let growth = Machine.residentBytes() - before
        // A sanitizer keeps what was freed.
        #expect(growth < memoryMax || isSanitized, "memory grew by \(growth >> 20) MiB")
        try expectTrading(venue)
        try witness.finish()
    }
}

/// Two members log on and trade, against whatever the market holds.
func expectTrading(_ venue: LocalVenue) throws {
    let (seller, buyer) = (try patientMember(.one, venue), try patientMember(.two, venue))
    for client in [seller, buyer] { _ = try client.exchange { deleteAllOf(client, $0) } }
    let rests = try seller.order(id: 900_001, side: 2, lots: 2, price: 77)
    #expect(rests.map(\.template) == [.newOrderNRResponse])
    let taken = try buyer.order(id: 900_002, side: 1, lots: 2, price: 77)
    #expect(taken.map(\.template) == [.orderExecResponse])
    #expect(try seller.read().template == .orderExecNotification)
    try seller.logOut()
    try buyer.logOut()
}

private func deleteAllOf(_ client: TestClient, _ number: UInt32) -> [UInt8] {
    Frames.deleteAll(number, trader: client.trader)
}

/// Logs on, again and again while earlier failures still block the session.
func patientMember(_ member: Member, _ venue: LocalVenue) throws -> TestClient {
    var attempts = 0
    while true {
        do {
            return try venue.member(member)
        } catch {
            attempts += 1
            guard attempts < 60 else { throw error }
            pause(millis: 250)
        }
    }
}
