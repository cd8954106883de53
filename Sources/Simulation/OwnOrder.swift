/// An order as its owner knows it, from requests and answers alone.
struct OwnOrder {
    let orderID: UInt64
    var clOrdID: UInt64
    let session: UInt32
    let trader: UInt32
    let instrument: UInt32
    let product: Int32
    let side: UInt8
    let isStandard: Bool
    let isPersistent: Bool
    var price: Int64
    /// The total asked for last.
    var quantity: Int64
    var executed: Int64 = 0
    var cancelled: Int64 = 0
    /// ExecID of entry or of the change that renewed the priority.
    var priority: UInt64
    let enteredAt: UInt64
    var isLive = true
    /// Something may have happened to it that its owner was not told.
    var isUnsure = false
    /// So it was, and whatever it was may have given it another name.
    var mayHaveOtherName = false

    var open: Int64 { isLive ? quantity - executed - cancelled : 0 }
}

/// A request, with what its answer is judged by.
struct SentRequest {
    enum Kind {
        case session
        case enter(OrderTerms)
        /// Of which order, as it was known then; nil for none of ours.
        case change(OrderName, OrderTerms, orderID: UInt64?)
        case delete(OrderName, orderID: UInt64?)
        case deleteAll(MassCancelTerms)
        case marketState(action: UInt8, product: Int32, instrument: Int64)
        case retransmit

        var isDeletion: Bool {
            switch self {
            case .delete, .deleteAll: true
            default: false
            }
        }
    }

    var number: UInt32
    var kind: Kind
    var clOrdID: UInt64 = 0
    /// Something is wrong with it: it must be refused.
    var isFlawed = false
    /// The session ends with its answer.
    var endsSession = false
    /// Bytes of the connection up to its end.
    var endOffset = 0
    var sentAt: UInt64 = 0
    /// Orders that a mass deletion leaves alone, by the fragments that came so far.
    var left: Set<UInt64> = []
    /// Fills of the fragments that came so far.
    var fills: [TradeFill] = []
}

/// One execution as a message tells of it.
struct TradeFill: Equatable {
    var price: Int64
    var quantity: Int64
    var matchID: UInt32
    /// FillExecID, which is the trade's SideTradeID.
    var executionID: UInt32
}

/// What an engine transaction did by a request, as its answer says: what the public replay is held
/// against.
struct Transaction {
    enum Kind {
        case entered(OrderTerms)
        /// What the order was before, and what was asked for.
        case changed(OwnOrder, OrderTerms)
        case deleted(OwnOrder)
    }

    var execID: UInt64
    var kind: Kind
    var fills: [TradeFill]
    var leavesQty: Int64
    var cancelledQty: Int64
    var session: UInt32
    /// Place in the order in which the gateway took requests; a batch of one connection has one place.
    var arrival = 0
    /// MsgSeqNum.
    var number: UInt32 = 0
}
