/// A family of instruments traded by the same rules: a market segment.
public struct Product: Sendable, Equatable {
    /// MarketSegmentID.
    public var marketSegmentID: Int32
    public var name: String
    /// Smallest price step; positive.
    public var tick: Price
    /// Smallest quantity step; positive.
    public var lot: Quantity
    /// Largest quantity of one order; a multiple of the lot.
    public var maximumQuantity: Quantity
    /// The public sees its best prices and trades, and not its orders.
    public var topOfBook: Bool

    public init(
        marketSegmentID: Int32, name: String, tick: Price, lot: Quantity, maximumQuantity: Quantity,
        topOfBook: Bool = false
    ) {
        self.marketSegmentID = marketSegmentID
        self.name = name
        self.tick = tick
        self.lot = lot
        self.maximumQuantity = maximumQuantity
        self.topOfBook = topOfBook
    }
}

/// Something that is traded.
public struct Instrument: Sendable, Equatable {
    /// SecurityID of answers; its low 32 bits are the SimpleSecurityID of requests.
    public var securityID: Int64
    public var name: String
    public var product: ProductIndex

    public init(securityID: Int64, name: String, product: ProductIndex) {
        self.securityID = securityID
        self.name = name
        self.product = product
    }
}

/// A person who enters orders.
public struct Trader: Sendable, Equatable {
    /// Number on the wire (Username, SenderSubID).
    public var id: TraderID
    public var name: String
    /// Hash in the form of crypt(5).
    public var passwordHash: String

    public init(id: TraderID, name: String, passwordHash: String) {
        self.id = id
        self.name = name
        self.passwordHash = passwordHash
    }
}

/// A participant's organisational unit; the boundary of privacy.
public struct BusinessUnit: Sendable, Equatable {
    public var id: UInt32
    public var name: String
    public var traders: [Trader]

    public init(id: UInt32, name: String, traders: [Trader]) {
        self.id = id
        self.name = name
        self.traders = traders
    }
}

/// How often a session may ask. Zero messages = no throttle.
public struct ThrottleLimits: Sendable, Equatable {
    public var messagesMax: UInt32
    public var intervalMillis: Int64
    /// Consecutive rejects after which the session is ended; 0 = never.
    public var disconnectLimit: UInt32

    public init(messagesMax: UInt32, intervalMillis: Int64, disconnectLimit: UInt32) {
        self.messagesMax = messagesMax
        self.intervalMillis = intervalMillis
        self.disconnectLimit = disconnectLimit
    }

    public static let none = ThrottleLimits(
        messagesMax: 0, intervalMillis: 1000, disconnectLimit: 0)
}

/// A connection identity that may log on.
public struct SessionDefinition: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case trading
        case backOffice
        /// Market operations: sees and may act for every unit.
        case operations
    }

    /// PartyIDSessionID.
    public var id: UInt32
    public var kind: Kind
    public var unit: UnitIndex
    public var passwordHash: String
    public var throttle: ThrottleLimits
    /// Session loss also deletes the persistent orders.
    public var cancelsPersistentOnDisconnect: Bool

    public init(
        id: UInt32, kind: Kind, unit: UnitIndex, passwordHash: String,
        throttle: ThrottleLimits = .none, cancelsPersistentOnDisconnect: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.unit = unit
        self.passwordHash = passwordHash
        self.throttle = throttle
        self.cancelsPersistentOnDisconnect = cancelsPersistentOnDisconnect
    }
}

/// Everything the venue knows before it starts: who may trade what.
public struct ReferenceData: Sendable, Equatable {
    public var marketID: UInt16
    public var partitionID: UInt16
    public var organisation: String
    public var products: [Product]
    public var instruments: [Instrument]
    public var units: [BusinessUnit]
    public var sessions: [SessionDefinition]

    public init(
        marketID: UInt16, partitionID: UInt16, organisation: String, products: [Product],
        instruments: [Instrument], units: [BusinessUnit], sessions: [SessionDefinition]
    ) {
        self.marketID = marketID
        self.partitionID = partitionID
        self.organisation = organisation
        self.products = products
        self.instruments = instruments
        self.units = units
        self.sessions = sessions
    }
}
