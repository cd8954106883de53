import CBaselines

/// The plain C price array on a flow.
final class PlainBook {
    private let operations: [cbaselines_operation]
    private let ticks: ClosedRange<Int32>
    private let orderCount: UInt32

    init(_ operations: [cbaselines_operation], ticks: ClosedRange<Int32>, orderCount: UInt32) {
        self.operations = operations
        self.ticks = ticks
        self.orderCount = orderCount
    }

    func executionsHash() -> UInt64 {
        let book = makeBook()
        defer { cbaselines_book_destroy(book) }
        return operations.withUnsafeBufferPointer {
            cbaselines_book_apply(book, $0.baseAddress, UInt64($0.count))
        }
    }

    func nanosPerOperation(rounds: Int) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let book = makeBook()
            let start = threadNanos()
            _ = operations.withUnsafeBufferPointer {
                cbaselines_book_apply(book, $0.baseAddress, UInt64($0.count))
            }
            best = min(best, Double(threadNanos() - start) / Double(operations.count))
            cbaselines_book_destroy(book)
        }
        return best
    }

    private func makeBook() -> OpaquePointer? {
        cbaselines_book_create(ticks.lowerBound, ticks.upperBound, orderCount)
    }
}

/// The plain C price array that also finds orders by name and reports, on a flow.
final class ReportingBook {
    private let requests: [cbaselines_request]
    private let ticks: ClosedRange<Int32>
    private let liveMax: UInt32
    /// Over the executions of the last run.
    private(set) var hash: UInt64 = 0

    init(_ requests: [cbaselines_request], ticks: ClosedRange<Int32>, liveMax: UInt32) {
        self.requests = requests
        self.ticks = ticks
        self.liveMax = liveMax
    }

    /// Of processor time; with a thread on a core that reads the reports, of the time until it has.
    func nanosPerRequest(readerCore: Int32 = -1) -> Double {
        let nanos = requests.withUnsafeBufferPointer {
            cbaselines_report(
                $0.baseAddress, UInt64($0.count), ticks.lowerBound, ticks.upperBound, liveMax,
                readerCore, &hash)
        }
        return nanos / Double(requests.count)
    }
}
