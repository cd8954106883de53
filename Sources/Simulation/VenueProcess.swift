import Domain
import Exchange
import Platform
import Rings
import Runtime
import SimulatedPlatform
import Streams

/// One life of the venue: production code on a simulated machine.
final class VenueProcess {
    let venue: Venue
    let network: SimulatedNetwork
    /// What the venue shows other programs, by part.
    private let parts: Parts
    let datagrams: FeedWire

    private final class Parts {
        var memory: [SurfacePart: PartMemory] = [:]
    }

    init(_ world: World, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limits = world.scenario.configuration.limits
        let network = SimulatedNetwork(
            seed: random.next(), clock: world.clock,
            connectionCapacity: limits.connectionCapacity,
            unreadBytesMax: limits.unreadBytesMax, unsentBytesMax: limits.unsentBytesMax)
        network.faults = world.scenario.network
        let parts = Parts()
        let datagrams = FeedWire(world)
        venue = try Venue(
            world.scenario.configuration, plan: .stepped,
            environment: VenueEnvironment(
                network: network, clock: SimulatedClock.clock, processor: .indifferent,
                verifyPassword: Self.isPassword, usableCores: [0],
                makeSleeper: { SimulatedSleeper() }, orderIDKey: random.next() | 1,
                datagrams: datagrams, storage: world.disk,
                makeMemory: { part, byteCount in
                    let memory = PartMemory(byteCount: byteCount)
                    parts.memory[part] = memory
                    return memory
                }))
        self.network = network
        self.parts = parts
        self.datagrams = datagrams
    }

    /// The hash of a simulated password is the password itself.
    static let isPassword: @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Bool = {
        hash, password in
        var index = 0
        while hash[index] == password[index] {
            if hash[index] == 0 { return true }
            index += 1
        }
        return false
    }

    /// The event ring, as another process maps it.
    func events() throws -> BroadcastRing<Event>.LossyReader {
        let memory = try eventsPart()
        return try BroadcastRing<Event>.LossyReader(
            in: UnsafeRawBufferPointer(memory.bytes), from: .oldest, owner: memory)
    }

    func engineOut() throws -> EngineOutLog.Reader {
        let memory = try eventsPart()
        let capacity = try events().capacity
        return try EngineOutLog.Reader(
            in: UnsafeRawBufferPointer(
                rebasing: memory.bytes[EventsPart.engineOutOffset(capacity: capacity)...]),
            owner: memory)
    }

    private func eventsPart() throws -> PartMemory {
        guard let memory = parts.memory[.events] else {
            throw SimulationError("a venue shows its events")
        }
        return memory
    }
}

/// Why a simulation cannot even begin; a sentence.
public struct SimulationError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Where the public feed leaves: to a recorder that misses nothing, and to a receiver that may.
final class FeedWire: DatagramSender {
    private unowned let world: World

    init(_ world: World) { self.world = world }

    func send(_ datagrams: UnsafeBufferPointer<Datagram>) -> Int {
        for datagram in datagrams {
            let bytes = UnsafeRawBufferPointer(start: datagram.base, count: Int(datagram.count))
            world.takeDatagram([UInt8](bytes), datagram.channel)
        }
        return 0
    }
}
