import Domain
import Testing

@Suite("The partition is a deterministic state machine")
struct DeterminismTests {
    /// A recorded day: commands with their details and the events they caused.
    private func record(seed: UInt64, count: Int) -> [(Command, OrderDetails)] {
        let profile = Profile.massCancelling
        let engine = EngineHarness(profile.shape)
        var reference = NaiveExchange(profile.shape)
        var generator = CommandGenerator(profile: profile, seed: seed)
        return (0..<count).map { _ in
            let (command, details) = generator.next(
                reference, massCancelPending: engine.hasMassCancelPending)
            let events = engine.apply(command, details)
            _ = reference.apply(command, details, choices: EngineChoices(observed: events))
            return (command, details)
        }
    }

    @Test("The same commands make the same events and the same state hash, each step of the way")
    func repeatable() {
        let day = record(seed: 7, count: 3_000)
        let first = EngineHarness(Profile.massCancelling.shape)
        let second = EngineHarness(Profile.massCancelling.shape)
        for (command, details) in day {
            let a = first.apply(command, details)
            let b = second.apply(command, details)
            #expect(a.count == b.count)
            for (x, y) in zip(a, b) where !areSame(x, y) {
                Issue.record("\(sentence(command)): \(sentence(x)) and \(sentence(y))")
            }
            #expect(first.stateHash() == second.stateHash())
        }
    }

    @Test("Looking ahead at whatever lies in the command ring changes nothing")
    func lookingAhead() {
        var shape = EngineHarness.Shape()
        shape.orderCapacity = 1 << 17
        let engine = EngineHarness(shape)
        // More orders than are thought to be in the cache: from then on it looks at all there is.
        let count: UInt64 = 66_000
        for name in 1...count {
            var command = Request.buy(1, at: 100 + Double(name % 500) / 2, as: name).command
            command.sequence = name
            command.timeIn = Timestamp(nanos: name)
            _ = engine.apply(command)
        }
        let before = engine.stateHash()
        var random = SplitMix64(seed: 1)
        var slots = (0..<64).map { _ in Request.delete(random.next() % count + 1).command }
        slots += (0..<64).map { _ in Request.buy(1, at: 90, as: random.next()).command }
        engine.lookAhead(at: slots)
        // Parties and texts lie in slots of their own, and are looked at as if they were commands.
        engine.lookAhead(
            at: (0..<4096).map { _ in
                let isNewOrder = random.next() & 1 == 0
                return InlineArray<16, UInt64> {
                    $0 == 0 && isNewOrder ? random.next() & ~0xFF : random.next()
                }
            })
        #expect(engine.stateHash() == before)
        engine.checkInvariants()
    }

    @Test("The size of the event ring changes nothing but the pauses")
    func ringSize() {
        var tiny = Profile.deepBooks.shape
        tiny.ringCapacity = 128
        let small = EngineHarness(tiny)
        var large = tiny
        large.ringCapacity = 1 << 16
        let big = EngineHarness(large)
        var requests: [Request] = []
        for name in 1...900 {
            requests.append(.sell(2, at: 100 + Double(name % 300) / 2, as: UInt64(name)).standard)
        }
        requests.append(.buy(1000, at: 1000, as: 2000).by(.bert))
        requests.append(.buyMarket(700, as: 2001).by(.bert))
        var sequence: UInt64 = 0
        for request in requests {
            sequence += 1
            var command = request.command
            command.sequence = sequence
            command.timeIn = Timestamp(nanos: sequence)
            let a = small.apply(command)
            let b = big.apply(command)
            #expect(a.count == b.count)
            #expect(zip(a, b).allSatisfy(areSame))
            #expect(small.stateHash() == big.stateHash())
        }
        #expect(small.suspensions > 10)
        #expect(big.suspensions == 0)
    }

    // MARK: - What the hash must see

    struct Variation: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var change: @Sendable (inout Request) -> Void
    }

    static let orderVariations: [Variation] = [
        Variation(testDescription: "price") { $0.command.price = Price(units: 99) },
        Variation(testDescription: "quantity") { $0.command.quantity = Quantity(units: 11) },
        Variation(testDescription: "side") { $0.command.attributes.side = .sell },
        Variation(testDescription: "instrument") { $0.command.instrument = InstrumentIndex(1) },
        Variation(testDescription: "name") { $0.command.clOrdID = ClOrdID(raw: 9) },
        Variation(testDescription: "no name") { $0.command.clOrdID = .none },
        Variation(testDescription: "trader") { $0.command.trader = TraderID(raw: 12) },
        Variation(testDescription: "session") { $0.command.session = SessionIndex(1) },
        Variation(testDescription: "standard") { $0.command.attributes.applSeqIndicator = 1 },
        Variation(testDescription: "trading capacity") {
            $0.command.attributes.tradingCapacity = 1
        },
        Variation(testDescription: "cross id") { $0.command.matchInstCrossID = 4 },
        Variation(testDescription: "time") { $0.command.timeIn = Timestamp(nanos: 501) },
        Variation(testDescription: "refused") { $0.command.quantity = .zero },
        Variation(testDescription: "immediate") {
            $0.command.attributes.timeInForce = .immediateOrCancel
        },
        Variation(testDescription: "parties") {
            $0.command.flags = [.hasParties]
            $0.details.parties.clientID = 5
        },
        Variation(testDescription: "texts") {
            $0.command.flags = [.hasTexts]
            $0.details.texts.freeText2[4] = 5
        },
    ]

    @Test("Whatever is different about an order, the hash is different", arguments: orderVariations)
    func orderVariation(variation: Variation) {
        func hash(_ request: Request) -> UInt64 {
            run([request]).stateHash()
        }
        let plain = Request.buy(10, at: 100, as: 1)
        var varied = plain
        varied.command.timeIn = Timestamp(nanos: 500)
        variation.change(&varied)
        #expect(hash(plain) != hash(varied))
        #expect(hash(plain) == hash(.buy(10, at: 100, as: 1)))
    }

    @Test("Persistence matters to the hash")
    func persistence() {
        let standard = run([.buy(10, at: 100, as: 1).standard]).stateHash()
        let persistent = run([.buy(10, at: 100, as: 1).persistent]).stateHash()
        #expect(standard != persistent)
    }

    @Test("Details of different texts make different hashes")
    func detailsMatter() {
        func hash(_ byte: UInt8) -> UInt64 {
            var request = Request.buy(10, at: 100, as: 1)
            request.command.flags = [.hasTexts]
            request.details.texts.complianceText[19] = byte
            return run([request]).stateHash()
        }
        #expect(hash(1) != hash(2))
    }

    @Test("An execution, a session's instance and a new business day matter to the hash")
    func historyMatters() {
        var started = Request(.sessionStarted)
        started.command.sessionInstanceID = 5
        var ended = Request(.sessionStarted)
        ended.command.sessionInstanceID = 6
        #expect(run([started]).stateHash() != run([ended]).stateHash())

        let resting = Request.buy(10, at: 100, as: 1)
        let traded: [Request] = [resting, .sell(1, at: 100, as: 2).by(.bert)]
        let reduced: [Request] = [resting, .modify(1, .buy, 9, at: 100, as: 1)]
        #expect(run(traded).stateHash() != run(reduced).stateHash())
        let flat: [Request] = [
            .buy(1, at: 100, as: 1), .sell(1, at: 100, as: 2).by(.bert),
        ]
        #expect(
            run(flat + [Request(.startBusinessDay)]).stateHash()
                != run(flat + [Request(.sessionStarted)]).stateHash())
    }

    @Test("The order within a queue matters to the hash")
    func queueOrder() {
        let a: [Request] = [.buy(1, at: 100, as: 1), .buy(1, at: 100, as: 2)]
        let b: [Request] = [.buy(1, at: 100, as: 2), .buy(1, at: 100, as: 1)]
        #expect(run(a).stateHash() != run(b).stateHash())
    }

    static let massCancelVariations: [Variation] = [
        Variation(testDescription: "whom to answer") { $0.command.msgSeqNum = 77 },
        Variation(testDescription: "which logon to answer") { $0.command.sessionInstanceID = 77 },
        Variation(testDescription: "request time") { $0.command.requestTime = Timestamp(nanos: 3) },
        Variation(testDescription: "side") {
            $0.command.flags.insert(.onlyOneSide)
            $0.command.attributes.side = .buy
        },
        Variation(testDescription: "product") { $0.command.product = ProductIndex(1) },
        Variation(testDescription: "instrument") { $0.command.instrument = InstrumentIndex(0) },
        Variation(testDescription: "price") { $0.command.price = Price(units: 100) },
    ]

    @Test(
        "A waiting mass cancel matters to the hash, whom it answers too",
        arguments: massCancelVariations)
    func waitingMassCancel(variation: Variation) {
        func hash(_ request: Request) -> UInt64 {
            var shape = EngineHarness.Shape()
            shape.massCancelSlice = 2
            let orders = (1...6).map { Request.buy(1, at: 100, as: UInt64($0)) }
            // The first keeps the engine busy, the second waits.
            let busy = Request.deleteAll().with { $0.price = Price(units: 5) }
            return run(orders + [busy, request], shape).stateHash()
        }
        var varied = Request.deleteAll()
        variation.change(&varied)
        #expect(hash(.deleteAll()) != hash(varied))
    }

    @Test("The reason of a session's loss that is being worked matters to the hash")
    func waitingLoss() {
        func hash(_ reason: MassActionReason) -> UInt64 {
            var shape = EngineHarness.Shape()
            shape.massCancelSlice = 2
            var started = Request(.sessionStarted)
            started.command.sessionInstanceID = 5
            var ended = Request(.sessionEnded)
            ended.command.sessionInstanceID = 5
            ended.command.massActionReason = reason
            let orders = (1...6).map { Request.buy(1, at: 100, as: UInt64($0)) }
            return run([started] + orders + [ended], shape).stateHash()
        }
        #expect(hash(.sessionLoss) != hash(.duplicateSessionLogin))
    }

    @Test("The configuration is part of the state")
    func configuration() {
        func hash(_ change: (inout EngineHarness.Shape) -> Void) -> UInt64 {
            var shape = EngineHarness.Shape()
            change(&shape)
            return EngineHarness(shape).stateHash()
        }
        let plain = hash { _ in }
        #expect(plain == hash { _ in })
        #expect(plain != hash { $0.orderCapacity += 1 })
        #expect(plain != hash { $0.pageCapacity += 1 })
        #expect(plain != hash { $0.massCancelSlice += 1 })
        #expect(plain != hash { $0.orderIDKey += 1 })
        #expect(plain != hash { $0.referenceData.products[0].tick.raw *= 2 })
        #expect(plain != hash { $0.referenceData.products[0].lot.raw *= 2 })
        #expect(plain != hash { $0.referenceData.products[0].maximumQuantity.raw *= 2 })
        #expect(plain != hash { $0.referenceData.instruments[1].product = ProductIndex(2) })
        #expect(plain != hash { $0.referenceData.sessions[1].unit = UnitIndex(1) })
        #expect(plain != hash { $0.referenceData.sessions[0].cancelsPersistentOnDisconnect = true })
    }

    /// Applies requests one after the other, 1000 ns apart, from logon instance 0.
    private func run(
        _ requests: [Request], _ shape: EngineHarness.Shape = EngineHarness.Shape()
    ) -> EngineHarness {
        let engine = EngineHarness(shape)
        for (index, request) in requests.enumerated() {
            var command = request.command
            command.sequence = UInt64(index + 1)
            if command.timeIn.isNone { command.timeIn = Timestamp(nanos: UInt64(index + 1) * 1000) }
            _ = engine.apply(command, request.details)
        }
        return engine
    }
}
