import CLinux
import Glibc

// Connections arrive by one standing accept, which puts them into free places of the descriptor table.
extension UringCore {
    mutating func armAccept() {
        acceptIsArmed = true
        let sqe = nextSubmission()
        io_uring_prep_multishot_accept_direct(sqe, listener, nil, nil, 0)
        sqe.pointee.user_data = Self.userData(.accept)
    }

    mutating func acceptCompleted(_ result: Int32, _ flags: UInt32) {
        if flags & IORING_CQE_F_MORE == 0 {
            acceptIsArmed = false
            hasChores = true
        }
        if result >= 0 {
            connectionArrived(Int(result))
        } else if result == -ENFILE && openCount >= connectionCapacity {
            // The table is full: the kernel has closed the connection, and the accept goes on.
            counters.refused &+= 1
        } else if result != -ECANCELED && result != -ECONNABORTED && result != -EINTR {
            // The system is short of something. Trying again at once would spin.
            acceptIsPaused = true
            wantTimer()
        }
    }

    private mutating func connectionArrived(_ index: Int) {
        let old = connections[index]
        // Still closing: the completion of the close is behind us in the queue, and is void by then.
        precondition(
            old.phase == .free || old.phase == .closing, "the kernel uses free places only")
        if old.phase == .free { openCount += 1 }
        connections[index] = UringConnection()
        connections[index].isQueued = old.isQueued
        connections[index].generation = (old.generation &+ 1) & 0xFF_FFFF
        counters.accepted &+= 1
        if isAccepting {
            connections[index].phase = .open
            push(.accepted, index)
        } else {
            // Came between `stopAccepting` and its effect: nobody hears of it.
            connections[index].phase = .finished
            connections[index].closedIsTaken = true
        }
        attend(index)
    }

    mutating func stopAccepting() {
        isAccepting = false
        hasChores = true
    }
}
