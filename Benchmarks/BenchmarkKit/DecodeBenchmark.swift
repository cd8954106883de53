import Wire

/// Framing and checking requests: what stands between bytes and a command.
enum DecodeBenchmark {
    static let benchmark = Benchmark(
        name: "decode",
        summary: "frame, check and read a NewOrderSingleShort ÷ reading six fields unchecked",
        run: run)

    static func run(_ options: BenchmarkOptions) throws -> [BenchmarkResult] {
        let frames = 1024
        let rounds = options.isQuick ? 50 : 2000
        let length = NewOrderSingleShortRequestView.fixedLength
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: frames * length, alignment: 64)
        defer { memory.deallocate() }
        for frame in 0..<frames { write(frame, to: memory.baseAddress! + frame * length) }
        let bytes = UnsafeRawBufferPointer(memory)
        var sums: Set<UInt64> = []
        let pairs = InterleavedPairs(
            options.pairs,
            ours: {
                let start = threadNanos()
                var sum: UInt64 = 0
                for round in 0..<rounds {
                    touch(memory, round)
                    sum &+= decode(bytes)
                }
                sums.insert(sum)
                return Double(threadNanos() - start) / Double(rounds * frames)
            },
            baseline: {
                let start = threadNanos()
                var sum: UInt64 = 0
                for round in 0..<rounds {
                    touch(memory, round)
                    sum &+= readOnly(bytes, length)
                }
                sums.insert(sum)
                return Double(threadNanos() - start) / Double(rounds * frames)
            })
        guard sums.count == 1 else { throw BenchmarkError("the two decoders read differently") }
        var result = BenchmarkResult(
            "decode", operations: frames * rounds,
            conditions: "template 10125 back to back: length, template, every mandatory field, "
                + "every enumeration, then six fields")
        result.nanosPerOperation = InterleavedPairs.median(pairs.ours)
        result.hash = sums.first
        result.baseline = "six unaligned loads"
        result.ratio = pairs.ratio
        return [result]
    }

    /// Changes a byte that is read, so that no round's work can be reused for the next.
    private static func touch(_ memory: UnsafeMutableRawBufferPointer, _ round: Int) {
        NewOrderSingleShortRequestWriter(memory.baseAddress!).clOrdID = UInt64(round)
    }

    static func write(_ number: Int, to base: UnsafeMutableRawPointer) {
        let order = NewOrderSingleShortRequestWriter(base)
        order.initialize()
        order.msgSeqNum = UInt32(number + 1)
        order.senderSubID = 11
        order.price = Int64(10_000 + number) * 1_000_000
        order.orderQty = 10_000
        order.clOrdID = UInt64(number)
        order.simpleSecurityID = 2001
        order.side = UInt8(1 + number % 2)
        order.applSeqIndicator = 0
        order.priceValidityCheckType = 0
        order.valueCheckTypeValue = 0
        order.orderAttributeLiquidityProvision = 0
        order.timeInForce = 0
        order.execInst = 2
        order.tradingCapacity = 5
        order.executingTraderQualifier = 22
    }

    private static func sum(_ order: NewOrderSingleShortRequestView) -> UInt64 {
        UInt64(order.msgSeqNum) &+ UInt64(order.senderSubID) &+ UInt64(bitPattern: order.price)
            &+ UInt64(bitPattern: order.orderQty) &+ order.clOrdID
            &+ UInt64(order.simpleSecurityID)
    }

    @inline(never)
    private static func decode(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var total: UInt64 = 0
        var rest = bytes
        while case .frame(let template, let length) = Framing.judge(rest) {
            let base = rest.baseAddress!
            switch template {
            case .newOrderSingleShortRequest:
                guard
                    NewOrderSingleShortRequestView.firstViolation(in: base, length: length) == nil
                else { return 0 }
                total &+= sum(NewOrderSingleShortRequestView(base))
            default: return 0
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        }
        return total
    }

    @inline(never)
    private static func readOnly(_ bytes: UnsafeRawBufferPointer, _ length: Int) -> UInt64 {
        var total: UInt64 = 0
        var offset = 0
        while offset < bytes.count {
            total &+= sum(NewOrderSingleShortRequestView(bytes.baseAddress! + offset))
            offset += length
        }
        return total
    }
}
