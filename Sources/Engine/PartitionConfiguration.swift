import Domain

/// Everything a partition must know before its first command; part of what a replay needs.
public struct PartitionConfiguration: Sendable, Equatable {
    public var referenceData: ReferenceData
    /// Live orders of all sessions together: 1 to 16,777,216. Beyond it new orders are refused (102).
    public var orderCapacity: Int
    /// Live orders that may carry parties, accounts or texts. Beyond it such orders are refused (102).
    public var detailsCapacity: Int
    /// Groups of 64 neighbouring prices in use at once. Beyond it new prices are refused (102).
    public var pageCapacity: Int
    /// Orders examined by one slice of a mass cancel, so that others may trade in between.
    public var massCancelSlice: Int
    /// Secret of the OrderID permutation.
    public var orderIDKey: UInt64

    public init(
        referenceData: ReferenceData, orderCapacity: Int = 262_144, detailsCapacity: Int = 65_536,
        pageCapacity: Int = 16_384, massCancelSlice: Int = 64,
        orderIDKey: UInt64 = 0x6A09_E667_F3BC_C908
    ) {
        precondition(
            orderCapacity > 0 && orderCapacity <= OrderIDCodec.orderCapacityMax,
            "the order capacity is 1 to 16,777,216")
        precondition(massCancelSlice > 0 && massCancelSlice <= 1024, "a slice is 1 to 1,024 orders")
        self.referenceData = referenceData
        self.orderCapacity = orderCapacity
        self.detailsCapacity = detailsCapacity
        self.pageCapacity = pageCapacity
        self.massCancelSlice = massCancelSlice
        self.orderIDKey = orderIDKey
    }
}

extension PartitionConfiguration {
    /// Tells configurations apart under which the same commands could have other effects. Who may log
    /// on with which password is no part of it, and neither is the venue's secret.
    public var fingerprint: UInt64 {
        var open = self
        open.orderIDKey = 0
        var hash = StateHash()
        hash.add(open)
        return hash.value
    }
}
