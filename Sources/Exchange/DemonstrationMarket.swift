import Domain

/// The market a venue offers when it is given none: three products, three units, no throttles.
///
/// The passwords are public (`apus-1`, `apus-11`, `apus-90001`, …: `apus-` and the number of the
/// unit, the trader or the back-office session), and their hashes are cheap on purpose: a few
/// milliseconds of yescrypt. A venue that listens beyond this machine brings its own configuration.
public enum DemonstrationMarket {
    public static var referenceData: ReferenceData {
        ReferenceData(
            marketID: 1, partitionID: 1, organisation: "APUS", products: products,
            instruments: instruments, units: units, sessions: sessions)
    }

    private static var products: [Product] {
        [
            product(100, "ALPHA", tickRaw: Price.unit / 2, maximum: 100_000),
            product(200, "STOCKS", tickRaw: Price.unit / 100, maximum: 1_000_000),
            product(300, "GAMMA", tickRaw: Price.unit / 100, maximum: 10_000),
        ]
    }

    private static var instruments: [Instrument] {
        let alpha = ProductIndex(0)
        let stocks = ProductIndex(1)
        let gamma = ProductIndex(2)
        return [
            Instrument(securityID: 1001, name: "ALPHA DEC", product: alpha),
            Instrument(securityID: 1002, name: "ALPHA MAR", product: alpha),
            Instrument(securityID: 2001, name: "AAPL", product: stocks),
            Instrument(securityID: 2002, name: "MSFT", product: stocks),
            Instrument(securityID: 2003, name: "INTC", product: stocks),
            Instrument(securityID: 2004, name: "AMZN", product: stocks),
            Instrument(securityID: 2005, name: "GOOG", product: stocks),
            Instrument(securityID: 3001, name: "GAMMA", product: gamma),
        ]
    }

    private static var units: [BusinessUnit] {
        [
            BusinessUnit(id: 1, name: "UNIT1", traders: [trader(11), trader(12)]),
            BusinessUnit(id: 2, name: "UNIT2", traders: [trader(21), trader(22)]),
            BusinessUnit(id: 3, name: "UNIT3", traders: [trader(31), trader(32)]),
        ]
    }

    private static var sessions: [SessionDefinition] {
        [
            session(10001, .trading, UnitIndex(0), password: 1),
            session(20001, .trading, UnitIndex(1), password: 2),
            session(30001, .trading, UnitIndex(2), password: 3),
            session(90000, .operations, .none, password: 90000),
            session(90001, .backOffice, UnitIndex(0), password: 90001),
            session(90002, .backOffice, UnitIndex(1), password: 90002),
            session(90003, .backOffice, UnitIndex(2), password: 90003),
        ]
    }

    private static func product(
        _ marketSegmentID: Int32, _ name: String, tickRaw: Int64, maximum: Int64
    ) -> Product {
        Product(
            marketSegmentID: marketSegmentID, name: name, tick: Price(raw: tickRaw),
            lot: Quantity(units: 1), maximumQuantity: Quantity(units: maximum))
    }

    private static func trader(_ number: UInt32) -> Trader {
        Trader(
            id: TraderID(raw: number), name: "TRD0\(number)", passwordHash: hash(ofPassword: number)
        )
    }

    private static func session(
        _ id: UInt32, _ kind: SessionDefinition.Kind, _ unit: UnitIndex, password: UInt32
    ) -> SessionDefinition {
        SessionDefinition(id: id, kind: kind, unit: unit, passwordHash: hash(ofPassword: password))
    }

    /// The hash of `apus-` and the number, made once with `crypt(3)` at its lowest yescrypt cost.
    private static func hash(ofPassword number: UInt32) -> String {
        switch number {
        case 1: "$y$j75$RbZBeeA/6dBG6d79EVVrJ0$J1NYuX0Pt/l0GPv/G7ohQdOXXF5Y.ICo6/w93ezJ2IA"
        case 2: "$y$j75$sgTCxUq0X7PnlgfbS7f4n1$ZVC7NXdDudWvyzku2npAytBCXHaCKwCdzTtZPjDAJH7"
        case 3: "$y$j75$/049qNNaRWbnQPvNACvYp0$llsIcTKiCEyJpH0jHa2W9V1G5xX1U7J5Hg/flnYs0V."
        case 90000: "$y$j75$bzrKauWml.n8Mqr3blKpr0$X7gXclyai8E6Ybsblrlvxpv7l/OqqN4QAdN2UJoZgF0"
        case 90001: "$y$j75$UJiMsSZcQRCUJZbI3tL9e.$Er1ZBbFPaAm/EazA628aWQ9HOdbu02o/YUVOs.bCRJB"
        case 90002: "$y$j75$R4lC0gNPEulY7Y70wTAyD1$I/eruN8FALPkqWKTQ6jCyVBgRvYpHYQXrBf6/zuGQW2"
        case 90003: "$y$j75$Le9NEAaFRQWLZ0CG//Tg1.$Otx5LNFyZmF7sndsjXt9vXo.oBuQfQFzb9yWDuzF8k5"
        case 11: "$y$j75$5cU8Yh2t9wkq4ehyozI8N/$t3eDU7XP3IlauS6y19AhYiQGJcngOMAbdcU5JufCYK/"
        case 12: "$y$j75$GrmsuMRSu3bzQUf/2yp.k.$79bDn3LBHN/ttbyTi8/k56lB/v0A9jU/zf7c3Nypmv3"
        case 21: "$y$j75$8UHAyLQM16WYQLKjRXPdQ0$yM28v/eAgp22LkLlbVEr.jvhNDMYOgP4WNjPRVUrFm."
        case 22: "$y$j75$aRaVvOiE4W8ejnyxVCrQ11$nvZcjGsj2KTSrotLGIZNEcXhjN9eHcTf46k4Yy8RbZ."
        case 31: "$y$j75$I/1vZ38OwNYgQxadTsbfY.$cW2DQ5jhzF3H/NWaVEBJJLEogxRW5UsTRabl6tUpliB"
        case 32: "$y$j75$Eik93EaM80J4vxggJvQRx/$N4nlF9RPUcVOpA5Xm1DwatKpspdAFA8ySplVZxqYbr8"
        default: preconditionFailure("the demonstration market has no password \(number)")
        }
    }
}
