import LinuxPlatform
import Platform
import Testing

/// Both channels of a feed over sockets of this machine.
@Suite struct DatagramTests {
    /// Everything that comes until nothing does for a while.
    private func received(_ feed: FeedSockets, atLeast count: Int) -> [(FeedChannel, [UInt8])] {
        var datagrams: [(FeedChannel, [UInt8])] = []
        var idle = 0
        while datagrams.count < count, idle < 200 {
            let taken = feed.receive { datagrams.append(($0, [UInt8]($1))) }
            guard taken == 0 else { continue }
            feed.wait(nanos: 10_000_000)
            idle += 1
        }
        return datagrams
    }

    private func send(_ socket: DatagramSocket, _ channel: FeedChannel, _ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { raw in
            let datagram = Datagram(
                base: UnsafeMutableRawPointer(mutating: raw.baseAddress!), count: raw.count,
                channel: channel)
            return withUnsafePointer(to: datagram) {
                socket.send(UnsafeBufferPointer(start: $0, count: 1))
            }
        }
    }

    @Test func channelsArriveApartInTheirOrder() throws {
        let feed = try FeedSockets(anyPortOf: "127.0.0.1")
        #expect(feed.address.snapshotPort == feed.snapshot.port)
        #expect(feed.incremental.bufferBytes >= 100_000)
        let socket = try DatagramSocket(to: [feed.address])
        for number in 0..<200 as Range<UInt8> {
            let channel: FeedChannel = number % 4 == 3 ? .snapshot : .incremental
            #expect(send(socket, channel, [UInt8](repeating: number, count: 1400)) == 0)
        }
        let datagrams = received(feed, atLeast: 200)
        #expect(datagrams.allSatisfy { $0.1 == [UInt8](repeating: $0.1[0], count: 1400) })
        #expect(
            datagrams.filter { $0.0 == .snapshot }.map { $0.1[0] }
                == (0..<200).filter { $0 % 4 == 3 })
        #expect(
            datagrams.filter { $0.0 == .incremental }.map { $0.1[0] }
                == (0..<200).filter { $0 % 4 != 3 })
        #expect(feed.receive { _, _ in } == 0)
    }

    @Test func lengthsAreAsSentUpToTheLongest() throws {
        let feed = try FeedSockets(anyPortOf: "127.0.0.1")
        let socket = try DatagramSocket(to: [feed.address])
        for length in [1, 32, 2048, 4000] {
            #expect(send(socket, .incremental, [UInt8](repeating: 7, count: length)) == 0)
        }
        #expect(received(feed, atLeast: 4).map(\.1.count) == [1, 32, 2048, 2048])
    }

    @Test func aPortThatIsTakenAndAnAddressThatIsNoneAreErrors() throws {
        let feed = try FeedSockets(anyPortOf: "127.0.0.1")
        let error = #expect(throws: SystemError.self) { _ = try FeedSockets(feed.address) }
        #expect(error?.description.contains("127.0.0.1:\(feed.address.port)") == true)
        #expect(throws: SystemError.self) {
            _ = try DatagramReceiver(address: "not.an.address", port: 0)
        }
        #expect(throws: SystemError.self) {
            _ = try DatagramReceiver(address: "203.0.113.1", port: 0)
        }
    }

    @Test func everyMemberOfAGroupHasACopy() throws {
        let group = "239.255.41.7"
        let probe = try FeedSockets(anyPortOf: "127.0.0.1")
        let address = FeedAddress(address: group, port: probe.address.port)
        #expect(address.isMulticast)
        let first = try FeedSockets(address)
        let second = try FeedSockets(address)
        let socket = try DatagramSocket(to: [address], interface: "127.0.0.1")
        #expect(send(socket, .incremental, [1, 2, 3]) == 0)
        #expect(received(first, atLeast: 1).map(\.1) == [[1, 2, 3]])
        #expect(received(second, atLeast: 1).map(\.1) == [[1, 2, 3]])
    }

    @Test func addressesAreReadAsTheyAreWritten() {
        #expect(FeedAddress("59001") == FeedAddress.standard)
        #expect(FeedAddress("10.1.2.3:70")?.snapshotPort == 69)
        #expect(FeedAddress("224.0.0.1:59001")?.isMulticast == true)
        #expect(FeedAddress.standard.description == "127.0.0.1:59001")
        #expect(!FeedAddress.standard.isMulticast)
        for text in [
            "", "1", "0", "x", "65536", ":59001", "1.2.3:59001", "1.2.3.4:", "1.2.3.256:9",
            "1.2.3.4:5:6", "+1.2.3.4:59001", "-5", "1.2.3.4:+59001",
        ] {
            #expect(FeedAddress(text) == nil, "\(text)")
        }
    }
}
