import Domain
import OrderFlow

/// Finds the stamps of each line of the clients' record files.
///
/// Session and MsgSeqNum name a request only within one logon, so of several stamps with the same
/// pair the one nearest to the sending counts, and only if it lies between sending and receipt, with
/// a second for clocks that disagree: that such stamps exist is worth showing, as negative times.
struct RecordJoin {
    /// For each record the index of its stamps.
    private(set) var stampsOfRecord: [Int?] = []
    /// For each of the stamps whether they belong to a record.
    private(set) var isJoined: [Bool]

    /// Stamps that belong to no record.
    var unjoinedStamps: UInt64 { UInt64(isJoined.count { !$0 }) }

    /// Records without stamps.
    var unjoinedRecords: UInt64 { UInt64(stampsOfRecord.count { $0 == nil }) }

    private static let toleranceNanos: UInt64 = 1_000_000_000

    init(records: [LoadRecord], stamps: [RequestStamps]) {
        let order = stamps.indices.sorted { Self.key(stamps[$0]) < Self.key(stamps[$1]) }
        isJoined = Array(repeating: false, count: stamps.count)
        stampsOfRecord.reserveCapacity(records.count)
        for record in records {
            let found = Self.find(record, stamps, order)
            stampsOfRecord.append(found)
            if let found { isJoined[found] = true }
        }
    }

    private static func key(_ stamps: RequestStamps) -> (UInt32, UInt32, UInt64) {
        (stamps.sessionID, stamps.msgSeqNum, stamps.gatewayIn.nanos)
    }

    private static func find(
        _ record: LoadRecord, _ stamps: [RequestStamps], _ order: [Int]
    ) -> Int? {
        let wanted = (record.session, record.msgSeqNum, record.sentNanos)
        let place = firstPlace(notBefore: wanted, stamps, order)
        var best: Int?
        var bestDistance = UInt64.max
        // The nearest is the one at the place or the one before it.
        for candidate in [place - 1, place] where order.indices.contains(candidate) {
            let index = order[candidate]
            let found = stamps[index]
            guard found.sessionID == record.session, found.msgSeqNum == record.msgSeqNum,
                isDuring(found, record)
            else { continue }
            let (a, b) = (found.gatewayIn.nanos, record.sentNanos)
            let distance = a > b ? a - b : b - a
            if distance < bestDistance { (best, bestDistance) = (index, distance) }
        }
        return best
    }

    private static func isDuring(_ stamps: RequestStamps, _ record: LoadRecord) -> Bool {
        let time = stamps.gatewayIn.nanos
        return time >= record.sentNanos - min(record.sentNanos, toleranceNanos)
            && time <= record.receivedNanos + toleranceNanos
    }

    /// The first place in the order whose key is not less.
    private static func firstPlace(
        notBefore wanted: (UInt32, UInt32, UInt64), _ stamps: [RequestStamps], _ order: [Int]
    ) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if key(stamps[order[middle]]) < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
