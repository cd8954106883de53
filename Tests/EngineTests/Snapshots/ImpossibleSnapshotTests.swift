import Domain
import Engine
import Testing

/// Orders that a market's state does not allow are in no partition, and so in no snapshot.
@Suite("Snapshots of states that there cannot be")
struct ImpossibleSnapshotTests {
    private static let shape: EngineHarness.Shape = {
        var shape = EngineHarness.Shape()
        shape.massCancelSlice = 2
        return shape
    }()
    private static let products = TestVenue.referenceData.products.count
    /// Where a product's state and an instrument's status lie, as the layout says.
    private static func offset(ofProduct row: Int) -> Int { 48 + 13 * row }
    private static func offset(ofInstrument row: Int) -> Int {
        48 + 13 * products + 4 * TestVenue.referenceData.units.count + row
    }

    /// What is said to a state with one byte changed; nil when it is taken.
    private func objection(
        _ market: Market, _ offset: Int, _ before: UInt8, _ after: UInt8
    ) throws -> String? {
        var bytes = try market.engine.snapshot()
        #expect(bytes[offset] == before)
        bytes[offset] = after
        do {
            try EngineHarness(Self.shape, restoring: bytes).checkInvariants()
            return nil
        } catch let error as PartitionSnapshotError {
            return error.description
        }
    }

    @Test("An order that is not persistent, in a halt that nobody works on, is refused")
    func halted() throws {
        let market = Market(Self.shape)
        market.given(.buy(1, at: 100, as: 1))
        let status = Self.offset(ofInstrument: 0)
        #expect(
            try objection(market, status, 203, 2)
                == "an order that is not persistent outlived a halt")
        #expect(try objection(market, Self.offset(ofInstrument: 1), 203, 2) == nil)
        #expect(try objection(market, status, 203, 200) == nil, "closing keeps orders")
        #expect(
            try objection(market, Self.offset(ofProduct: 0), 0, 1)
                == "an order that is not persistent outlived a halt")
    }

    @Test("Any order after the end of its product's day is refused")
    func dayOver() throws {
        let market = Market(Self.shape)
        market.given(.buy(1, at: 100, as: 1).persistent)
        let state = Self.offset(ofProduct: 0)
        #expect(
            try objection(market, state, 0, 3) == "an order outlived the end of its product's day")
        #expect(try objection(market, state, 0, 1) == nil, "a halt spares persistent orders")
        #expect(try objection(market, Self.offset(ofProduct: 1), 0, 3) == nil)
    }

    @Test("A state at the end of all time is refused, as it could not go on")
    func endOfTime() throws {
        let market = Market(Self.shape)
        var bytes = try market.engine.snapshot()
        bytes.replaceSubrange(32..<40, with: [UInt8](repeating: 0xFF, count: 8))
        #expect(throws: PartitionSnapshotError.self) {
            try EngineHarness(Self.shape, restoring: bytes)
        }
    }

    @Test("In the middle of a halt the orders that it has yet to reach may be there, no others")
    func underWay() throws {
        let market = Market(Self.shape)
        for name in 1...5 as ClosedRange<UInt64> { market.given(.buy(1, at: 100, as: name)) }
        market.given(.buy(1, at: 100, as: 6).on(2))
        market.given(.operation(.halt, product: 0))
        while market.engine.hasMassCancelPending {
            let engine = try EngineHarness(Self.shape, restoring: market.engine.snapshot())
            engine.checkInvariants()
            #expect(engine.stateHash() == market.engine.stateHash())
            #expect(
                try objection(market, Self.offset(ofInstrument: 2), 203, 2)
                    == "an order that is not persistent outlived a halt")
            market.continueMassCancel()
        }
        #expect(market.book() == " | ")
    }
}
