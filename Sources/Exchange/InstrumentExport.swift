import Domain

/// The reference data of a venue as a file for trading programs: products, instruments and where
/// their data comes from.
///
/// States are those at the start; the public feed tells of changes.
public struct InstrumentExport: Sendable {
    private let configuration: Configuration

    public init(_ configuration: Configuration) { self.configuration = configuration }

    private var market: ReferenceData { configuration.market }

    /// What every product matches by.
    private static let algorithm = "price-time"
    private static let productState = ProductTradingState.trading
    private static let instrumentStatus = SecurityTradingStatus.continuous

    // MARK: CSV

    /// A line per instrument under a line of names.
    public var csv: String {
        let names = [
            "MarketID", "PartitionID", "MarketSegmentID", "Product", "SecurityID",
            "SimpleSecurityID", "Instrument", "Algorithm", "TickSize", "LotSize",
            "MaximumOrderQty", "TradingSessionID", "TradingSessionSubID", "TradSesStatus",
            "SecurityTradingStatus", "FeedDepth", "FeedSnapshot", "FeedIncremental",
        ]
        var text = names.joined(separator: ",") + "\n"
        for instrument in market.instruments {
            text += row(of: instrument).map(Self.quoted).joined(separator: ",") + "\n"
        }
        return text
    }

    private func row(of instrument: Instrument) -> [String] {
        let product = market.products[instrument.product.index]
        let state = Self.productState
        return [
            "\(market.marketID)", "\(market.partitionID)", "\(product.marketSegmentID)",
            product.name, "\(instrument.securityID)", "\(Self.simple(instrument))",
            instrument.name, Self.algorithm, Self.price(product.tick),
            Self.quantity(product.lot), Self.quantity(product.maximumQuantity),
            "\(state.tradingSessionID)", "\(state.tradingSessionSubID)",
            "\(state.tradSesStatus)", "\(Self.instrumentStatus.rawValue)",
            Self.depth(product),
            feeds.map(\.snapshot).joined(separator: " "),
            feeds.map(\.incremental).joined(separator: " "),
        ]
    }

    /// A cell of RFC 4180.
    private static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    // MARK: JSON

    public var json: String {
        JSONValue.object([
            member("marketID", number(market.marketID)),
            member("partitionID", number(market.partitionID)),
            member("organisation", .string(market.organisation)),
            member(
                "feed",
                .array(
                    feeds.map {
                        .object([
                            member("snapshot", .string($0.snapshot)),
                            member("incremental", .string($0.incremental)),
                        ])
                    })),
            member("products", .array(market.products.indices.map(tree(ofProduct:)))),
        ]).printed()
    }

    private func tree(ofProduct index: Int) -> JSONValue {
        let product = market.products[index]
        let state = Self.productState
        return .object([
            member("marketSegmentID", number(product.marketSegmentID)),
            member("name", .string(product.name)),
            member("algorithm", .string(Self.algorithm)),
            // One step for all prices; a table, because others have several.
            member(
                "tickTable",
                .array([.object([member("tickSize", .string(Self.price(product.tick)))])])),
            member("lotSize", .string(Self.quantity(product.lot))),
            member("maximumOrderQty", .string(Self.quantity(product.maximumQuantity))),
            member("feedDepth", .string(Self.depth(product))),
            member("tradingSessionID", number(state.tradingSessionID)),
            member("tradingSessionSubID", number(state.tradingSessionSubID)),
            member("tradSesStatus", number(state.tradSesStatus)),
            member(
                "instruments",
                .array(
                    market.instruments.filter { $0.product.index == index }.map(tree(of:)))),
        ])
    }

    private func tree(of instrument: Instrument) -> JSONValue {
        .object([
            member("securityID", number(instrument.securityID)),
            member("simpleSecurityID", number(Self.simple(instrument))),
            member("name", .string(instrument.name)),
            member("securityTradingStatus", number(Self.instrumentStatus.rawValue)),
        ])
    }

    private func member(_ key: String, _ value: JSONValue) -> JSONValue.Member {
        JSONValue.Member(key: key, value: value)
    }

    private func number(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }

    // MARK: Parts

    private static func simple(_ instrument: Instrument) -> UInt32 {
        UInt32(truncatingIfNeeded: instrument.securityID)
    }

    private static func price(_ price: Price) -> String {
        DecimalText.write(price.raw, places: 8)
    }

    private static func quantity(_ quantity: Quantity) -> String {
        DecimalText.write(quantity.raw, places: 4)
    }

    /// Where the public data of all products is sent, as ADDRESS:PORT.
    private var feeds: [(snapshot: String, incremental: String)] {
        configuration.feed.receivers.map {
            ("\($0.address):\($0.snapshotPort)", "\($0.address):\($0.port)")
        }
    }

    /// How deep the public data of a product goes.
    private static func depth(_ product: Product) -> String {
        product.topOfBook ? "top-of-book" : "order-by-order"
    }
}
