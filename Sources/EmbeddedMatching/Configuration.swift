import CApusMatching
import Domain
import Engine
import Glibc

/// What the limits of a configuration are.
private enum Limit {
    static let orders = 1...UInt32(1 << 24)
    static let pages = 1...UInt32(1 << 20)
    static let sessions = 1...UInt32(65_535)
    static let products = 1...UInt32(65_534)
    static let instruments = 1_000_000
    /// The engine keeps notes for each product in each mass cancel, of which there are two a session.
    static let sessionsTimesProducts: UInt64 = 1 << 26
    static let events = UInt32(1 << 24)
}

extension EmbeddedEngine {
    /// Makes an engine at a place of its own.
    static func make(
        _ config: apus_config, _ engine: inout OpaquePointer?
    ) -> apus_status {
        let fault = judge(config)
        guard fault == APUS_OK else { return fault }
        guard let products = config.products else { return APUS_NULL_ARGUMENT }
        let given = UnsafeBufferPointer(start: products, count: Int(config.product_count))
        guard given.allSatisfy(isGood) else { return APUS_BAD_PRODUCT }
        let instruments = given.reduce(0) { $0 + Int($1.instrument_count) }
        guard instruments <= Limit.instruments else { return APUS_BAD_CAPACITY }
        guard canReserve(config, instruments: instruments) else { return APUS_OUT_OF_MEMORY }
        let configuration = PartitionConfiguration(
            referenceData: referenceData(given, sessions: Int(config.session_count)),
            orderCapacity: Int(config.order_capacity), detailsCapacity: 1,
            pageCapacity: Int(config.price_page_capacity), orderIDKey: config.order_id_key)
        let place = UnsafeMutablePointer<EmbeddedEngine>.allocate(capacity: 1)
        place.initialize(
            to: EmbeddedEngine(configuration, eventCapacity: Int(config.event_capacity)))
        engine = OpaquePointer(place)
        return APUS_OK
    }

    private static func judge(_ config: apus_config) -> apus_status {
        let ours = apus_matching_version()
        // A caller of an older minor version knows less than we do, which is fine.
        guard config.version >> 16 == ours >> 16, config.version <= ours,
            config.size == UInt32(MemoryLayout<apus_config>.size)
        else { return APUS_WRONG_VERSION }
        guard config.reserved == 0 else { return APUS_RESERVED_USED }
        let cells = UInt64(config.session_count) * UInt64(config.product_count)
        guard Limit.products.contains(config.product_count),
            Limit.sessions.contains(config.session_count),
            cells <= Limit.sessionsTimesProducts,
            Limit.orders.contains(config.order_capacity),
            Limit.pages.contains(config.price_page_capacity),
            config.event_capacity <= Limit.events
        else { return APUS_BAD_CAPACITY }
        return APUS_OK
    }

    private static func isGood(_ product: apus_product) -> Bool {
        product.tick > 0 && product.lot > 0 && product.quantity_max > 0
            && product.quantity_max % product.lot == 0 && product.instrument_count > 0
            && product.reserved == 0
    }

    /// Whether the system would give about as much memory as the engine will ask for, which it does not
    /// survive being refused.
    private static func canReserve(_ config: apus_config, instruments: Int) -> Bool {
        let cells = (2 * Int(config.session_count) + 66) * Int(config.product_count)
        let bytes =
            Int(config.order_capacity) * 256 + Int(config.price_page_capacity) * 2048
            + Int(config.event_capacity) * 256 + instruments * 512 + cells + (16 << 20)
        let memory = mmap(
            nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard memory != UnsafeMutableRawPointer(bitPattern: -1) else { return false }
        munmap(memory, bytes)
        return true
    }

    private static func referenceData(
        _ products: UnsafeBufferPointer<apus_product>, sessions: Int
    ) -> ReferenceData {
        var reference = ReferenceData(
            marketID: 1, partitionID: 1, organisation: "", products: [], instruments: [],
            units: [], sessions: [])
        for (index, product) in products.enumerated() {
            reference.products.append(
                Product(
                    marketSegmentID: Int32(index), name: "", tick: Price(raw: product.tick),
                    lot: Quantity(raw: product.lot),
                    maximumQuantity: Quantity(raw: product.quantity_max)))
            for _ in 0..<product.instrument_count {
                reference.instruments.append(
                    Instrument(
                        securityID: Int64(reference.instruments.count), name: "",
                        product: ProductIndex(index)))
            }
        }
        // Nobody acts for another, so each session is a unit of its own.
        for index in 0..<sessions {
            reference.units.append(BusinessUnit(id: UInt32(index), name: "", traders: []))
            reference.sessions.append(
                SessionDefinition(
                    id: UInt32(index), kind: .trading, unit: UnitIndex(index), passwordHash: ""))
        }
        return reference
    }
}
