import Domain

/// Follows the states of products and instruments by what the events say of them, and objects to
/// what a state forbids.
struct StateWitness {
    /// SecurityTradingStatus that products allow, and that instruments have themselves.
    private var products: [UInt8]
    private var instruments: [UInt8]

    init(_ referenceData: ReferenceData) {
        products = referenceData.products.map { _ in 203 }
        instruments = referenceData.instruments.map { _ in 203 }
    }

    mutating func objection(to event: RecordedEvent, _ referenceData: ReferenceData) -> String? {
        let head = event.head
        switch head.kind {
        case .productStateChanged:
            guard let product = event.context?.product else { return "a state of no product" }
            products[product.index] =
                switch head.productState {
                case .trading: 203
                case .halted: 2
                case .closed, .endOfDay: 200
                }
        case .instrumentStateChanged:
            instruments[head.instrument.index] = head.instrumentStatus.rawValue
        case .orderAccepted, .orderModified, .aggressorExecuted, .restingExecuted,
            .orderModifiedByOther:
            if statuses(head, referenceData) != [203] { return "traded in \(sentence(event))" }
        case .orderDeleted, .orderDeletedByOther:
            if statuses(head, referenceData).contains(200) {
                return "deleted while closed: \(sentence(event))"
            }
        default: break
        }
        return nil
    }

    private func statuses(_ head: Event, _ referenceData: ReferenceData) -> Set<UInt8> {
        let product = referenceData.instruments[head.instrument.index].product
        return [products[product.index], instruments[head.instrument.index]]
    }
}
