import Containers
import Domain

/// What is published of a product as a whole.
struct ProductRow: BitwiseCopyable {
    var state = ProductTradingState.trading
    /// Its instruments, from `firstInstrument` on in `ProductRows.instruments`.
    var firstInstrument = 0
    var instrumentCount = 0
}

/// Products, and the instruments of each, in the order of the configuration.
struct ProductRows: ~Copyable {
    private let rows: FixedTable<ProductRow>
    private let instruments: FixedTable<Int32>

    init(_ reference: ReferenceData) {
        var rows = [ProductRow](repeating: ProductRow(), count: reference.products.count)
        var sorted: [Int32] = []
        for product in reference.products.indices {
            rows[product].firstInstrument = sorted.count
            sorted += reference.instruments.indices.lazy
                .filter { reference.instruments[$0].product.index == product }.map { Int32($0) }
            rows[product].instrumentCount = sorted.count - rows[product].firstInstrument
        }
        self.rows = FixedTable(rows)
        instruments = FixedTable(sorted)
    }

    var count: Int { rows.count }

    func state(of product: Int) -> ProductTradingState { rows[product].state }

    func setState(_ state: ProductTradingState, of product: Int) { rows[product].state = state }

    func instrumentCount(of product: Int) -> Int { rows[product].instrumentCount }

    func instrument(_ index: Int, of product: Int) -> Int {
        Int(instruments[rows[product].firstInstrument + index])
    }
}
