import LinuxPlatform
import Platform
import Testing

@Suite struct DatagramSocketTests {
    /// What a receiver got, channel by channel.
    private func receive(_ sockets: FeedSockets, count: Int) -> [FeedChannel: [[UInt8]]] {
        var received: [FeedChannel: [[UInt8]]] = [:]
        var total = 0
        for _ in 0..<100 where total < count {
            let some = sockets.receive { received[$0, default: []].append([UInt8]($1)) }
            total += some
            if some == 0 { sockets.wait(nanos: 20_000_000) }
        }
        return received
    }

    private func send(
        _ socket: DatagramSocket, _ lengths: [Int], _ channel: (Int) -> FeedChannel
    ) -> Int {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 1 << 17, alignment: 8)
        defer { memory.deallocate() }
        var datagrams: [Datagram] = []
        var offset = 0
        for (index, length) in lengths.enumerated() {
            (memory + offset).initializeMemory(
                as: UInt8.self, repeating: UInt8(truncatingIfNeeded: index), count: length)
            datagrams.append(
                Datagram(base: memory + offset, count: length, channel: channel(index)))
            offset += length
        }
        return datagrams.withUnsafeBufferPointer { socket.send($0) }
    }

    @Test func everyReceiverGetsItsChannelsInOrder() throws {
        let receivers = try [
            FeedSockets(anyPortOf: "127.0.0.1"), FeedSockets(anyPortOf: "127.0.0.1"),
        ]
        let socket = try DatagramSocket(to: receivers.map(\.address))
        // More than the kernel is given at once.
        let lengths = (0..<150).map { 8 + $0 }
        let refused = send(socket, lengths) { $0 % 3 == 0 ? .snapshot : .incremental }
        #expect(refused == 0)
        for receiver in receivers {
            let received = receive(receiver, count: lengths.count)
            for channel in [FeedChannel.snapshot, .incremental] {
                let expected = lengths.indices.filter { ($0 % 3 == 0) == (channel == .snapshot) }
                #expect(
                    received[channel]
                        == expected.map { [UInt8](repeating: UInt8($0), count: lengths[$0]) })
            }
        }
    }

    @Test func aReceiverThatIsNotThereDoesNotMatter() throws {
        let there = try FeedSockets(anyPortOf: "127.0.0.1")
        var gone: FeedAddress
        do {
            let leaving = try FeedSockets(anyPortOf: "127.0.0.1")
            gone = leaving.address
        }
        let socket = try DatagramSocket(to: [gone, there.address])
        var refused = 0
        for _ in 0..<20 { refused += send(socket, [64, 64]) { _ in .incremental } }
        #expect(refused == 0)
        #expect(receive(there, count: 40)[.incremental]?.count == 40)
    }

    @Test func whatTheSystemDoesNotTakeIsCountedAndTheOthersGo() throws {
        let receiver = try FeedSockets(anyPortOf: "127.0.0.1")
        let socket = try DatagramSocket(to: [receiver.address])
        // No datagram of IPv4 is as long as that.
        let refused = send(socket, [8, 65_600, 16]) { _ in .incremental }
        #expect(refused == 1)
        #expect(receive(receiver, count: 2)[.incremental]?.map(\.count) == [8, 16])
    }

    @Test func whatIsNoAddressIsRefused() {
        #expect(throws: SystemError.self) {
            _ = try DatagramSocket(to: [FeedAddress(address: "localhost", port: 5000)])
        }
        #expect(throws: SystemError.self) { _ = try DatagramSocket(to: [], interface: "eth0") }
    }

    @Test func aMulticastGroupIsReached() throws {
        let group = FeedAddress(address: "239.255.77.1", port: 47_912)
        guard let receiver = try? FeedSockets(group) else { return }
        let socket = try DatagramSocket(to: [group], interface: "127.0.0.1", multicastHops: 0)
        #expect(send(socket, [24]) { _ in .snapshot } == 0)
        #expect(receive(receiver, count: 1)[.snapshot]?.map(\.count) == [24])
    }
}
