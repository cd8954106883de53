/// FNV over executions, each a resting order and a quantity: books that agree have equal hashes.
public struct ExecutionsHash: Sendable, Equatable {
    public private(set) var value: UInt64 = 1_469_598_103_934_665_603
    public private(set) var count = 0

    public init() {}

    public mutating func add(order: UInt64, quantity: Int64) {
        value = (value ^ (order << 32 ^ UInt64(bitPattern: quantity))) &* 1_099_511_628_211
        count += 1
    }
}
