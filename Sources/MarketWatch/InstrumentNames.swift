import CommandLineTool
import DataOutput
import Domain
import Exchange
import OrderFlow
import Surface

/// What instruments and products are called, and how fine their prices are.
public struct InstrumentNames: Sendable, Equatable {
    public struct Instrument: Sendable, Equatable {
        public var name: String
        public var marketSegmentID: Int32
        /// Decimals that the tick has.
        public var decimals: Int

        public init(name: String, marketSegmentID: Int32, decimals: Int) {
            self.name = name
            self.marketSegmentID = marketSegmentID
            self.decimals = decimals
        }
    }

    public private(set) var instruments: [Int64: Instrument] = [:]
    public private(set) var products: [Int32: String] = [:]
    /// Decimals of products' ticks while a file is read.
    private var productDecimals: [Int32: Int] = [:]

    /// Nothing has a name: numbers stand for all.
    public init() {}

    public init(_ market: ReferenceData) {
        for product in market.products { products[product.marketSegmentID] = product.name }
        for instrument in market.instruments {
            let product = market.products[instrument.product.index]
            instruments[instrument.securityID] = Instrument(
                name: instrument.name, marketSegmentID: product.marketSegmentID,
                decimals: NumberText.decimals(ofTick: product.tick))
        }
    }

    /// Those of the venue that runs on this machine under this name; nil when none does.
    public static func ofVenue(named name: String) -> InstrumentNames? {
        guard let venue = try? SurfaceReader.attach(name: name),
            let configuration = try? Configuration(parsing: [UInt8](venue.configuration.utf8))
        else { return nil }
        return InstrumentNames(configuration.market)
    }

    /// The name, or the number where there is none.
    public func name(of securityID: Int64) -> String {
        instruments[securityID]?.name ?? String(securityID)
    }

    public func product(_ marketSegmentID: Int32) -> String {
        products[marketSegmentID] ?? String(marketSegmentID)
    }

    public func decimals(of securityID: Int64) -> Int { instruments[securityID]?.decimals ?? 0 }

    /// The instrument of this name, in capitals or not, or of this number.
    public func find(_ text: String) -> Int64? {
        let found = instruments.filter { $0.value.name.lowercased() == text.lowercased() }
        return found.keys.min() ?? Int64(text)
    }
}

// MARK: - From a file

extension InstrumentNames {
    /// Names from a file of reference data: any JSON in which objects with a `marketSegmentID` are
    /// products and objects with a `securityID` are their instruments, as
    /// `apus-exchange --export-instruments json` writes it.
    public static func read(_ path: String) throws -> InstrumentNames {
        let bytes = try InputFile.read(path)
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONReader.read(bytes)
        } catch {
            throw UsageError(
                "\(path), line \(error.line), column \(error.column): expected "
                    + "\(error.expectation).")
        }
        var names = InstrumentNames()
        names.collect(value, product: nil, decimals: 0)
        names.useProductDecimals()
        guard !names.instruments.isEmpty else {
            throw UsageError(
                "\(path) names no instrument, expected what apus-exchange --export-instruments "
                    + "json writes.")
        }
        return names
    }

    private mutating func collect(_ value: JSONValue, product: Int32?, decimals: Int) {
        switch value {
        case .array(let values):
            for value in values { collect(value, product: product, decimals: decimals) }
        case .object(let members):
            let product =
                value["marketSegmentID"].flatMap(Self.number).flatMap(Int32.init(exactly:))
                ?? product
            let decimals = Self.tick(of: value).flatMap(Self.tickDecimals) ?? decimals
            let name = value["name"].flatMap(Self.text)
            if let securityID = value["securityID"].flatMap(Self.number), let name {
                instruments[securityID] = Instrument(
                    name: name, marketSegmentID: product ?? .min, decimals: decimals)
            } else if let product, let name {
                products[product] = name
                productDecimals[product] = decimals
            }
            for member in members {
                collect(member.value, product: product, decimals: decimals)
            }
        case .null, .boolean, .number, .string: return
        }
    }

    /// Instruments that say no tick of their own have their product's.
    private mutating func useProductDecimals() {
        for (securityID, instrument) in instruments where instrument.decimals == 0 {
            instruments[securityID]?.decimals = productDecimals[instrument.marketSegmentID] ?? 0
        }
        productDecimals = [:]
    }

    /// The price step: a product's own, or the first of its table.
    private static func tick(of value: JSONValue) -> JSONValue? {
        if case .array(let steps) = value["tickTable"] { return steps.first?["tickSize"] }
        return value["tick"]
    }

    private static func number(_ value: JSONValue) -> Int64? {
        if case .number(let digits) = value { Int64(digits) } else { nil }
    }

    private static func text(_ value: JSONValue) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    private static func tickDecimals(_ value: JSONValue) -> Int? {
        switch value {
        case .number(let text), .string(let text):
            (try? DecimalText.read(text, places: 8)).map {
                NumberText.decimals(ofTick: Price(raw: $0))
            }
        default: nil
        }
    }
}
