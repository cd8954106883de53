import Domain
import Platform

extension Configuration {
    /// Reads a configuration file's bytes; throws everything that is wrong with them at once.
    public init(parsing bytes: [UInt8]) throws(ConfigurationError) {
        let tree: JSONValue
        do {
            tree = try JSONReader.read(bytes)
        } catch {
            let place = "line \(error.line), column \(error.column)"
            let text = "not JSON at \(place), expected \(error.expectation)"
            throw ConfigurationError(issues: [ConfigurationIssue(path: "", text: text)])
        }
        let list = IssueList()
        let configuration = ConfigurationReading(issues: list).configuration(tree)
        guard list.issues.isEmpty, let configuration else {
            throw ConfigurationError(issues: list.issues)
        }
        self = configuration
    }
}

/// The keys of each object of a configuration, in the order in which they are printed.
enum ConfigurationKeys {
    static let root = [
        "version", "market", "products", "instruments", "businessUnits", "sessions", "limits",
        "runtime", "feed", "durability",
    ]
    static let market = ["marketID", "partitionID", "organisation"]
    static let product = ["marketSegmentID", "name", "tick", "lot", "maximumQuantity", "topOfBook"]
    static let instrument = ["securityID", "name", "product"]
    static let businessUnit = ["id", "name", "traders"]
    static let trader = ["id", "name", "passwordHash"]
    static let session = [
        "id", "kind", "businessUnit", "passwordHash", "throttle", "cancelOnDisconnectPersistent",
    ]
    static let throttle = ["messagesMax", "intervalMillis", "disconnectLimit"]
    static let limits = [
        "orderCapacity", "orderDetailsCapacity", "pricePageCapacity", "connectionCapacity",
        "unreadBytesMax", "unsentBytesMax", "slowConsumerSeconds", "logonTimeoutSeconds",
        "massCancelSlice", "eventRingCapacity",
    ]
    static let runtime = ["name", "address", "port", "profile", "threads"]

    static let feed = [
        "receivers", "interface", "hops", "publicFirst", "snapshotPacketsPerSecond",
        "snapshotIntervalMillis", "heartbeatMillis",
    ]

    static let durability = [
        "dataDirectory", "mode", "segmentMebibytes", "syncIntervalMillis",
        "snapshotEveryCommands", "snapshotsKept",
    ]

    static let all = [
        root, market, product, instrument, businessUnit, trader, session, throttle, limits, runtime,
        feed, durability,
    ]
}

/// One pass over a configuration's tree: reads each object, checks it, and checks how they fit.
private struct ConfigurationReading {
    let issues: IssueList

    private static let id32: ClosedRange<Int64> = 1...Int64(UInt32.max) - 1
    private static let id16: ClosedRange<Int64> = 1...Int64(UInt16.max) - 1

    /// Values that could not be read are replaced by zeros, and never used: an issue says so.
    func configuration(_ tree: JSONValue) -> Configuration? {
        let keys = ConfigurationKeys.root
        guard let root = ConfigurationObject(tree, path: "", keys: keys, issues: issues) else {
            return nil
        }
        let version = Int64(Configuration.version)
        // Another version may mean anything by its keys: one clear sentence says more than many.
        guard root.integer("version", in: version...version) != nil else { return nil }

        var market = readMarket(root)
        var segments = ReferenceTable<Int64>()
        market.products = readProducts(root, into: &segments)
        market.instruments = readInstruments(root, products: segments)
        var unitTable = ReferenceTable<Int64>()
        market.units = readUnits(root, into: &unitTable)
        market.sessions = readSessions(root, units: unitTable)
        let configuration = Configuration(
            market: market, limits: readLimits(root), runtime: readRuntime(root),
            feed: readFeed(root), durability: readDurability(root))
        checkConnections(configuration, root)
        checkFeed(configuration, root)
        return configuration
    }

    // MARK: Market

    private func readMarket(_ root: ConfigurationObject) -> ReferenceData {
        let market = root.object("market", keys: ConfigurationKeys.market, isRequired: true)
        let marketID = market?.integer("marketID", in: ConfigurationReading.id16)
        let partitionID = market?.integer("partitionID", in: ConfigurationReading.id16)
        let organisation = market?.text("organisation", length: 1...32)
        return ReferenceData(
            marketID: UInt16(marketID ?? 0), partitionID: UInt16(partitionID ?? 0),
            organisation: organisation ?? "", products: [], instruments: [], units: [],
            sessions: [])
    }

    private func readProducts(
        _ root: ConfigurationObject, into segments: inout ReferenceTable<Int64>
    ) -> [Product] {
        let keys = ConfigurationKeys.product
        var products: [Product] = []
        for object in root.objects("products", keys: keys, count: 1...1024) {
            let segmentID = object?.integer("marketSegmentID", in: 1...Int64(Int32.max))
            segments.insert(segmentID, at: products.count, object, "marketSegmentID")
            let name = object?.text("name", length: 1...32)
            let tick = object?.decimal("tick", places: 8, minimum: 1)
            let lot = object?.decimal("lot", places: 4, minimum: 1, default: Quantity.unit)
            let maximum = object?.decimal("maximumQuantity", places: 4, minimum: 1)
            if let object, let lot, let maximum, !maximum.isMultiple(of: lot) {
                let step = DecimalText.write(lot, places: 4)
                let found = DecimalText.write(maximum, places: 4)
                object.note("maximumQuantity", "\(found), expected a multiple of the lot \(step)")
            }
            products.append(
                Product(
                    marketSegmentID: Int32(segmentID ?? 0), name: name ?? "",
                    tick: Price(raw: tick ?? 0), lot: Quantity(raw: lot ?? 0),
                    maximumQuantity: Quantity(raw: maximum ?? 0),
                    topOfBook: object?.boolean("topOfBook", default: false) ?? false))
        }
        return products
    }

    private func readInstruments(
        _ root: ConfigurationObject, products: ReferenceTable<Int64>
    ) -> [Instrument] {
        let keys = ConfigurationKeys.instrument
        var securityIDs = ReferenceTable<Int64>()
        var shortIDs: [UInt32: Int64] = [:]
        var instruments: [Instrument] = []
        for object in root.objects("instruments", keys: keys, count: 1...65_536) {
            let securityID = object?.integer("securityID", in: 1...Int64.max)
            securityIDs.insert(securityID, at: instruments.count, object, "securityID")
            if let object, let securityID {
                checkShortID(of: securityID, object, &shortIDs)
            }
            let name = object?.text("name", length: 1...32)
            let product = object.flatMap { object in
                products.index(
                    of: object.integer("product", in: 1...Int64(Int32.max)), from: object,
                    "product", in: "the marketSegmentIDs of products")
            }
            instruments.append(
                Instrument(
                    securityID: securityID ?? 0, name: name ?? "",
                    product: product.map { ProductIndex($0) } ?? .none))
        }
        return instruments
    }

    /// Requests name an instrument by the low 32 bits of its SecurityID; all ones mean "no value".
    private func checkShortID(
        of securityID: Int64, _ object: ConfigurationObject, _ shortIDs: inout [UInt32: Int64]
    ) {
        let shortID = UInt32(truncatingIfNeeded: securityID)
        if shortID == .max {
            object.note("securityID", "\(securityID), expected low 32 bits that are not all ones")
        } else if let other = shortIDs[shortID], other != securityID {
            object.note(
                "securityID",
                "\(securityID), expected low 32 bits of its own, which are those of \(other)")
        }
        shortIDs[shortID] = securityID
    }

    // MARK: Participants

    private func readUnits(
        _ root: ConfigurationObject, into unitTable: inout ReferenceTable<Int64>
    ) -> [BusinessUnit] {
        let keys = ConfigurationKeys.businessUnit
        var traderTable = ReferenceTable<Int64>()
        var units: [BusinessUnit] = []
        for object in root.objects("businessUnits", keys: keys, count: 1...16_384) {
            let id = object?.integer("id", in: ConfigurationReading.id32)
            unitTable.insert(id, at: units.count, object, "id")
            // Lengths of PartyExecutingFirm and PartyExecutingTrader on the wire.
            let name = object?.text("name", length: 1...5)
            let traders = object.map { readTraders($0, into: &traderTable) }
            units.append(
                BusinessUnit(id: UInt32(id ?? 0), name: name ?? "", traders: traders ?? []))
        }
        return units
    }

    private func readTraders(
        _ unit: ConfigurationObject, into traderTable: inout ReferenceTable<Int64>
    ) -> [Trader] {
        var traders: [Trader] = []
        let keys = ConfigurationKeys.trader
        for object in unit.objects("traders", keys: keys, count: 0...16_384) {
            let id = object?.integer("id", in: ConfigurationReading.id32)
            traderTable.insert(id, at: traders.count, object, "id")
            let name = object?.text("name", length: 1...6)
            let hash = object?.passwordHash("passwordHash")
            traders.append(
                Trader(
                    id: TraderID(raw: UInt32(id ?? 0)), name: name ?? "", passwordHash: hash ?? ""))
        }
        return traders
    }

    private func readSessions(
        _ root: ConfigurationObject, units: ReferenceTable<Int64>
    ) -> [SessionDefinition] {
        let keys = ConfigurationKeys.session
        var table = ReferenceTable<Int64>()
        var sessions: [SessionDefinition] = []
        for object in root.objects("sessions", keys: keys, count: 1...16_384) {
            let id = object?.integer("id", in: ConfigurationReading.id32)
            table.insert(id, at: sessions.count, object, "id")
            let kind: SessionDefinition.Kind? = object?.choice("kind")
            let unit = object.flatMap { readUnit(of: $0, kind: kind, units: units) }
            let hash = object?.passwordHash("passwordHash")
            sessions.append(
                SessionDefinition(
                    id: UInt32(id ?? 0), kind: kind ?? .trading, unit: unit ?? .none,
                    passwordHash: hash ?? "", throttle: object.map(readThrottle) ?? .none,
                    cancelsPersistentOnDisconnect: object?.boolean(
                        "cancelOnDisconnectPersistent", default: false) ?? false))
        }
        return sessions
    }

    /// Market operations belong to no unit; every other session belongs to one.
    private func readUnit(
        of session: ConfigurationObject, kind: SessionDefinition.Kind?,
        units: ReferenceTable<Int64>
    ) -> UnitIndex? {
        let name = "businessUnit"
        if kind == .operations {
            if session.has(name) {
                session.note(name, "there, expected none as an operations session acts for all")
            }
            return UnitIndex.none
        }
        if kind == nil, !session.has(name) { return nil }
        let id = session.integer(name, in: ConfigurationReading.id32)
        let index = units.index(of: id, from: session, name, in: "the ids of businessUnits")
        return index.map { UnitIndex($0) }
    }

    private func readThrottle(_ session: ConfigurationObject) -> ThrottleLimits {
        let keys = ConfigurationKeys.throttle
        guard let object = session.object("throttle", keys: keys, isRequired: false) else {
            return .none
        }
        let standard = ThrottleLimits.none
        let messages = object.integer("messagesMax", in: 0...1_000_000)
        let interval = object.integer(
            "intervalMillis", in: 1...3_600_000, default: standard.intervalMillis)
        let limit = object.integer(
            "disconnectLimit", in: 0...1_000_000, default: Int64(standard.disconnectLimit))
        return ThrottleLimits(
            messagesMax: UInt32(messages ?? 0), intervalMillis: interval ?? 0,
            disconnectLimit: UInt32(limit ?? 0))
    }

    // MARK: Limits and runtime

    private func readLimits(_ root: ConfigurationObject) -> VenueLimits {
        var limits = VenueLimits()
        let keys = ConfigurationKeys.limits
        guard let object = root.object("limits", keys: keys, isRequired: false) else {
            return limits
        }
        func read(_ key: String, _ value: inout Int, _ range: ClosedRange<Int64>) {
            value = object.integer(key, in: range, default: Int64(value)).map(Int.init) ?? value
        }
        read("orderCapacity", &limits.orderCapacity, 1...1 << 24)
        read("orderDetailsCapacity", &limits.orderDetailsCapacity, 1...1 << 24)
        read("pricePageCapacity", &limits.pricePageCapacity, 1...1 << 20)
        read("connectionCapacity", &limits.connectionCapacity, 1...65_536)
        // At least twice the longest frame of 80 KiB, so that one never waits for itself.
        read("unreadBytesMax", &limits.unreadBytesMax, 160 << 10...64 << 20)
        read("unsentBytesMax", &limits.unsentBytesMax, 160 << 10...1 << 30)
        read("slowConsumerSeconds", &limits.slowConsumerSeconds, 1...3600)
        read("logonTimeoutSeconds", &limits.logonTimeoutSeconds, 1...3600)
        read("massCancelSlice", &limits.massCancelSlice, 1...1024)
        // At least what the largest slice of a mass cancel may publish at once.
        read("eventRingCapacity", &limits.eventRingCapacity, 1 << 11...1 << 24)
        let capacity = limits.eventRingCapacity
        if capacity & (capacity - 1) != 0 {
            object.note("eventRingCapacity", "\(capacity), expected a power of two")
        }
        return limits
    }

    private func readRuntime(_ root: ConfigurationObject) -> RuntimeSettings {
        var runtime = RuntimeSettings()
        let keys = ConfigurationKeys.runtime
        guard let object = root.object("runtime", keys: keys, isRequired: false) else {
            return runtime
        }
        let port = object.integer("port", in: 0...65_535, default: Int64(runtime.port))
        runtime.name =
            object.text(
                "name", RuntimeSettings.nameExpectation, default: runtime.name,
                where: RuntimeSettings.isName) ?? runtime.name
        runtime.address =
            object.text(
                "address", "an IPv4 address such as 127.0.0.1", default: runtime.address,
                where: RuntimeSettings.isAddress) ?? runtime.address
        runtime.port = port.map { UInt16($0) } ?? runtime.port
        runtime.profile = object.choice("profile", default: runtime.profile) ?? runtime.profile
        runtime.threads = object.choice("threads", default: runtime.threads) ?? runtime.threads
        return runtime
    }

    // MARK: Feed

    private func readFeed(_ root: ConfigurationObject) -> FeedSettings {
        var feed = FeedSettings()
        let keys = ConfigurationKeys.feed
        guard let object = root.object("feed", keys: keys, isRequired: false) else { return feed }
        feed.receivers =
            object.list(
                "receivers", of: FeedSettings.receiverExpectation, countMax: 64,
                default: feed.receivers.map(\.description)
            )
            .compactMap { text in
                let receiver = FeedAddress(text.value)
                if receiver == nil {
                    object.note(
                        text.key,
                        "\(JSONValue.quoted(text.value)), expected \(FeedSettings.receiverExpectation)"
                    )
                }
                return receiver
            }
        feed.interface =
            object.text(
                "interface", "an IPv4 address of this machine, or an empty text",
                default: feed.interface,
                where: { $0.isEmpty || RuntimeSettings.isAddress($0) }) ?? feed.interface
        let hops = object.integer("hops", in: 0...255, default: Int64(feed.hops))
        feed.hops = hops.map { UInt8($0) } ?? feed.hops
        feed.publicFirst =
            object.choice("publicFirst", default: feed.publicFirst) ?? feed.publicFirst
        func read(_ key: String, _ value: inout Int, _ range: ClosedRange<Int64>) {
            value = object.integer(key, in: range, default: Int64(value)).map(Int.init) ?? value
        }
        read("snapshotPacketsPerSecond", &feed.snapshotPacketsPerSecond, 1...1_000_000)
        read("snapshotIntervalMillis", &feed.snapshotIntervalMillis, 1...3_600_000)
        read("heartbeatMillis", &feed.heartbeatMillis, 10...3_600_000)
        return feed
    }

    // MARK: Durability

    /// A folder without a mode is `async`; without a folder nothing is kept.
    private func readDurability(_ root: ConfigurationObject) -> DurabilitySettings {
        var settings = DurabilitySettings()
        let keys = ConfigurationKeys.durability
        guard let object = root.object("durability", keys: keys, isRequired: false) else {
            return settings
        }
        let folder = object.text(
            "dataDirectory", DurabilitySettings.dataDirectoryExpectation, default: "",
            where: DurabilitySettings.isDataDirectory)
        if let folder, !folder.isEmpty { settings = .standard(folder) }
        settings.mode = object.choice("mode", default: settings.mode) ?? settings.mode
        if folder != nil, let contradiction = settings.contradiction {
            object.note("mode", contradiction)
        }
        func read(_ key: String, _ value: inout Int, _ range: ClosedRange<Int64>) {
            value = object.integer(key, in: range, default: Int64(value)).map(Int.init) ?? value
        }
        read("segmentMebibytes", &settings.segmentMebibytes, 1...4096)
        read("syncIntervalMillis", &settings.syncIntervalMillis, 1...60_000)
        read("snapshotEveryCommands", &settings.snapshotEveryCommands, 1000...1_000_000_000)
        read("snapshotsKept", &settings.snapshotsKept, 1...1000)
        return settings
    }

    /// PartitionID has one byte on the feed.
    private func checkFeed(_ configuration: Configuration, _ root: ConfigurationObject) {
        let partition = configuration.market.partitionID
        guard !configuration.feed.isOff, partition > 254 else { return }
        root.note("market.partitionID", "\(partition), expected at most 254 where there is a feed")
    }

    /// Every session of the trading gateway can be connected at the same time.
    private func checkConnections(_ configuration: Configuration, _ root: ConfigurationObject) {
        let sessions = configuration.market.sessions.count { $0.kind != .backOffice }
        let capacity = configuration.limits.connectionCapacity
        guard sessions > capacity else { return }
        root.note(
            "limits.connectionCapacity",
            "\(capacity), expected at least the \(sessions) sessions of the trading gateway")
    }
}

extension RuntimeSettings {
    static let nameExpectation =
        "a name of 1 to 32 lower-case letters, digits and hyphens, a letter first"

    /// The name becomes part of file names.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 32 else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return letters.contains(first)
            && text.utf8.allSatisfy {
                letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    static func isAddress(_ text: String) -> Bool {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        return fields.count == 4
            && fields.allSatisfy { field in
                UInt8(field).map { String($0) == field } ?? false
            }
    }
}
