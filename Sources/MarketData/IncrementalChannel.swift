import Containers
import Domain
import Platform
import Wire

/// Writes the messages of the incremental channel into packets, product by product.
///
/// Messages get their numbers as they are written. A transaction stays in one packet where it fits,
/// behind others if there is room for the whole of it; one that does not fit goes on in packets of
/// its own, of which only the last says that it is complete.
struct IncrementalChannel: ~Copyable {
    /// One product's place in the channel.
    struct Product: BitwiseCopyable {
        var marketSegmentID: Int32
        /// The packet being written, and its bytes so far.
        var packet: UnsafeMutableRawPointer?
        var used = 0
        /// Where the messages of the transaction at hand begin in it.
        var transactionStart = 0
        /// The transaction that wrote last.
        var transaction: UInt64 = 0
        /// The packet goes on with a transaction that began in another.
        var isContinuation = false
        /// Numbers given last.
        var msgSeqNum: UInt32 = 0
        var applSeqNum: UInt32 = 0
        /// Something of the packet is the summary of an execution.
        var hasExecution = false
        /// When its last packet was sent.
        var lastSent = Timestamp.zero
    }

    private static var headerBytes: Int { EOBIPacketHeaderWriter.length }

    private let products: FixedTable<Product>
    private let partitionID: UInt8
    private var store: PacketStore
    /// Packets that one transaction takes at most.
    private let packetsPerTransaction: Int
    /// Products with a packet being written.
    private let open: FixedTable<Int32>
    private var openCount = 0
    /// Packets that go on with a transaction are being written.
    private var hasContinuations = false
    /// The transaction at hand.
    private var transaction: UInt64 = 0
    /// The latest message of the transaction that sums trades up: it grows as they come.
    private(set) var summary: UnsafeMutableRawPointer?
    private(set) var messageCount: UInt64 = 0

    /// `messagesPerTransactionMax` messages of at most 80 bytes each are what one transaction takes.
    init(marketSegments: [Int32], partitionID: UInt16, messagesPerTransactionMax: Int) {
        products = FixedTable(marketSegments.map { Product(marketSegmentID: $0) })
        self.partitionID = UInt8(truncatingIfNeeded: partitionID)
        open = FixedTable(count: marketSegments.count) { _ in -1 }
        let perPacket = (PacketStore.packetBytes - Self.headerBytes) / 80
        packetsPerTransaction =
            messagesPerTransactionMax / perPacket + 3 * marketSegments.count + 2
        store = PacketStore(capacity: packetsPerTransaction + marketSegments.count + 1024)
    }

    // MARK: Transactions

    /// What is written from here on belongs to this transaction.
    mutating func begin(_ transaction: UInt64) {
        self.transaction = transaction
        summary = nil
    }

    /// The transaction is whole. What follows it may share its packet, unless it took several.
    mutating func end() {
        summary = nil
        if hasContinuations { closeContinuations() }
    }

    /// Room for a message, with its header written and its number given.
    mutating func message<Writer: NumberedMessage>(
        _ writer: Writer.Type, _ product: ProductIndex
    ) -> Writer {
        let message = Writer(room(Writer.length, product.index))
        message.initialize()
        let number = nextNumber(after: products[product.index].msgSeqNum)
        products[product.index].msgSeqNum = number
        message.msgSeqNum = number
        messageCount &+= 1
        return message
    }

    /// The same for the summary of an execution, which stays at hand as `summary`.
    mutating func executionSummary(_ product: ProductIndex) -> EOBIExecutionSummaryWriter {
        let message = message(EOBIExecutionSummaryWriter.self, product)
        products[product.index].hasExecution = true
        summary = message.base
        return message
    }

    /// The same for a report of a trade.
    mutating func tradeReport(_ product: ProductIndex) -> EOBITradeReportWriter {
        let message = message(EOBITradeReportWriter.self, product)
        products[product.index].hasExecution = true
        summary = message.base
        return message
    }

    @inline(__always)
    private mutating func room(_ length: Int, _ product: Int) -> UnsafeMutableRawPointer {
        if products[product].transaction != transaction { enter(product) }
        if products[product].used &+ length > PacketStore.packetBytes {
            breakPacket(product, length)
        }
        guard let packet = products[product].packet else {
            preconditionFailure("a product that is written to has a packet")
        }
        let place = packet + products[product].used
        products[product].used &+= length
        return place
    }

    /// The first message of the transaction for this product.
    @inline(__always)
    private mutating func enter(_ product: Int) {
        if products[product].packet == nil {
            openPacket(product)
            open[openCount] = Int32(truncatingIfNeeded: product)
            openCount &+= 1
        }
        products[product].transaction = transaction
        products[product].transactionStart = products[product].used
    }

    private mutating func openPacket(_ product: Int) {
        products[product].packet = store.take()
        products[product].used = Self.headerBytes
        products[product].transactionStart = Self.headerBytes
        products[product].isContinuation = false
        products[product].hasExecution = false
    }

    /// The packet has no room for the next message: what belongs together moves to a new one, or, when
    /// it fills a packet alone, goes on in the next.
    @inline(never)
    private mutating func breakPacket(_ product: Int, _ length: Int) {
        let full = products[product]
        guard let packet = full.packet else { preconditionFailure("a full packet is there") }
        let moved = full.used - full.transactionStart
        let fits = Self.headerBytes + moved + length <= PacketStore.packetBytes
        guard full.transactionStart > Self.headerBytes else {
            close(product, isComplete: moved == 0)
            openPacket(product)
            products[product].isContinuation = moved > 0
            if moved > 0 { hasContinuations = true }
            return
        }
        // Others are before it in the packet: they leave alone.
        products[product].used = full.transactionStart
        close(product, isComplete: true)
        openPacket(product)
        guard let fresh = products[product].packet else { return }
        fresh.advanced(by: Self.headerBytes).copyMemory(
            from: packet + full.transactionStart, byteCount: moved)
        products[product].used += moved
        products[product].hasExecution = summary != nil
        if let summary, summary >= packet, summary < packet + PacketStore.packetBytes {
            self.summary = fresh + Self.headerBytes + (summary - (packet + full.transactionStart))
        }
        if !fits { breakPacket(product, length) }
    }

    private mutating func closeContinuations() {
        for index in 0..<openCount where products[Int(open[index])].isContinuation {
            let product = Int(open[index])
            close(product, isComplete: true)
            openPacket(product)
        }
        hasContinuations = false
    }

    private mutating func close(_ product: Int, isComplete: Bool) {
        let row = products[product]
        guard let packet = row.packet else { return }
        let number = nextNumber(after: row.applSeqNum)
        products[product].applSeqNum = number
        let header = EOBIPacketHeaderWriter(packet)
        header.initialize()
        header.applSeqNum = number
        header.marketSegmentID = row.marketSegmentID
        header.partitionID = partitionID
        header.completionIndicator = isComplete ? 1 : 0
        header.applSeqResetIndicator = number == 1 ? 1 : 0
        header.dscp = row.hasExecution ? Self.executionBit : 0
        store.close(packet, row.used, .incremental)
        packetCount &+= 1
        byteCount &+= UInt64(row.used)
    }

    /// DSCP: the packet tells of an execution.
    private static var executionBit: UInt8 { 0x10 }

    // MARK: Between transactions

    /// Whether a transaction of any size still finds room.
    var hasRoomForTransaction: Bool { store.room >= packetsPerTransaction }

    /// Packets and bytes made since the start.
    private(set) var packetCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0

    /// Number of the product's last message.
    func lastMessage(of product: Int) -> UInt32 { products[product].msgSeqNum }

    /// Goes on numbering every product's messages behind this number, of which nobody has heard.
    mutating func beginNumbering(behind number: UInt32) {
        for product in 0..<products.count { products[product].msgSeqNum = number }
    }

    /// Leaves a number out, so that receivers see that something is missing.
    mutating func skipNumber(_ product: Int) {
        products[product].msgSeqNum = nextNumber(after: products[product].msgSeqNum)
    }

    /// When the quietest product wants its heartbeat.
    func heartbeatDue(after nanos: UInt64) -> Timestamp {
        var due = Timestamp.none
        for product in 0..<products.count {
            due = min(due, products[product].lastSent.adding(nanos: nanos))
        }
        return due
    }

    func isQuiet(_ product: Int, since moment: Timestamp) -> Bool {
        products[product].lastSent <= moment && products[product].packet == nil
    }

    /// A packet of its own that tells which message was the last.
    mutating func heartbeat(_ product: Int, at now: Timestamp) {
        products[product].lastSent = now
        openPacket(product)
        guard let packet = products[product].packet else { return }
        let message = EOBIHeartbeatWriter(packet + Self.headerBytes)
        message.initialize()
        message.lastMsgSeqNumProcessed = products[product].msgSeqNum
        products[product].used += EOBIHeartbeatWriter.length
        close(product, isComplete: true)
        products[product].packet = nil
    }

    /// Closes what is being written, and hands everything out to be sent. `isWhole` is false in the
    /// middle of a transaction whose rest is lost.
    mutating func flush(
        isWhole: Bool = true, at now: Timestamp, _ send: (UnsafeBufferPointer<Datagram>) -> Void
    ) {
        for index in 0..<openCount {
            let product = Int(open[index])
            if products[product].used > Self.headerBytes {
                let isCut = !isWhole && products[product].transaction == transaction
                close(product, isComplete: !isCut)
            }
            products[product].packet = nil
            products[product].transaction = 0
            products[product].lastSent = now
        }
        openCount = 0
        hasContinuations = false
        if !store.isEmpty {
            send(store.packets(from: 0, countMax: .max, sentAt: now.nanos))
        }
        store.removeAll()
    }
}
