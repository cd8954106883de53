import CLinux
import Glibc
import LinuxPlatform
import Platform
import Synchronization
import Testing

@Suite struct PasswordHashTests {
    /// SHA-512 as its author published it, and yescrypt as libxcrypt 4.4 makes it.
    @Test(arguments: [
        (
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
            "Hello world!"
        ),
        (
            "$y$j35$abcdefghijklmnop$GSovBrBLJbDjX.qvZg0CBdq798oMKHzXz4XeYzDLPk2",
            "k4mz7ap2qj5x3v6w7b2c4d5e6f"
        ),
    ])
    func knowsPublishedHashes(hash: String, password: String) {
        #expect(PasswordHash.verify(hash: hash, password: password))
        #expect(!PasswordHash.verify(hash: hash, password: password + "x"))
        #expect(!PasswordHash.verify(hash: hash, password: ""))
    }

    @Test func makesWhatItVerifies() throws {
        let hash = try PasswordHash.make(password: "apus-1", cost: 1)
        #expect(hash.hasPrefix("$y$j75$"))
        #expect(PasswordHash.verify(hash: hash, password: "apus-1"))
        #expect(!PasswordHash.verify(hash: hash, password: "apus-2"))
        #expect(try PasswordHash.make(password: "apus-1", cost: 1) != hash)
        #expect(throws: SystemError.self) {
            _ = try PasswordHash.make(password: "a", cost: 99)
        }
    }

    @Test func makesRandomSecrets() throws {
        let (secret, hash) = try PasswordHash.makeRandom()
        #expect(secret.utf8.count == 26)
        #expect(PasswordHash.verify(hash: hash, password: secret))
        #expect(!PasswordHash.verify(hash: hash, password: String(secret.dropLast())))
        #expect(try PasswordHash.makeRandom().secret != secret)
    }

    @Test func refusesWhatIsNoHash() {
        for hash in ["", "*", "*0", "x", "$y$", "$y$j75$", "$9$abc$def", "a\0b"] {
            #expect(!PasswordHash.verify(hash: hash, password: ""))
            #expect(!PasswordHash.verify(hash: hash, password: "a"))
        }
        #expect(!PasswordHash.verify(hash: "$6$saltstring$", password: "a\0b"))
    }
}

@Suite struct CoreSetTests {
    /// On a thread of its own, so that no other test runs pinned.
    @Test func pinsAThread() throws {
        let usable = try CoreSet.usable()
        #expect(usable.count >= 1)
        var thread = pthread_t()
        pthread_create(&thread, nil, pinned, nil)
        var result: UnsafeMutableRawPointer?
        pthread_join(thread, &result)
        #expect(result == nil)
    }

    @Test func saysWhichCoreThereIsNot() {
        #expect(SystemProcessor.current.pin([60_000])?.contains("core 60000") == true)
    }
}

/// Returns nil when all went well.
private func pinned(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let failed = UnsafeMutableRawPointer(bitPattern: 1)
    guard let usable = try? CoreSet.usable() else { return failed }
    for core in usable.cores {
        guard SystemProcessor.current.pin([core]) == nil,
            (try? CoreSet.usable()) == CoreSet([core])
        else { return failed }
    }
    return nil
}

@Suite struct SharedMemoryTests {
    @Test func isSharedByNameAndReadOnly() throws {
        let name = "test-\(getpid())-a"
        do {
            let owner = try SharedMemory.create(name: name, part: "events", count: 8192)
            let reader = try SharedMemory.attach(name: name, part: "events")
            let count = reader.count
            #expect(count == 8192)
            #expect(access("/dev/shm/apus.\(name).events", F_OK) == 0)
            owner.base.storeBytes(of: 42, toByteOffset: 4096, as: UInt64.self)
            let value = reader.base.load(fromByteOffset: 4096, as: UInt64.self)
            let isCurrent = reader.isCurrent
            #expect(value == 42 && isCurrent)
        }
        #expect(access("/dev/shm/apus.\(name).events", F_OK) != 0)
        #expect(throws: SystemError.self) {
            _ = try SharedMemory.attach(name: name, part: "events")
        }
    }

    @Test func replacesLeftoversAndSparesSuccessors() throws {
        let name = "test-\(getpid())-b"
        let path = SharedMemory.path(name: name, part: "p")
        var old: SharedMemory? = try SharedMemory.create(name: name, part: "p", count: 4096)
        let new = try SharedMemory.create(name: name, part: "p", count: 4096)
        let first = new.base.load(as: UInt64.self)
        #expect(first == 0)
        old = nil
        #expect(access(path, F_OK) == 0)
        let isGone = old == nil
        #expect(isGone)
    }

    @Test func namesWhatIsWrong() throws {
        let name = "test-\(getpid())-c"
        let path = SharedMemory.path(name: name, part: "p")
        let fd = open(path, O_CREAT | O_RDWR, 0o644)
        fchmod(fd, 0o644)
        ftruncate(fd, 4096)
        close(fd)
        defer { unlink(path) }
        #expect(
            throws: SystemError("the file \(path) is open to other users", code: 0)
        ) { _ = try SharedMemory.attach(name: name, part: "p") }
        #expect(throws: SystemError.self) {
            _ = try SharedMemory.create(name: "../x", part: "p", count: 1)
        }
        // More than there is memory.
        #expect(throws: SystemError.self) {
            _ = try SharedMemory.create(name: name + "d", part: "p", count: 1 << 50)
        }
        #expect(access(SharedMemory.path(name: name + "d", part: "p"), F_OK) != 0)
    }
}

@Suite struct FutexSleeperTests {
    @Test func keepsAWake() {
        let sleeper = FutexSleeper()
        sleeper.wake()
        sleeper.wake()
        let start = SystemClock.monotonicNanos()
        sleeper.sleep(nanos: 5_000_000_000)
        sleeper.sleep(nanos: 20_000_000)
        let nanos = SystemClock.monotonicNanos() - start
        #expect(nanos >= 19_000_000 && nanos < 2_000_000_000)
    }

    @Test func handsOffBetweenThreads() {
        let pair = FutexPair()
        var thread = pthread_t()
        pthread_create(&thread, nil, answer, Unmanaged.passRetained(pair).toOpaque())
        let start = SystemClock.monotonicNanos()
        for turn in 1...FutexPair.count {
            pair.asked.store(turn, ordering: .releasing)
            pair.there.wake()
            FutexPair.wait(for: turn, pair.answered, pair.back)
        }
        pthread_join(thread, nil)
        #expect(SystemClock.monotonicNanos() - start < 9_000_000_000)
    }
}

private final class FutexPair: Sendable {
    static let count = 20_000
    let there = FutexSleeper()
    let back = FutexSleeper()
    let asked = Atomic(0)
    let answered = Atomic(0)

    /// A sleep may end early, as somebody may ring where another sleeper lay before; then it sleeps again.
    static func wait(for turn: Int, _ count: borrowing Atomic<Int>, _ sleeper: FutexSleeper) {
        while count.load(ordering: .acquiring) < turn { sleeper.sleep(nanos: 10_000_000_000) }
    }
}

private func answer(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let pair = Unmanaged<FutexPair>.fromOpaque(context!).takeRetainedValue()
    for turn in 1...FutexPair.count {
        FutexPair.wait(for: turn, pair.asked, pair.there)
        pair.answered.store(turn, ordering: .releasing)
        pair.back.wake()
    }
    return nil
}

@Suite struct MemoryTests {
    @Test func touchesWithoutChange() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100_000, alignment: 8)
        defer { memory.deallocate() }
        for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index) }
        MemoryLock.touch(memory)
        #expect(memory.indices.allSatisfy { memory[$0] == UInt8(truncatingIfNeeded: $0) })
    }
}

@Suite struct StopSignalTests {
    /// On a thread of its own: the signal is sent to that thread alone, and ends with it.
    @Test func hearsTheSignal() {
        for signal in [SIGTERM, SIGINT] {
            var thread = pthread_t()
            let context = UnsafeMutableRawPointer(bitPattern: Int(signal))
            pthread_create(&thread, nil, stopped, context)
            var result: UnsafeMutableRawPointer?
            pthread_join(thread, &result)
            #expect(result == nil)
        }
    }
}

/// Returns nil when all went well.
private func stopped(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let failed = UnsafeMutableRawPointer(bitPattern: 1)
    guard let stop = try? StopSignal() else { return failed }
    if stop.isRequested || stop.wait(timeoutMillis: 10) { return failed }
    pthread_kill(pthread_self(), Int32(Int(bitPattern: context)))
    return stop.wait(timeoutMillis: 5000) && stop.isRequested && stop.isRequested ? nil : failed
}

@Suite struct ClockTests {
    /// Between two readings of the system's clock the cycle counter stands in for it.
    @Test func utcIsTheSystemsClockAtEveryMoment() {
        let end = clinux_utc_nanos_of_system() + 100_000_000
        var compared = 0
        var furthest = 0
        while true {
            let before = clinux_utc_nanos_of_system()
            let utc = clinux_utc_nanos()
            let after = clinux_utc_nanos_of_system()
            // A reading that was interrupted says nothing.
            if after < before + 1_000 {
                compared += 1
                furthest = max(furthest, Int(before) - Int(utc), Int(utc) - Int(after))
            }
            if after > end { break }
            // Some readings in a row, so that most come from the counter.
            for _ in 0..<200 { _ = clinux_utc_nanos() }
        }
        #expect(compared > 1_000 && furthest < 250, "\(furthest) ns apart in \(compared)")
    }

    @Test func theClockIsTheSystemsAndRises() {
        var last = SystemClock.utc.now()
        for _ in 0..<1_000 {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let real = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
            let now = SystemClock.utc.now()
            #expect(now >= last)
            last = now
            // Whoever slews the system's time does it to both.
            #expect(now.nanos + 1_000_000 > real && now.nanos < real + 50_000_000)
        }
    }
}
