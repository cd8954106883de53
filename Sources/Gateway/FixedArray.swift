/// A table of a fixed number of rows in memory reserved at start; rows change in place.
///
/// One thread uses a table.
struct FixedArray<Row: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let rows: UnsafeMutablePointer<Row>
    let count: Int

    init(count: Int, _ make: (Int) -> Row) {
        self.count = count
        rows = .allocate(capacity: max(1, count))
        for index in 0..<count { (rows + index).initialize(to: make(index)) }
    }

    deinit {
        rows.deinitialize(count: count)
        rows.deallocate()
    }

    /// Where a row lies; the rows after it follow.
    func address(of index: Int) -> UnsafeMutablePointer<Row> {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "the row is in the table")
        return rows + index
    }

    subscript(index: Int) -> Row {
        unsafeAddress {
            precondition(
                UInt(bitPattern: index) < UInt(bitPattern: count), "the row is in the table")
            return UnsafePointer(rows + index)
        }
        nonmutating unsafeMutableAddress {
            precondition(
                UInt(bitPattern: index) < UInt(bitPattern: count), "the row is in the table")
            return rows + index
        }
    }
}
