import Domain

/// The reference data of the engine tests: small, with every kind of number in it.
///
/// | product | tick | lot | maximum | instruments |
/// |---|---|---|---|---|
/// | 0 | 0.5 | 1 | 1,000 | 0, 1 |
/// | 1 | 0.01 | 1 | 1,000,000 | 2, 3 |
/// | 2 | 0.00000001 | 10 | 10,000 | 4, 5 |
///
/// | unit | traders | sessions |
/// |---|---|---|
/// | 0 | 11, 12 | 0, 1 |
/// | 1 | 21, 22 | 2, 3 (session loss deletes persistent orders too) |
/// | 2 | 31 | 4 |
enum TestVenue {
    static let referenceData = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "TEST",
        products: [
            product(100, "ALPHA", tick: Price(raw: Price.unit / 2), lot: 1, maximum: 1_000),
            product(200, "BETA", tick: Price(raw: Price.unit / 100), lot: 1, maximum: 1_000_000),
            product(300, "GAMMA", tick: Price(raw: 1), lot: 10, maximum: 10_000),
        ],
        instruments: (0..<6).map { index in
            Instrument(
                securityID: Int64(1000 + index), name: "I\(index)", product: ProductIndex(index / 2)
            )
        },
        units: [unit(1, [11, 12]), unit(2, [21, 22]), unit(3, [31])],
        sessions: [
            session(10001, 0), session(10002, 0), session(20001, 1),
            session(20002, 1, cancelsPersistent: true), session(30001, 2),
        ])

    private static func product(
        _ id: Int32, _ name: String, tick: Price, lot: Int64, maximum: Int64
    ) -> Product {
        Product(
            marketSegmentID: id, name: name, tick: tick, lot: Quantity(units: lot),
            maximumQuantity: Quantity(units: maximum))
    }

    private static func unit(_ id: UInt32, _ traders: [UInt32]) -> BusinessUnit {
        BusinessUnit(
            id: id, name: "UNIT\(id)",
            traders: traders.map { trader in
                Trader(id: TraderID(raw: trader), name: "TRD\(trader)", passwordHash: "")
            })
    }

    private static func session(
        _ id: UInt32, _ unit: Int, cancelsPersistent: Bool = false
    ) -> SessionDefinition {
        SessionDefinition(
            id: id, kind: .trading, unit: UnitIndex(unit), passwordHash: "",
            cancelsPersistentOnDisconnect: cancelsPersistent)
    }
}
