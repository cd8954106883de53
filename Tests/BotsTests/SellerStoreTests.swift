import Domain
import Foundation
import OrderFlow
import SQLiteFile
import Testing

@testable import Bots

@Suite("Seller's store", .enabled(if: SQLiteFile.isAvailable, "needs libsqlite3-dev"))
struct SellerStoreTests {
    static func plan(_ quantity: Int64 = 100) -> SellerPlan {
        SellerPlan(
            traded: TradedInstrument(instrument: 2001, product: 200, tick: Price(raw: 1_000_000)),
            session: 30001, quantity: Quantity(units: quantity), slice: Quantity(units: 10),
            limit: Price(units: 584), pauseNanos: 5)
    }

    private func withFile(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "apus-seller-\(UUID().uuidString).db"
        defer {
            for suffix in ["", "-journal"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
            }
        }
        try body(path)
    }

    @Test("What was written is there when the file is opened again")
    func survives() throws {
        try withFile { path in
            do {
                let store = try SellerStore(path, plan: Self.plan())
                try store.intend(ClOrdID(raw: 7), Quantity(units: 10), instance: 1)
                try store.intend(ClOrdID(raw: 8), Quantity(units: 10), instance: 1)
                try store.settle(ClOrdID(raw: 7), sold: Quantity(units: 4))
            }
            let store = try SellerStore(path, plan: nil)
            #expect(store.plan == Self.plan())
            #expect(
                try store.orders() == [
                    SellerOrder(
                        clOrdID: ClOrdID(raw: 7), quantity: Quantity(units: 10),
                        soldQty: Quantity(units: 4), instance: 1),
                    SellerOrder(
                        clOrdID: ClOrdID(raw: 8), quantity: Quantity(units: 10), soldQty: nil,
                        instance: 1),
                ])
            // Nothing is sold before the open order's fate is known.
            #expect(throws: ToolError.self) { try SellerBot(store) }
            try store.settle(ClOrdID(raw: 8), sold: .zero)
            #expect(try SellerBot(store).remainingQty == Quantity(units: 96))
        }
    }

    @Test("A second bot on the same file, another plan, and no plan are refused with a sentence")
    func refusals() throws {
        try withFile { path in
            #expect(throws: ToolError.input("\(path) has no plan yet: give --quantity and --limit"))
            {
                try SellerStore(path, plan: nil)
            }
            do {
                let store = try SellerStore(path, plan: Self.plan())
                #expect(throws: ToolError.input("\(path) is in use by another program")) {
                    try SellerStore(path, plan: nil)
                }
                _ = store.plan
            }
            #expect(throws: ToolError.self) { try SellerStore(path, plan: Self.plan(101)) }
            #expect(throws: ToolError.self) {
                try SellerStore("/proc/nowhere/x.db", plan: Self.plan())
            }
        }
    }
}
