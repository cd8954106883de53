import CLinux
import Glibc

// The ends of connections. The place of one is used again only when the gateway has taken `closed`
// and the kernel has ended every operation on it, so that no memory has two owners.
extension UringCore {
    /// Submits whatever the connection needs in its present state.
    mutating func serve(_ index: Int) {
        switch connections[index].phase {
        case .free: break
        case .open:
            serveOutput(index)
            serveInput(index)
        case .draining:
            serveOutput(index)
            if connections[index].unsentCount == 0 && !connections[index].isSending {
                announceEnd(index)
            }
            serveInput(index)
        case .lingering: serveInput(index)
        case .finished: serveEnd(index)
        }
    }

    // MARK: The gateway's side

    mutating func closeAfterSending(_ index: Int) {
        guard connections[index].phase == .open else { return }
        ignoreInput(index)
        connections[index].wantsPromotion = false
        connections[index].phase = .draining
        connections[index].tickCount = 0
        wantTimer()
        attend(index)
    }

    mutating func abort(_ index: Int) {
        switch connections[index].phase {
        case .open, .draining, .lingering:
            connections[index].ignoresInput = true
            connections[index].isReset = true
            finish(index)
        case .free, .finished: break
        }
    }

    // MARK: What happens to a connection

    /// The peer has closed its writing side.
    mutating func peerEnded(_ index: Int) {
        connections[index].peerHasEnded = true
        switch connections[index].phase {
        case .open, .lingering: finish(index)
        // It may still read: what is left is sent first.
        case .draining: attend(index)
        case .free, .finished: break
        }
    }

    mutating func connectionBroke(_ index: Int) {
        switch connections[index].phase {
        case .open, .draining, .lingering: finish(index)
        case .free, .finished: break
        }
    }

    /// The one place that reports `closed`.
    private mutating func finish(_ index: Int) {
        connections[index].phase = .finished
        push(.closed, index)
        attend(index)
    }

    // MARK: Steps to the end

    /// All is sent: tells the peer that nothing more comes, and waits for its end.
    private mutating func announceEnd(_ index: Int) {
        _ = shutdown(connections[index].descriptor, Int32(SHUT_WR))
        connections[index].phase = .lingering
        connections[index].tickCount = 0
        if connections[index].peerHasEnded { finish(index) }
    }

    /// Ends what is under way, then gives the descriptor back.
    private mutating func serveEnd(_ index: Int) {
        let isBusy = connections[index].isReceiving || connections[index].isSending
        if isBusy && !connections[index].isShutDown {
            connections[index].isShutDown = true
            _ = shutdown(connections[index].descriptor, Int32(SHUT_RDWR))
        }
        if connections[index].closedIsTaken && connections[index].operationCount == 0 {
            release(index)
        }
    }

    private mutating func release(_ index: Int) {
        forgetOutput(index)
        if connections[index].group >= 0 {
            groups.give(connections[index].group)
            connections[index].group = -1
        }
        let descriptor = connections[index].descriptor
        if connections[index].isReset {
            var value = linger(l_onoff: 1, l_linger: 0)
            let length = socklen_t(MemoryLayout<linger>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, length)
        }
        _ = Glibc.close(descriptor)
        connections[index].descriptor = -1
        connections[index].phase = .free
        freePlaces[freeCount] = Int32(truncatingIfNeeded: index)
        freeCount += 1
    }

    // MARK: Bounds

    /// A second after its end was announced, or five without progress before, a peer is given up.
    private static var lingerTicks: Int32 { 3 }
    private static var drainTicks: Int32 { 11 }

    mutating func wantTimer() {
        timerIsWanted = true
        hasChores = true
    }

    mutating func tick() {
        var isNeeded = false
        if acceptIsPaused {
            acceptIsPaused = false
            hasChores = true
        }
        for index in 0..<connectionCapacity {
            let limit: Int32
            switch connections[index].phase {
            case .draining: limit = Self.drainTicks
            case .lingering: limit = Self.lingerTicks
            case .free, .open, .finished: continue
            }
            connections[index].tickCount &+= 1
            if connections[index].tickCount >= limit {
                connections[index].isReset = true
                finish(index)
            } else {
                isNeeded = true
            }
        }
        timerIsWanted = isNeeded
        if isNeeded { hasChores = true }
    }
}
