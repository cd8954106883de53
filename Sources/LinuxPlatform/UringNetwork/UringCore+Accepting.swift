import CLinux
import Glibc

// Connections arrive by one standing accept.
extension UringCore {
    mutating func armAccept() {
        acceptIsArmed = true
        let sqe = nextSubmission()
        io_uring_prep_multishot_accept(sqe, listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        sqe.pointee.user_data = Self.userData(.accept)
    }

    mutating func acceptCompleted(_ result: Int32, _ flags: UInt32) {
        if flags & IORING_CQE_F_MORE == 0 {
            acceptIsArmed = false
            hasChores = true
        }
        if result >= 0 {
            connectionArrived(result)
        } else if result != -ECANCELED && result != -ECONNABORTED && result != -EINTR {
            // The system is short of something. Trying again at once would spin.
            acceptIsPaused = true
            wantTimer()
        }
    }

    private mutating func connectionArrived(_ descriptor: Int32) {
        // Between `stopAccepting` and its effect nobody hears of who comes.
        guard isAccepting, freeCount > 0 else {
            if isAccepting { counters.refused &+= 1 }
            _ = Glibc.close(descriptor)
            return
        }
        freeCount -= 1
        let index = Int(freePlaces[freeCount])
        let old = connections[index]
        connections[index] = UringConnection()
        connections[index].descriptor = descriptor
        connections[index].isQueued = old.isQueued
        connections[index].generation = (old.generation &+ 1) & 0xFF_FFFF
        connections[index].phase = .open
        counters.accepted &+= 1
        push(.accepted, index)
        attend(index)
    }

    mutating func stopAccepting() {
        isAccepting = false
        hasChores = true
    }
}
