import Synchronization

/// The counters of one agent or thread as a plain struct: what its owner counts in.
///
/// The struct holds words (`UInt64`, or inline arrays of them) and nothing else, in the order of
/// `definitions`. Its owner counts without any thought of readers, and copies it out now and then:
///
/// ```swift
/// struct GatewayCounters: CounterRecord {
///     var frames: UInt64 = 0
///     static let definitions = [CounterDefinition.total("gateway.frames", "Frames read.")]
/// }
///
/// struct GatewayAgent: Agent, ~Copyable {
///     private var counters = GatewayCounters()
///     private let counterGroup: CounterGroup<GatewayCounters>     // given at init
///     mutating func publishCounters() { counterGroup.publish(counters) }
/// }
/// ```
/// The thread that runs the agent calls `publishCounters` about every millisecond and before it
/// sleeps, so gauges are best set there. `Venue` declares all groups in one `CounterPlan`.
public protocol CounterRecord: BitwiseCopyable, Sendable {
    static var definitions: [CounterDefinition] { get }
}

/// The place in a block where one thread shows its counters.
public struct CounterGroup<Record: CounterRecord>: @unchecked Sendable {
    // Unchecked: the words are atomic, and the copies of this handle belong to one thread.
    @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let owner: AnyObject

    init(words: UnsafeMutablePointer<Atomic<UInt64>>, owner: AnyObject) {
        self.words = words
        self.owner = owner
    }

    /// A group that nobody can look at.
    public static func unseen() -> CounterGroup {
        var plan = CounterPlan()
        let place = plan.add(Record.self)
        return plan.make().group(place)
    }

    /// Copies the counters out: a relaxed store for each.
    @inlinable
    public func publish(_ record: Record) {
        withUnsafeBytes(of: record) { source in
            for index in 0..<MemoryLayout<Record>.size / 8 {
                words[index].store(
                    source.load(fromByteOffset: index &* 8, as: UInt64.self), ordering: .relaxed)
            }
        }
    }
}

/// All counters of a program, declared before their memory is there.
///
/// ```swift
/// var plan = CounterPlan()
/// let engine = plan.add(EngineCounters.self)
/// let block = CounterBlock.create(in: memory.bytes, plan, owner: memory)
/// let group = block.group(engine)          // CounterGroup<EngineCounters>, for the engine's agent
/// ```
public struct CounterPlan: Sendable {
    /// Where a group of this kind will be.
    public struct Place<Record: CounterRecord>: Sendable {
        let index: Int
    }

    public private(set) var groups: [[CounterDefinition]] = []

    public init() {}

    /// Declares a group. Several of one kind differ by a label.
    public mutating func add<Record: CounterRecord>(
        _ type: Record.Type, label: (key: String, value: String)? = nil
    ) -> Place<Record> {
        let definitions = Record.definitions.map { definition in
            label.map { definition.labelled($0.key, $0.value) } ?? definition
        }
        precondition(
            MemoryLayout<Record>.size == definitions.count * 8
                && MemoryLayout<Record>.alignment == 8,
            "a record of counters is words alone, one for each definition")
        groups.append(definitions)
        return Place(index: groups.count - 1)
    }

    /// Bytes that the counters occupy.
    public var byteCount: Int { CounterLayout.byteCount(groups: groups) }

    /// Makes the counters in memory of their own.
    public func make() -> CounterBlock { CounterBlock(self) }
}
