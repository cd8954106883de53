/// A fixed number of rows in memory reserved at start; rows are there from the beginning to the end
/// and change in place. The first begins at a cache line.
///
/// One thread uses a table.
@frozen
public struct FixedTable<Row: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let rows: UnsafeMutablePointer<Row>
    public let count: Int
    @usableFromInline let inMemory = InMemory()

    @inlinable
    public init(count: Int, _ make: (Int) -> Row) {
        precondition(count >= 0, "a table has no fewer rows than none")
        self.count = count
        rows = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Row>.stride, alignment: 64
        ).bindMemory(to: Row.self, capacity: count)
        for index in 0..<count { (rows + index).initialize(to: make(index)) }
    }

    @inlinable
    deinit {
        rows.deinitialize(count: count)
        UnsafeMutableRawPointer(rows).deallocate()
    }

    /// Where a row lies; the rows after it follow.
    @inlinable
    public func address(of index: Int) -> UnsafeMutablePointer<Row> {
        precondition(contains(index), "the row is in the table")
        return rows + index
    }

    /// A row in place. Setting does not need the table mutable, so that two rows can be changed at
    /// once; the table's one thread is what keeps it safe.
    @inlinable
    public subscript(index: Int) -> Row {
        unsafeAddress {
            precondition(contains(index), "the row is in the table")
            return UnsafePointer(rows + index)
        }
        nonmutating unsafeMutableAddress {
            precondition(contains(index), "the row is in the table")
            return rows + index
        }
    }

    @inlinable
    public func contains(_ index: Int) -> Bool {
        UInt(bitPattern: index) < UInt(bitPattern: count)
    }
}

extension FixedTable {
    /// A table with these rows.
    public init(_ rows: [Row]) { self.init(count: rows.count) { rows[$0] } }
}
