import Containers
import Domain
import Platform
import Rings
import Runtime
import Streams
import Telemetry

/// Puts commands in order, applies them to the partition and publishes what happened.
public struct EngineAgent: Agent, ~Copyable {
    public static var name: String { "engine" }

    private var commands: Ring<Command>.Consumer
    /// Where commands go once they have their place in the history, for the journal; nil when nothing
    /// is kept.
    private var sequenced: Ring<Command>.Producer?
    private var sequencer: Sequencer
    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    private let engineOut: EngineOutLog.Writer
    private let clock: Clock
    /// Wakes whoever reads the events, once a duty cycle.
    private let doorbell: Doorbell
    /// Wakes who keeps the commands, once a duty cycle.
    private let journalDoorbell: Doorbell
    /// Wakes who publishes market data, when answers are on their way: at the next duty cycle.
    private let feedDoorbell: Doorbell
    private var owesFeedBell = false
    /// Where readers that lost events ask for a listing.
    private let listings: ListingDesk
    /// The listing under way or the last one, and where its next slice begins.
    private var listing: UInt32 = 0
    private var listingPosition: UInt32?
    /// The command at hand where it comes from no ring: the first of this life, a slice.
    private let ownCommand: FixedTable<Command>
    /// The first command of this life is still to be applied.
    private var hasOpening: Bool
    /// Details of the command at hand, where it carries some.
    private let details = FixedTable<OrderDetails>(count: 1) { _ in OrderDetails() }
    /// When the last command was done; `none` once something else came in between.
    private var lastDone = Timestamp.none
    private var counters = EngineCounters()
    private let counterGroup: CounterGroup<EngineCounters>

    /// Commands applied in one duty cycle at most; the ones left unread are our back-pressure.
    public static let commandsPerCycleMax = 256
    /// Commands of others that a mass cancel or a listing lets pass between two slices.
    public static let commandsPerSliceMax = 16
    /// Slots of the longest command: the head, parties and texts.
    private static let commandSlotsMax = 3

    /// With `sequenced` each command is published there before it is applied, so that it outlives this
    /// process; the engine waits for room there as it does in the event ring. `opening` is applied
    /// before all others. The partition may have a history, which goes on.
    public init(
        commands: consuming Ring<Command>.Consumer,
        sequenced: consuming Ring<Command>.Producer? = nil, partition: consuming Partition,
        events: consuming BroadcastRing<Event>.Producer, engineOut: consuming EngineOutLog.Writer,
        clock: Clock, doorbell: Doorbell, journalDoorbell: Doorbell = .silent(),
        feedDoorbell: Doorbell = .silent(),
        listings: ListingDesk = ListingDesk(), opening: Command? = nil,
        counters: CounterGroup<EngineCounters> = .unseen()
    ) {
        self.commands = commands
        self.sequenced = sequenced
        // ExecID is never before the time of a command, so time does not fall over a restart either.
        sequencer = Sequencer(lastSequence: partition.lastSequence, lastTime: partition.execID)
        self.partition = partition
        ownCommand = FixedTable(count: 1) { _ in opening ?? Command(kind: .continueMassCancel) }
        hasOpening = opening != nil
        self.events = events
        self.engineOut = engineOut
        self.clock = clock
        self.doorbell = doorbell
        self.journalDoorbell = journalDoorbell
        self.feedDoorbell = feedDoorbell
        self.listings = listings
        counterGroup = counters
    }

    public mutating func doWork(now: Timestamp) -> Int {
        if owesFeedBell {
            owesFeedBell = false
            feedDoorbell.ring()
        }
        // A thread that spins comes by every tenth of a microsecond: looking for work is not to cost more.
        let isIdle =
            commands.available() == 0 && !partition.isSuspended && !hasOpening && !hasSlicePending
            && listings.last == listing
        return isIdle ? 0 : takeCommands()
    }

    @inline(never) private mutating func takeCommands() -> Int {
        var work = 0
        var sinceSlice = 0
        lastDone = .none
        noteListingRequest()
        while work < Self.commandsPerCycleMax {
            guard events.hasRoom(for: partition.eventSlotsPerCommandMax) else {
                counters.eventRingWaits &+= 1
                break
            }
            guard hasRoomToKeep() else {
                counters.sequencedRingWaits &+= 1
                break
            }
            let waiting = commands.available()
            if partition.isSuspended || hasOpening {
                goOn()
            } else if hasSlicePending, sinceSlice >= Self.commandsPerSliceMax || waiting == 0 {
                sinceSlice = 0
                applySlice()
            } else if waiting > 0 {
                sinceSlice &+= 1
                applyNext(of: waiting)
            } else {
                break
            }
            work += 1
        }
        if work > 0 {
            doorbell.ring()
            journalDoorbell.ring()
            owesFeedBell = true
            events.prefetchNext()
        }
        return work
    }

    public mutating func publishCounters() {
        partition.note(in: &counters)
        counters.commandSlotsRead = commands.position
        counters.commandBacklog = UInt64(commands.depth())
        counters.commandBacklogMax = max(counters.commandBacklogMax, counters.commandBacklog)
        counters.commandCapacity = UInt64(commands.capacity)
        counters.eventSlotsPublished = events.position
        counters.eventBacklog = UInt64(events.backlog())
        counters.eventBacklogMax = max(counters.eventBacklogMax, counters.eventBacklog)
        counters.eventCapacity = UInt64(events.capacity)
        counterGroup.publish(counters)
    }

    /// Everything that reaches the engine comes by command; it never has to look at the time.
    public var nextDeadline: Timestamp { .none }

    /// Applies what is left, as far as there is room for what it makes.
    public mutating func close() { while doWork(now: .none) > 0 {} }

    /// Audits the partition; for tests.
    public mutating func checkInvariants() { partition.checkInvariants() }

    /// Applies the first of the commands in so many waiting slots.
    @inline(__always)
    private mutating func applyNext(of waiting: Int) {
        let request = commands.place(of: 0)
        let slotCount = Int(request.pointee.slotCount)
        partition.lookAhead(at: slotCount..<waiting) { CommandGlimpse(commands.place(of: $0)) }
        let carried = request.pointee.carriedDetails
        if !carried.isEmpty { readDetails(carried) }
        apply(request)
        commands.release(slotCount)
    }

    /// TrdRegTSTimeIn, once per command and not per batch: when this one was taken.
    ///
    /// In a burst a command is taken the moment its predecessor is done, a few nanoseconds after that
    /// was noted, so one reading of the clock serves as the end of one and the beginning of the next.
    @inline(__always)
    private mutating func timeTaken() -> Timestamp { lastDone.isNone ? clock.now() : lastDone }

    /// Notes when the command was done, or this part of a suspended one, and shows what it made.
    @inline(__always)
    private mutating func publish() {
        lastDone = clock.now()
        engineOut.note(lastDone, of: partition.lastSequence)
        partition.publish(&events)
    }

    /// Takes over the slots behind the head. What the head does not announce keeps its old content,
    /// and the partition does not look at it.
    @inline(never)
    private mutating func readDetails(_ carried: Command.Flags) {
        var slot = 1
        if carried.contains(.hasParties) {
            details[0].parties = commands[slot, as: OrderParties.self]
            slot += 1
        }
        if carried.contains(.hasTexts) {
            details[0].texts = commands[slot, as: OrderTexts.self]
        }
    }

    @inline(__always)
    private mutating func hasRoomToKeep() -> Bool {
        sequenced?.hasRoom(for: Self.commandSlotsMax) ?? true
    }

    /// Puts a command where it outlives this process. From then on it counts: a recovery applies it.
    @inline(never)
    private mutating func keep(_ request: UnsafePointer<Command>, at place: Sequencer.Place) {
        let details = details.address(of: 0)
        let carried = request.pointee.carriedDetails
        sequenced?.write(request.pointee.stamped(place), at: 0)
        var slot = 1
        if carried.contains(.hasParties) {
            sequenced?.write(details.pointee.parties, at: slot)
            slot += 1
        }
        if carried.contains(.hasTexts) {
            sequenced?.write(details.pointee.texts, at: slot)
            slot += 1
        }
        sequenced?.publish(slot)
    }

    @inline(__always)
    private var hasSlicePending: Bool {
        partition.hasMassCancelPending || listingPosition != nil
    }

    /// A newer request starts the listing over.
    @inline(__always)
    private mutating func noteListingRequest() {
        let asked = listings.last
        guard asked != listing else { return }
        listing = asked
        listingPosition = 0
    }

    /// Goes on with a suspended match, or begins this life.
    @inline(never)
    private mutating func goOn() {
        if partition.isSuspended {
            partition.resume(into: &events)
            publish()
        } else {
            hasOpening = false
            apply(ownCommand.address(of: 0))
        }
    }

    /// Mass cancels first: who asked for one waits for its answer.
    @inline(never)
    private mutating func applySlice() {
        guard !partition.hasMassCancelPending, let position = listingPosition else {
            ownCommand[0] = Command(kind: .continueMassCancel)
            return apply(ownCommand.address(of: 0))
        }
        ownCommand[0] = Command(kind: .listOrders)
        ownCommand[0].listing = listing
        ownCommand[0].listingPosition = position
        apply(ownCommand.address(of: 0))
        listingPosition = partition.listingPosition == 0 ? nil : partition.listingPosition
    }

    @inline(__always)
    private mutating func apply(_ request: UnsafePointer<Command>) {
        let place = sequencer.place(
            requestTime: request.pointee.requestTime, now: timeTaken())
        counters.commands[Int(request.pointee.kind.rawValue)] &+= 1
        if sequenced != nil { keep(request, at: place) }
        // Stamped this late, the command goes from where it lies into the call's argument at once.
        let command = request.pointee.stamped(place)
        partition.apply(command, details.address(of: 0), into: &events)
        if partition.isSuspended { counters.suspendedMatches &+= 1 }
        publish()
    }
}
