import Telemetry

/// The counters of a venue, and of the programs that accompany it, as they stood at one moment.
struct Snapshot: Equatable {
    /// One program's counters, in the order in which it declares them.
    struct Program: Equatable {
        /// `venue` or `dropcopy`.
        var name: String
        var samples: [Sample]
    }

    struct Sample: Equatable {
        var counter: CounterDefinition
        var value: UInt64
    }

    var venue: String
    var processID: Int32
    /// When the venue started: its genesis.
    var startNanos: UInt64
    var timeNanos: UInt64
    var programs: [Program]

    /// How long the venue had been running.
    var uptimeNanos: UInt64 { timeNanos > startNanos ? timeNanos - startNanos : 0 }
}

extension Snapshot.Program {
    init(name: String, reading counters: CounterReader) {
        self.name = name
        samples = counters.definitions.enumerated().map {
            Snapshot.Sample(counter: $1, value: counters.value(at: $0))
        }
    }

    /// The members of a family.
    func members(of family: String) -> [Snapshot.Sample] {
        samples.filter { $0.counter.family == family }
    }

    /// The value of a counter by its name, labels included.
    func value(_ name: String) -> UInt64? { samples.first { $0.counter.name == name }?.value }
}

extension Snapshot.Sample {
    /// Whether the counter counts nanoseconds.
    var isTime: Bool { counter.family.hasSuffix("_nanos") }
}
