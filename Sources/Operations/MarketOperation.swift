import CommandLineTool
import Domain

/// What a person asks market operations to do: an action, and to what.
struct MarketOperation: Equatable {
    let action: MarketStateAction
    /// Nil means every product.
    let product: ProductIndex?
    /// Nil means the whole product.
    let instrument: InstrumentIndex?

    /// Reads what is meant; instruments and products go by number or by name.
    init(
        _ action: MarketStateAction, product: String?, instrument: String?, in market: ReferenceData
    ) throws(UsageError) {
        self.action = action
        let wanted = try product.map { text throws(UsageError) in
            try Self.find(text, "product", market.products) {
                "\($0.marketSegmentID)"
            } name: {
                $0.name
            }
        }
        guard let instrument else {
            guard action == .endOfDay || wanted != nil else {
                throw UsageError("one of --product and --instrument is needed.")
            }
            self.product = wanted.map { ProductIndex($0) }
            self.instrument = nil
            return
        }
        let row = try Self.find(instrument, "instrument", market.instruments) {
            "\($0.securityID)"
        } name: {
            $0.name
        }
        let own = market.instruments[row].product
        if let wanted, wanted != own.index {
            throw UsageError(
                "instrument \(instrument) belongs to product \(market.products[own.index].name), "
                    + "not to \(market.products[wanted].name).")
        }
        self.product = own
        self.instrument = InstrumentIndex(row)
    }

    private static func find<Element>(
        _ text: String, _ kind: String, _ elements: [Element], number: (Element) -> String,
        name: (Element) -> String
    ) throws(UsageError) -> Int {
        if let row = elements.firstIndex(where: { number($0) == text || name($0) == text }) {
            return row
        }
        let known = elements.map { "\(number($0)) (\(name($0)))" }.joined(separator: ", ")
        throw UsageError("--\(kind) is \"\(text)\", expected one of \(known).")
    }

    /// What is meant, in words.
    func subject(in market: ReferenceData) -> String {
        guard let product else { return "every product" }
        let family = market.products[product.index]
        let words = "\(family.name) (\(family.marketSegmentID))"
        guard let instrument else { return "product \(words)" }
        let named = market.instruments[instrument.index]
        return "instrument \(named.name) (\(named.securityID)) of \(words)"
    }

    /// What is asked for, for a sentence about its failure.
    func request(in market: ReferenceData) -> String {
        "the request to \(action.verb) \(subject(in: market))"
    }

    /// What is so now, in a sentence.
    func result(in market: ReferenceData) -> String {
        "\(subject(in: market)) \(action.outcome)"
    }
}

extension MarketStateAction {
    /// The word on the command line.
    var command: String {
        switch self {
        case .halt: "halt"
        case .resume: "resume"
        case .endOfDay: "end-of-day"
        case .close: "close"
        case .open: "open"
        }
    }

    var verb: String { self == .endOfDay ? "end the day of" : command }

    fileprivate var outcome: String {
        switch self {
        case .halt: "is halted"
        case .resume: "trades again"
        case .endOfDay: "has ended its business day"
        case .close: "is closed"
        case .open: "is open"
        }
    }
}
