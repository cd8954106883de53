import Containers
import Domain

/// The reference data as ports ask for it: numbers of the wire in, positions out.
public struct ReferenceTables: ~Copyable {
    public struct InstrumentRow {
        public let securityID: Int64
        public let product: ProductIndex
    }

    public struct SessionRow {
        public let id: UInt32
        public let unit: UnitIndex
        public let kind: SessionDefinition.Kind
    }

    public struct TraderRow {
        public let id: TraderID
        public let unit: UnitIndex
    }

    public let marketID: UInt16
    public let partitionID: UInt16
    /// MarketSegmentID per product.
    public let products: FixedTable<Int32>
    public let instruments: FixedTable<InstrumentRow>
    public let sessions: FixedTable<SessionRow>
    public let traders: FixedTable<TraderRow>
    /// Number per business unit.
    public let units: FixedTable<UInt32>
    @usableFromInline let productTable: NumberTable
    @usableFromInline let instrumentTable: NumberTable
    @usableFromInline let sessionTable: NumberTable
    @usableFromInline let traderTable: NumberTable

    public init(_ data: ReferenceData) {
        marketID = data.marketID
        partitionID = data.partitionID
        let allTraders = Self.tradersInOrder(data)
        products = FixedTable(count: data.products.count) { data.products[$0].marketSegmentID }
        instruments = FixedTable(count: data.instruments.count) {
            InstrumentRow(
                securityID: data.instruments[$0].securityID, product: data.instruments[$0].product)
        }
        sessions = FixedTable(count: data.sessions.count) {
            SessionRow(
                id: data.sessions[$0].id, unit: data.sessions[$0].unit,
                kind: data.sessions[$0].kind)
        }
        traders = FixedTable(count: allTraders.count) {
            TraderRow(id: allTraders[$0].trader.id, unit: allTraders[$0].unit)
        }
        units = FixedTable(count: data.units.count) { data.units[$0].id }
        productTable = NumberTable(data.products.map { UInt32(bitPattern: $0.marketSegmentID) })
        // Requests carry the short form of SecurityID.
        instrumentTable = NumberTable(
            data.instruments.map { UInt32(truncatingIfNeeded: $0.securityID) })
        sessionTable = NumberTable(data.sessions.map(\.id))
        traderTable = NumberTable(allTraders.map(\.trader.id.raw))
    }

    /// All traders in the order of their rows, which is also that of their secrets.
    static func tradersInOrder(_ data: ReferenceData) -> [(trader: Trader, unit: UnitIndex)] {
        data.units.enumerated().flatMap { position, unit in
            unit.traders.map { ($0, UnitIndex(position)) }
        }
    }

    @inlinable @inline(__always)
    public func product(marketSegmentID: Int32) -> ProductIndex {
        let row = productTable.row(of: UInt32(bitPattern: marketSegmentID))
        return row == noIndex ? .none : ProductIndex(Int(row))
    }

    @inlinable @inline(__always)
    public func instrument(simpleSecurityID: UInt32) -> InstrumentIndex {
        let row = instrumentTable.row(of: simpleSecurityID)
        return row == noIndex ? .none : InstrumentIndex(Int(row))
    }

    @inlinable @inline(__always)
    public func instrument(securityID: Int64) -> InstrumentIndex {
        let found = instrument(simpleSecurityID: UInt32(truncatingIfNeeded: securityID))
        guard !found.isNone, instruments[found.index].securityID == securityID else {
            return .none
        }
        return found
    }

    @inlinable @inline(__always)
    public func session(id: UInt32) -> SessionIndex {
        let row = sessionTable.row(of: id)
        return row == noIndex ? .none : SessionIndex(Int(row))
    }

    /// The row of a trader, or -1.
    @inlinable @inline(__always)
    public func trader(id: UInt32) -> Int { Int(traderTable.row(of: id)) }
}
