import CAllocationCount
import Domain
import Exchange
import LinuxPlatform
import Platform
import Runtime
import Wire

/// A venue over sockets whose threads are marked, and a client of it that does not allocate.
final class LiveVenue {
    private let venue: Venue
    private let connection: TCPConnection
    private var requests = Requests(trader: 11)
    private let output: UnsafeMutableRawBufferPointer
    private let input: UnsafeMutableRawBufferPointer
    private var inputEnd = 0
    private var clOrdID: UInt64 = 0
    private(set) var answered = 0
    private(set) var rejects = 0

    /// `watchesEngine` puts the thread called "engine" under `systemcalls_forbid`.
    init(
        _ threads: RuntimeSettings.Threads, _ profile: RuntimeSettings.Profile, mark: UInt32,
        watchesEngine: Bool = false
    ) throws {
        var configuration = Configuration.demonstration
        configuration.runtime.threads = threads
        configuration.runtime.profile = profile
        configuration.limits.orderCapacity = 4096
        var settings = UringNetwork.Configuration()
        settings.frameLengthMax = 32 << 10
        settings.connectionCapacity = 8
        settings.promotedCapacity = 8
        let network = try UringNetwork(configuration: settings, clock: SystemClock.utc)
        let cores = try CoreSet.usable().cores
        let system = SystemProcessor.current
        venue = try Venue(
            configuration, plan: configuration.threadPlan(usableCoreCount: cores.count),
            environment: VenueEnvironment(
                network: network, clock: SystemClock.utc,
                processor: Processor(
                    pause: system.pause, pin: system.pin,
                    nameThread: { name in
                        system.nameThread(name)
                        allocationcount_mark(mark)
                        if watchesEngine && name == "engine" { _ = systemcalls_prepare() }
                    }),
                verifyPassword: { _, _ in true }, usableCores: cores,
                makeSleeper: { FutexSleeper() }, orderIDKey: 1,
                // To the port that discards what it gets.
                datagrams: try DatagramSocket(to: [FeedAddress(port: 9)])))
        try venue.start()
        connection = try TCPConnection(port: network.port)
        output = .allocate(byteCount: 64 << 10, alignment: 64)
        input = .allocate(byteCount: 64 << 10, alignment: 64)
        try exchange { $0.logOn(session: 10001, password: "apus-1", into: $1) }
        try exchange { $0.logIn(password: "apus-11", into: $1) }
    }

    deinit {
        venue.requestStop()
        let pause = FutexSleeper()
        for _ in 0..<1_000 where !venue.isStopped { pause.sleep(nanos: 2_000_000) }
        venue.join()
        output.deallocate()
        input.deallocate()
    }

    private func exchange(
        _ write: (inout Requests, UnsafeMutableRawPointer) -> Int
    ) throws(SystemError) {
        try send(write(&requests, output.baseAddress!), answers: 1)
    }

    /// Lean and standard orders, a change, deletions and a reject in every send.
    func run(sends: Int) throws(SystemError) {
        for _ in 0..<sends {
            let first = clOrdID
            clOrdID += 20
            var length = 0
            for number in 1...8 as ClosedRange<UInt64> {
                length += requests.order(
                    first + number, isStandard: number % 2 == 0,
                    into: output.baseAddress! + length)
            }
            length += requests.modify(
                first + 1, price: 99_00000000, into: output.baseAddress! + length)
            for number in 1...9 as ClosedRange<UInt64> {
                length += requests.delete(first + number, into: output.baseAddress! + length)
            }
            try send(length, answers: 18)
        }
    }

    private func send(_ length: Int, answers: Int) throws(SystemError) {
        var sent = 0
        while sent < length {
            sent += try connection.send(UnsafeRawBufferPointer(rebasing: output[sent..<length]))
            if sent < length { _ = try connection.waitWritable(timeoutMillis: 1_000) }
        }
        let goal = answered + answers
        while answered < goal {
            guard try connection.waitReadable(timeoutMillis: 10_000) else {
                throw SystemError("an answer did not come within 10 s", code: 0)
            }
            if case .bytes(let count) = try connection.receive(
                into: UnsafeMutableRawBufferPointer(rebasing: input[inputEnd...]))
            {
                inputEnd += count
            }
            takeAnswers()
        }
    }

    private func takeAnswers() {
        var start = 0
        while inputEnd - start >= 16 {
            let header = FrameHeader(input.baseAddress! + start)
            guard inputEnd - start >= Int(header.bodyLen) else { break }
            start += Int(header.bodyLen)
            if header.templateID == TemplateID.heartbeatNotification.rawValue { continue }
            if header.templateID == TemplateID.reject.rawValue { rejects += 1 }
            answered += 1
        }
        if start > 0 {
            input.baseAddress!.copyMemory(
                from: input.baseAddress! + start, byteCount: inputEnd - start)
        }
        inputEnd -= start
    }
}
