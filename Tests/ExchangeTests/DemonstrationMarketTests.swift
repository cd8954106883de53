import Domain
import Testing

@testable import Exchange

@Suite struct DemonstrationMarketTests {
    let market = DemonstrationMarket.referenceData

    @Test func marketAndProducts() {
        #expect(market.marketID == 1)
        #expect(market.partitionID == 1)
        #expect(market.organisation == "APUS")
        let rows = market.products.map {
            "\($0.marketSegmentID) \($0.name) "
                + DecimalText.write($0.tick.raw, places: 8) + " "
                + DecimalText.write($0.lot.raw, places: 4) + " "
                + DecimalText.write($0.maximumQuantity.raw, places: 4)
        }
        #expect(
            rows == [
                "100 ALPHA 0.5 1 100000", "200 STOCKS 0.01 1 1000000", "300 GAMMA 0.01 1 10000",
            ])
    }

    @Test func instruments() {
        let rows = market.instruments.map {
            "\(market.products[$0.product.index].marketSegmentID) \($0.securityID) \($0.name)"
        }
        #expect(
            rows == [
                "100 1001 ALPHA DEC", "100 1002 ALPHA MAR", "200 2001 AAPL", "200 2002 MSFT",
                "200 2003 INTC", "200 2004 AMZN", "200 2005 GOOG", "300 3001 GAMMA",
            ])
    }

    @Test func unitsAndTraders() {
        let rows = market.units.map { unit in
            "\(unit.id) \(unit.name) "
                + unit.traders.map { "\($0.id.raw) \($0.name)" }.joined(separator: ", ")
        }
        #expect(
            rows == [
                "1 UNIT1 11 TRD011, 12 TRD012", "2 UNIT2 21 TRD021, 22 TRD022",
                "3 UNIT3 31 TRD031, 32 TRD032",
            ])
    }

    @Test func sessions() {
        let rows = market.sessions.map { session in
            let unit = session.unit.isNone ? "all" : market.units[session.unit.index].name
            return "\(session.id) \(session.kind) \(unit)"
        }
        #expect(
            rows == [
                "10001 trading UNIT1", "20001 trading UNIT2", "30001 trading UNIT3",
                "90000 operations all", "90001 backOffice UNIT1", "90002 backOffice UNIT2",
                "90003 backOffice UNIT3",
            ])
        #expect(market.sessions.allSatisfy { $0.throttle == .none })
    }

    /// No two hashes are alike, as each has a salt of its own.
    @Test func everyHashIsItsOwn() {
        let hashes =
            market.sessions.map(\.passwordHash)
            + market.units.flatMap(\.traders).map(\.passwordHash)
        #expect(Set(hashes).count == 13)
        #expect(hashes.allSatisfy(PasswordHashForm.isWellFormed))
    }
}
