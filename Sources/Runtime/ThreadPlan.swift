/// How the roles of the venue share threads and cores.
public enum ThreadPlan: String, CaseIterable, Sendable {
    /// A thread and a core each for gateway and engine; the rest shares what is left.
    case dedicated
    /// Gateway and engine share one thread and core, everything else has the others.
    case paired
    /// Everything on one thread.
    case single
    /// No threads: the caller steps the agents.
    case stepped

    /// What a thread is for.
    public enum Role: String, CaseIterable, Sendable {
        case gateway, engine
        /// Publishes market data, off the way of an order.
        case marketData
        /// Writes commands to disk. It may wait for the disk, so others do not wait behind it.
        case journal
        /// Repeats the journal, for archive and snapshots.
        case follower
        /// Whatever is not on the way of an order.
        case background

        /// As a person reads it.
        var words: String { self == .marketData ? "market data" : rawValue }
    }

    /// One thread of a plan: the roles it runs, in the order of their turns, and where it may run.
    public struct Thread: Equatable, Sendable {
        public var name: String
        public var roles: [Role]
        public var cores: [Int]

        public init(name: String, roles: [Role], cores: [Int]) {
            self.name = name
            self.roles = roles
            self.cores = cores
        }
    }

    /// A plan that does not fit the machine, or is none.
    public struct PlanError: Error, CustomStringConvertible, Equatable {
        public var description: String

        public init(description: String) { self.description = description }
    }

    /// Reads a plan from what a user wrote.
    public init(parsing text: String) throws(PlanError) {
        guard let plan = ThreadPlan(rawValue: text) else {
            let known = ThreadPlan.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlanError(
                description: "the thread plan \"\(text)\" is unknown; there are \(known)")
        }
        self = plan
    }

    /// What suits a machine with this many usable cores.
    public static func standard(usableCoreCount: Int) -> ThreadPlan {
        switch usableCoreCount {
        case 4...: .dedicated
        case 2...: .paired
        default: .single
        }
    }

    /// The fewest cores with which no two threads that may spin share one.
    public var coreCountMin: Int {
        switch self {
        case .dedicated, .paired: 2
        case .single, .stepped: 1
        }
    }

    /// The threads of this plan, and the cores each is pinned to. A venue that publishes no market
    /// data, or keeps nothing, has no role for it.
    ///
    /// The order path takes the highest cores: interrupts and everybody else's work gather on the
    /// lowest. A thread may run on all the cores it is given.
    public func placement(
        usableCores: [Int], publishes: Bool = false, keeps: Bool = false
    ) throws(PlanError) -> [Thread] {
        let cores = usableCores.sorted()
        guard cores.count >= coreCountMin else {
            let have = cores.count == 1 ? "one core" : "\(cores.count) cores"
            throw PlanError(
                description: "the thread plan \"\(rawValue)\" needs \(coreCountMin) usable cores, "
                    + "this process may use \(have); take \"single\"")
        }
        switch self {
        case .dedicated:
            let engine = cores[cores.count - 1]
            let gateway = cores[cores.count - 2]
            var left = Array(cores.dropLast(2))
            var threads = [
                Thread(name: "gateway", roles: [.gateway], cores: [gateway]),
                Thread(name: "engine", roles: [.engine], cores: [engine]),
            ]
            if publishes, left.count >= 2 {
                threads.append(
                    Thread(
                        name: "marketdata", roles: [.marketData], cores: [left.removeLast()]))
            }
            if keeps, left.count >= 2 {
                threads.append(
                    Thread(name: "journal", roles: [.journal], cores: [left.removeLast()]))
            }
            // With two cores nothing is left: the system fits the rest in between.
            let others = left.isEmpty ? cores : left
            let taken = threads.flatMap(\.roles)
            threads.append(
                Thread(
                    name: "background",
                    roles: Self.rest(publishes && !taken.contains(.marketData)), cores: others))
            return threads
                + Self.keepers(keeps, cores: others).filter { !taken.contains($0.roles[0]) }
        case .paired:
            let others = Array(cores.dropLast())
            return [
                Thread(
                    name: "orders", roles: [.gateway, .engine], cores: [cores[cores.count - 1]]),
                Thread(name: "background", roles: Self.rest(publishes), cores: others),
            ] + Self.keepers(keeps, cores: others)
        case .single:
            return [
                Thread(
                    name: "venue",
                    roles: [.gateway, .engine] + Self.rest(publishes)
                        + (keeps ? [.journal, .follower] : []),
                    cores: [cores[cores.count - 1]])
            ]
        case .stepped:
            return []
        }
    }

    private static func rest(_ publishes: Bool) -> [Role] {
        publishes ? [.marketData, .background] : [.background]
    }

    /// Threads that may wait for the disk, and so share no thread with anybody.
    private static func keepers(_ keeps: Bool, cores: [Int]) -> [Thread] {
        guard keeps else { return [] }
        return [
            Thread(name: "journal", roles: [.journal], cores: cores),
            Thread(name: "follower", roles: [.follower], cores: cores),
        ]
    }

    /// The plan in one sentence, as it is printed at start.
    public func summary(_ threads: [Thread]) -> String {
        let places = threads.map { thread in
            let roles = thread.roles.map(\.words).joined(separator: " + ")
            let cores = thread.cores.map(String.init).joined(separator: ", ")
            return "\(roles) on core \(cores)"
        }
        return places.isEmpty
            ? "threads: \(rawValue)" : "threads: \(rawValue); " + places.joined(separator: "; ")
    }
}
