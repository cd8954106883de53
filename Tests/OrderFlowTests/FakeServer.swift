import Glibc
import Wire

/// The fake venue behind a real socket, on a thread of its own, until its clients have gone.
final class FakeServer: @unchecked Sendable {
    /// Bytes of one client, in and out.
    private final class Client {
        let descriptor: Int32
        var received: [UInt8] = []
        var unsent: [UInt8] = []
        var session: UInt32 = 0

        init(_ descriptor: Int32) { self.descriptor = descriptor }
    }

    let port: UInt16
    private let listener: Int32
    private let venue: FakeVenue
    private var clients: [Client] = []

    /// Listens on a port of this machine; 0 lets the system choose.
    init(port: UInt16 = 0, venue: FakeVenue = FakeVenue()) {
        self.venue = venue
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                Glibc.bind(listener, name, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, name, &length) == 0
            }
        }
        precondition(bound, "The fake server cannot listen.")
        self.listener = listener
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }

    /// Serves `count` clients on a thread of its own.
    func start(clients count: Int) {
        let box = Unmanaged.passRetained(Job(server: self, count: count))
        var thread = pthread_t()
        pthread_create(&thread, nil, serveFakeClients, box.toOpaque())
        pthread_detach(thread)
    }

    func serve(_ count: Int) {
        for _ in 0..<count {
            let descriptor = accept(listener, nil, nil)
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
            clients.append(Client(descriptor))
        }
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while !clients.isEmpty {
            var polled = clients.map {
                pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
            }
            poll(&polled, nfds_t(polled.count), 1000)
            for (client, entry) in zip(clients, polled) where entry.revents != 0 {
                let count = recv(client.descriptor, &chunk, chunk.count, 0)
                guard count > 0 else {
                    close(client.descriptor)
                    clients.removeAll { $0 === client }
                    continue
                }
                client.received.append(contentsOf: chunk[0..<count])
                read(client)
            }
            for client in clients { write(client) }
        }
    }

    private func read(_ client: Client) {
        var offset = 0
        client.received.withUnsafeBytes { all in
            while case .frame(let template, let length) = Framing.judge(
                UnsafeRawBufferPointer(rebasing: all[offset...]))
            {
                let base = all.baseAddress! + offset
                if template == .logonRequest {
                    client.session = LogonRequestView(base).partyIDSessionID
                    venue.attach(client.session) { [unowned client] in
                        client.unsent.append(contentsOf: $0)
                    }
                }
                venue.handle(template, base, client.session)
                offset += length
            }
        }
        client.received.removeFirst(offset)
    }

    private func write(_ client: Client) {
        while !client.unsent.isEmpty {
            let count = send(
                client.descriptor, client.unsent, client.unsent.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return client.unsent.removeAll() }
            client.unsent.removeFirst(count)
        }
    }
}

private final class Job {
    let server: FakeServer
    let count: Int

    init(server: FakeServer, count: Int) {
        self.server = server
        self.count = count
    }
}

private func serveFakeClients(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let job = Unmanaged<Job>.fromOpaque(argument!).takeRetainedValue()
    job.server.serve(job.count)
    return nil
}
