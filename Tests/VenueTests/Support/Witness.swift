import Foundation
import LinuxPlatform
import LocalVenue
import TestSupport
import Testing

/// An honest session that trades all the while on a thread of its own: it expects exactly one right
/// answer per request, in order, whatever others do to the venue.
///
/// Each round sends a new order, a change, a query that must be refused and a deletion at once, and
/// then reads the four answers. Its product is one that nobody else uses.
final class Witness: @unchecked Sendable {
    private let client: TestClient
    private let lock = NSLock()
    private let done = DispatchSemaphore(value: 0)
    private var shouldStop = false
    private var rounds = 0
    private var failure: String?

    init(_ venue: LocalVenue) throws {
        client = try venue.member(.three)
        try playRound()
        let thread = Thread { [self] in run() }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Lets it finish, requires that it was served, and logs it out.
    func finish(sourceLocation: SourceLocation = #_sourceLocation) throws {
        lock.withLock { shouldStop = true }
        done.wait()
        if let failure { Issue.record("witness: \(failure)", sourceLocation: sourceLocation) }
        #expect(rounds > 1, "the witness was served", sourceLocation: sourceLocation)
        guard failure == nil else { return }
        try playRound()
        try client.logOut()
    }

    /// Waits until the witness has been served some more rounds, all of them begun after this call.
    func expectService(
        rounds more: Int = 3, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let goal = lock.withLock { rounds } + more + 1
        let deadline = SystemClock.monotonicNanos() + TestClient.patienceNanos
        while SystemClock.monotonicNanos() < deadline {
            if lock.withLock({ rounds >= goal || failure != nil }) { return }
            usleep(1000)
        }
        Issue.record("the witness is not served any more", sourceLocation: sourceLocation)
    }

    private func run() {
        while !lock.withLock({ shouldStop }) {
            do {
                try playRound()
            } catch {
                lock.withLock { failure = "\(error) in round \(rounds)" }
                break
            }
            usleep(500)
        }
        done.signal()
    }

    private struct WrongAnswer: Error { let text: String }

    private func playRound() throws {
        let id = UInt64(lock.withLock { rounds }) * 10 + 1
        let form: TestClient.Form = rounds % 2 == 0 ? .lean : .long
        let first = client.next
        var frames = client.orderFrame(
            first, form, id: id, side: 1, lots: 3, price: 50, instrument: 3001, product: 300)
        frames += Frames.modify(
            first + 1, trader: client.trader, clOrdID: id + 1, product: 300, instrument: 3001
        ) {
            $0.orderID = .max
            $0.origClOrdID = id
            $0.price = .price(50)
            $0.orderQty = .lots(2)
            $0.side = 1
            $0.execInst = 2
            $0.applSeqIndicator = form == .lean ? 0 : 1
        }
        frames += client.deleteFrame(
            first + 2, id: id + 5, instrument: 3001, product: 300)
        frames += client.deleteFrame(
            first + 3, id: id + 1, instrument: 3001, product: 300)
        client.next += 4
        try client.sendRaw(frames)
        let expected = [
            form == .lean ? "newOrderNRResponse" : "newOrderResponse",
            form == .lean ? "modifyOrderNRResponse" : "modifyOrderResponse",
            "reject", form == .lean ? "deleteOrderNRResponse" : "deleteOrderResponse",
        ]
        for (position, name) in expected.enumerated() {
            let answer = try client.read()
            guard "\(answer.template)" == name, answer.answers == first + UInt32(position) else {
                throw WrongAnswer(text: "expected \(name), got \(answer)")
            }
            if name != "reject" {
                let named = position == 0 ? id : id + 1
                let field = position == 3 ? "OrigClOrdID" : "ClOrdID"
                guard answer.field(field) == named else {
                    throw WrongAnswer(text: "another order: \(answer)")
                }
            } else {
                guard answer.reject?.reason == 10000 else {
                    throw WrongAnswer(text: "another reject: \(answer)")
                }
            }
        }
        client.forgetConversation()
        lock.withLock { rounds += 1 }
    }
}
