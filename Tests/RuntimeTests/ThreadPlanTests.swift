import Runtime
import Testing

@Suite struct ThreadPlanTests {
    typealias Thread = ThreadPlan.Thread

    @Test func standardFollowsTheCores() {
        let expected: [(Int, ThreadPlan)] = [
            (1, .single), (2, .paired), (3, .paired), (4, .dedicated), (64, .dedicated),
        ]
        for (count, plan) in expected {
            #expect(ThreadPlan.standard(usableCoreCount: count) == plan)
        }
    }

    @Test func dedicatedGivesACoreEach() throws {
        let expected: [([Int], [Thread])] = [
            (
                [0, 1],
                [
                    Thread(name: "gateway", roles: [.gateway], cores: [0]),
                    Thread(name: "engine", roles: [.engine], cores: [1]),
                    Thread(name: "background", roles: [.background], cores: [0, 1]),
                ]
            ),
            (
                [7, 3, 5, 1],
                [
                    Thread(name: "gateway", roles: [.gateway], cores: [5]),
                    Thread(name: "engine", roles: [.engine], cores: [7]),
                    Thread(name: "background", roles: [.background], cores: [1, 3]),
                ]
            ),
        ]
        for (cores, threads) in expected {
            #expect(try ThreadPlan.dedicated.placement(usableCores: cores) == threads)
        }
    }

    @Test func pairedSharesTheOrderPath() throws {
        #expect(
            try ThreadPlan.paired.placement(usableCores: [0, 1, 2]) == [
                Thread(name: "orders", roles: [.gateway, .engine], cores: [2]),
                Thread(name: "background", roles: [.background], cores: [0, 1]),
            ])
    }

    @Test func singleAndSteppedNeedOneCore() throws {
        #expect(
            try ThreadPlan.single.placement(usableCores: [4]) == [
                Thread(name: "venue", roles: [.gateway, .engine, .background], cores: [4])
            ])
        #expect(try ThreadPlan.stepped.placement(usableCores: [4]) == [])
    }

    @Test func marketDataHasACoreOfItsOwnWhereThereIsOne() throws {
        let four = try ThreadPlan.dedicated.placement(usableCores: [0, 1, 2, 3], publishes: true)
        #expect(
            four == [
                Thread(name: "gateway", roles: [.gateway], cores: [2]),
                Thread(name: "engine", roles: [.engine], cores: [3]),
                Thread(name: "marketdata", roles: [.marketData], cores: [1]),
                Thread(name: "background", roles: [.background], cores: [0]),
            ])
        let three = try ThreadPlan.dedicated.placement(usableCores: [0, 1, 2], publishes: true)
        #expect(
            three.last
                == Thread(name: "background", roles: [.marketData, .background], cores: [0]))
        let paired = try ThreadPlan.paired.placement(usableCores: [0, 1], publishes: true)
        #expect(
            paired == [
                Thread(name: "orders", roles: [.gateway, .engine], cores: [1]),
                Thread(name: "background", roles: [.marketData, .background], cores: [0]),
            ])
        #expect(ThreadPlan.paired.summary(paired).contains("market data + background on core 0"))
    }

    @Test func whoMayWaitForTheDiskHoldsUpNobody() throws {
        let paired = try ThreadPlan.paired.placement(usableCores: [0, 1], keeps: true)
        #expect(
            paired == [
                Thread(name: "orders", roles: [.gateway, .engine], cores: [1]),
                Thread(name: "background", roles: [.background], cores: [0]),
                Thread(name: "journal", roles: [.journal], cores: [0]),
                Thread(name: "follower", roles: [.follower], cores: [0]),
            ])
        let six = try ThreadPlan.dedicated.placement(
            usableCores: [0, 1, 2, 3, 4, 5], publishes: true, keeps: true)
        #expect(
            six == [
                Thread(name: "gateway", roles: [.gateway], cores: [4]),
                Thread(name: "engine", roles: [.engine], cores: [5]),
                Thread(name: "marketdata", roles: [.marketData], cores: [3]),
                Thread(name: "journal", roles: [.journal], cores: [2]),
                Thread(name: "background", roles: [.background], cores: [0, 1]),
                Thread(name: "follower", roles: [.follower], cores: [0, 1]),
            ])
        for count in 2...5 {
            let roles = try ThreadPlan.dedicated
                .placement(usableCores: Array(0..<count), publishes: true, keeps: true)
                .flatMap(\.roles)
            #expect(Set(roles) == Set(ThreadPlan.Role.allCases) && roles.count == 6)
        }
        // On one thread, in the order in which they hand on to each other.
        #expect(
            try ThreadPlan.single.placement(usableCores: [4], keeps: true).map(\.roles) == [
                [.gateway, .engine, .background, .journal, .follower]
            ])
    }

    @Test func tooFewCoresIsAnErrorThatSaysSo() {
        for plan in [ThreadPlan.dedicated, .paired] {
            #expect(
                throws: ThreadPlan.PlanError(
                    description: "the thread plan \"\(plan.rawValue)\" needs 2 usable cores, this "
                        + "process may use one core; take \"single\"")
            ) { try plan.placement(usableCores: [0]) }
        }
    }

    @Test func readsItsNames() throws {
        for plan in ThreadPlan.allCases { #expect(try ThreadPlan(parsing: plan.rawValue) == plan) }
        #expect(
            throws: ThreadPlan.PlanError(
                description: "the thread plan \"fast\" is unknown; there are dedicated, paired, "
                    + "single, stepped")
        ) { try ThreadPlan(parsing: "fast") }
    }

    @Test func everyRoleRunsOnce() throws {
        for plan in [ThreadPlan.dedicated, .paired, .single] {
            let threads = try plan.placement(
                usableCores: [0, 1, 2, 3], publishes: true, keeps: true)
            let roles = threads.flatMap(\.roles)
            #expect(roles.count == ThreadPlan.Role.allCases.count)
            #expect(Set(roles) == Set(ThreadPlan.Role.allCases))
        }
    }
}
