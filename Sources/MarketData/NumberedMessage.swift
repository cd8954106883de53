import Wire

/// A message that is written once and numbered within its channel.
protocol NumberedMessage {
    static var length: Int { get }
    init(_ base: UnsafeMutableRawPointer)
    var base: UnsafeMutableRawPointer { get }
    func initialize()
    var msgSeqNum: UInt32 { get nonmutating set }
}

extension EOBIOrderAddWriter: NumberedMessage {}
extension EOBIOrderModifyWriter: NumberedMessage {}
extension EOBIOrderModifySamePrioWriter: NumberedMessage {}
extension EOBIOrderDeleteWriter: NumberedMessage {}
extension EOBIOrderMassDeleteWriter: NumberedMessage {}
extension EOBIFullOrderExecutionWriter: NumberedMessage {}
extension EOBIPartialOrderExecutionWriter: NumberedMessage {}
extension EOBIExecutionSummaryWriter: NumberedMessage {}
extension EOBITradeReportWriter: NumberedMessage {}
extension EOBITopOfBookWriter: NumberedMessage {}
extension EOBIProductStateChangeWriter: NumberedMessage {}
extension EOBIInstrumentStateChangeWriter: NumberedMessage {}
extension EOBIMassInstrumentStateChangeWriter: NumberedMessage {}
extension EOBIProductSummaryWriter: NumberedMessage {}
extension EOBIInstrumentSummaryWriter: NumberedMessage {}
extension EOBISnapshotOrderWriter: NumberedMessage {}

/// A resting order's execution, whole or in part: the fields both have.
protocol ExecutionMessage: NumberedMessage {
    var side: UInt8 { get nonmutating set }
    var trdMatchID: UInt32 { get nonmutating set }
    var price: Int64 { get nonmutating set }
    var trdRegTSTimePriority: UInt64 { get nonmutating set }
    var securityID: Int64 { get nonmutating set }
    var lastQty: Int64 { get nonmutating set }
    var lastPx: Int64 { get nonmutating set }
}

extension EOBIFullOrderExecutionWriter: ExecutionMessage {}
extension EOBIPartialOrderExecutionWriter: ExecutionMessage {}

/// Numbers of messages and packets go round without zero and without the one that means "no value".
@inline(__always)
func nextNumber(after last: UInt32) -> UInt32 { last >= .max - 1 ? 1 : last &+ 1 }
