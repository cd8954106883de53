import CommandLineTool
import Glibc
import LinuxPlatform
import OrderFlow
import SimulatedPlatform

/// `apus-fuzz network`: attacks a live venue of this machine for a while, while a witness trades.
///
/// Attackers use sessions 10001 and 20001 of the demonstration market, the witness 30001 and an instrument
/// that nobody else trades.
final class NetworkAttack {
    private let seconds: Double
    private let connectionCount: Int
    private let framesPerSecond: Int
    private let seed: UInt64
    private let isJSON: Bool
    private let answerNanosMax: UInt64
    private let venue: VenueProcess
    private var random: SeededRandom
    private var counts: [NetworkAttacker.Manner: Int] = [:]
    private var bytesSent = 0
    private var frames = 0

    /// What the venue may have grown by at the end.
    static let growthMax = 192 << 20
    static let connectionsMax = 512

    static let options: [Option] = [
        .value("port", "N", "a running demonstration market's (default: a venue of its own)"),
        .value("process", "PID", "that venue's process, whose memory is watched"),
        .value("sessions", "N", "attackers at once", default: "24"),
        .value("seconds", "S", "how long", default: "30"),
        .value("seed", "N", "the first random number", default: "1"),
        .value("rate", "N", "requests a second of all attackers", default: "20k"),
        .value("patience", "TIME", "the longest that the witness may wait", default: "2s"),
        .flag("json", "one JSON object"),
    ]

    init(_ arguments: Arguments) throws {
        seconds = try arguments.double("seconds", in: 1...1e6) ?? 30
        connectionCount = try arguments.int("sessions", in: 1...Self.connectionsMax) ?? 24
        framesPerSecond = Int(try arguments.ratePerSecond("rate", in: 1...1e6) ?? 20_000)
        seed = UInt64(try arguments.int("seed") ?? 1)
        isJSON = arguments.flag("json")
        answerNanosMax = try arguments.durationNanos("patience") ?? 2_000_000_000
        random = SeededRandom(seed: seed)
        if let port = try arguments.int("port", in: 1...65535) {
            venue = VenueProcess(
                port: UInt16(port), identifier: try arguments.int("process").map(pid_t.init))
        } else {
            venue = try VenueProcess.started()
        }
    }

    func run() throws {
        defer { venue.end() }
        let witness = try NetworkWitness(port: venue.port, answerNanosMax: answerNanosMax)
        let before = venue.residentBytes
        let violation: String?
        do {
            try attack(besides: witness)
            try witness.round()
            try witness.leave()
            violation = verdict(before)
        } catch {
            violation = venue.isAlive ? "\(error)" : "the venue ended: \(venue.lastWords)"
        }
        tell(witness, grown: venue.residentBytes - before, violation)
        if violation != nil { exitProcess(1) }
    }

    private func verdict(_ before: Int) -> String? {
        guard venue.isAlive else { return "the venue ended: \(venue.lastWords)" }
        let grown = venue.residentBytes - before
        return grown <= Self.growthMax ? nil : "the venue grew by \(grown >> 20) MiB"
    }

    private func attack(besides witness: NetworkWitness) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer { buffer.deallocate() }
        var attackers = AttackerTable(count: connectionCount)
        let startedAt = SystemClock.monotonicNanos()
        let end = startedAt + UInt64(seconds * 1e9)
        while true {
            let now = SystemClock.monotonicNanos()
            guard now < end else { return }
            try witness.round()
            guard venue.isAlive else { return }
            for index in 0..<connectionCount {
                let due = Double(now - startedAt) / 1e9 * Double(framesPerSecond)
                guard Double(frames) < due else { break }
                step(&attackers, (index + witness.rounds) % connectionCount, buffer)
            }
            Nap.nanos(200_000)
        }
    }

    private func step(
        _ attackers: inout AttackerTable, _ index: Int, _ buffer: UnsafeMutableRawBufferPointer
    ) {
        guard var attacker = attackers.take(index) else {
            // A venue whose places are all taken refuses the connection: the next turn tries again.
            guard let attacker = try? NetworkAttacker(port: venue.port, random: random.fork())
            else { return }
            counts[attacker.manner, default: 0] += 1
            return attackers.put(attacker, at: index)
        }
        let (bytesBefore, framesBefore) = (attacker.bytesSent, attacker.framesMade)
        let goesOn = attacker.act(into: buffer)
        bytesSent += attacker.bytesSent - bytesBefore
        frames += attacker.framesMade - framesBefore
        if goesOn { attackers.put(attacker, at: index) }
    }

    private func tell(_ witness: NetworkWitness, grown: Int, _ violation: String?) {
        let connections = counts.values.reduce(0, +)
        guard isJSON else {
            for manner in NetworkAttacker.Manner.allCases {
                printLine("\(manner.rawValue): \(formatGrouped(counts[manner] ?? 0)) connections")
            }
            if let violation {
                printError("apus-fuzz: \(violation)")
                printLine("repeat it: apus-fuzz network --seed \(seed) --seconds \(Int(seconds))")
            }
            return printLine(
                "\(formatGrouped(connections)) attacks, \(formatGrouped(frames)) requests, "
                    + "\(formatGrouped(bytesSent)) bytes; the witness had \(formatGrouped(witness.rounds)) "
                    + "rounds of right answers, the longest wait \(formatNanos(witness.worstNanos)); the "
                    + "venue grew by \(grown >> 20) MiB" + (violation == nil ? "" : "; VIOLATED"))
        }
        var json = JSONWriter()
        json.object {
            $0.field("attacks", connections)
            $0.field("requests", frames)
            $0.field("bytes", bytesSent)
            $0.field("witness_rounds", witness.rounds)
            $0.field("longest_wait_ns", witness.worstNanos)
            $0.field("venue_grown_bytes", grown)
            $0.field("violation", violation)
        }
        printLine(json.text)
    }
}

/// The attackers' places, each taken or free.
private struct AttackerTable: ~Copyable {
    private final class Place {
        var attacker: NetworkAttacker?
        init() {}
    }

    private let places: [Place]

    init(count: Int) { places = (0..<count).map { _ in Place() } }

    mutating func take(_ index: Int) -> NetworkAttacker? { places[index].attacker.take() }

    mutating func put(_ attacker: consuming NetworkAttacker, at index: Int) {
        places[index].attacker = consume attacker
    }
}
