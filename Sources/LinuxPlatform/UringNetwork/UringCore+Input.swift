import CLinux
import Glibc

// Input: a small buffer of one's own first, two large ones filled by a standing receive later.
extension UringCore {
    // MARK: The gateway's side

    func unread(_ index: Int) -> UnsafeRawBufferPointer {
        let connection = connections[index]
        if connection.ignoresInput || connection.phase == .free {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(
            start: inputPlace(index, connection.readPosition),
            count: connection.writePosition &- connection.readPosition)
    }

    mutating func consume(_ index: Int, _ count: Int) {
        let connection = connections[index]
        precondition(
            count >= 0 && count <= connection.writePosition &- connection.readPosition,
            "no more is consumed than is unread")
        connections[index].readPosition &+= count
        if connection.group < 0 {
            // Room comes with the next receive, which waits for it only when the buffer was full.
            if !connection.isReceiving { attend(index) }
        } else if groups.isIncremental {
            provideBuffers(index)
        } else if !connection.isReceiving {
            attend(index)
        }
    }

    mutating func promote(_ index: Int) {
        guard connections[index].phase == .open, connections[index].group < 0 else { return }
        connections[index].wantsPromotion = true
        attend(index)
    }

    // MARK: Receives

    /// Has a receive under way wherever there is room for what it brings.
    mutating func serveInput(_ index: Int) {
        if connections[index].wantsPromotion {
            if connections[index].isReceiving {
                cancelReceive(index)
                return
            }
            move(index)
        }
        if connections[index].isReceiving || connections[index].peerHasEnded { return }
        if connections[index].group < 0 {
            receiveIntoPrivateBuffer(index)
        } else if groups.isIncremental {
            receiveIntoProvidedBuffers(index)
        } else {
            receiveIntoWindow(index)
        }
    }

    mutating func receiveCompleted(_ index: Int, _ result: Int32, _ flags: UInt32) {
        let isMore = flags & IORING_CQE_F_MORE != 0
        connections[index].isReceiving = isMore
        if result > 0 {
            let start = connections[index].writePosition
            connections[index].writePosition = start &+ Int(result)
            reader.note(index)
            if connections[index].group >= 0 && groups.isIncremental {
                checkPlacement(index, start: start, flags)
            }
            inputArrived(index)
        } else if result == 0 {
            peerEnded(index)
        } else if result == -ENOBUFS {
            // Both buffers are full: the bound of unread input. `consume` goes on from here.
            counters.starved &+= 1
        } else if result != -ECANCELED && result != -EAGAIN && result != -EINTR {
            connectionBroke(index)
        }
        if !isMore {
            attend(index)
            operationEnded(index)
        }
    }

    private mutating func inputArrived(_ index: Int) {
        if connections[index].ignoresInput {
            consume(index, connections[index].writePosition &- connections[index].readPosition)
        } else if !connections[index].receivedIsPending && connections[index].phase == .open {
            connections[index].receivedIsPending = true
            push(.received, index)
        }
    }

    /// Throws away what is unread, and what is still to come.
    mutating func ignoreInput(_ index: Int) {
        if connections[index].ignoresInput { return }
        consume(index, connections[index].writePosition &- connections[index].readPosition)
        connections[index].ignoresInput = true
    }

    private func inputPlace(_ index: Int, _ position: Int) -> UnsafeMutableRawPointer {
        let group = connections[index].group
        return group < 0
            ? privateBuffers.base + index &* privateLength + position
            : groups.place(group, position)
    }

    // MARK: The small buffer

    private mutating func receiveIntoPrivateBuffer(_ index: Int) {
        let base = privateBuffers.base + index &* privateLength
        let start = connections[index].readPosition
        let end = connections[index].writePosition
        if start == end {
            connections[index].readPosition = 0
            connections[index].writePosition = 0
        } else if end == privateLength && start > 0 {
            memmove(base, base + start, end - start)
            connections[index].readPosition = 0
            connections[index].writePosition = end - start
        }
        let position = connections[index].writePosition
        if position < privateLength {
            receive(index, into: base + position, privateLength - position)
        }
    }

    private mutating func receive(_ index: Int, into place: UnsafeMutableRawPointer, _ count: Int) {
        let sqe = nextSubmission()
        io_uring_prep_recv(sqe, connections[index].descriptor, place, count, 0)
        finishSubmission(sqe, .receive, index)
        connections[index].isReceiving = true
    }

    // MARK: Promotion

    /// Ends the receive into the small buffer, so that no byte can arrive in two places at once.
    private mutating func cancelReceive(_ index: Int) {
        if connections[index].promotionCancelIsSent { return }
        connections[index].promotionCancelIsSent = true
        let sqe = nextSubmission()
        io_uring_prep_cancel64(sqe, userData(.receive, index), 0)
        sqe.pointee.user_data = userData(.auxiliary, index)
        connections[index].operationCount &+= 1
    }

    /// Gives the connection its large buffers; what is unread in the small one becomes their start.
    private mutating func move(_ index: Int) {
        connections[index].wantsPromotion = false
        guard let group = groups.take(ring) else {
            counters.promotionsRefused &+= 1
            return
        }
        let start = connections[index].readPosition
        let count = connections[index].writePosition &- start
        memcpy(groups.base(group), privateBuffers.base + index &* privateLength + start, count)
        connections[index].group = group
        connections[index].readPosition = 0
        connections[index].writePosition = count
        guard groups.isIncremental else { return }
        let length = groups.bufferLength
        let ringMemory = groups.ringMemory(group)
        let base = groups.base(group)
        clinux_buffer_ring_put(
            ringMemory, 0, 1, base + count, UInt32(truncatingIfNeeded: length - count), 0)
        clinux_buffer_ring_put(
            ringMemory, 1, 1, base + length, UInt32(truncatingIfNeeded: length), 1)
        clinux_buffer_ring_publish(ringMemory, 2)
        connections[index].bufferTail = 2
        connections[index].providedPosition = 2 * length
    }

    // MARK: The large buffers

    /// Gives the kernel each buffer again whose bytes are all consumed.
    private mutating func provideBuffers(_ index: Int) {
        let length = groups.bufferLength
        let read = connections[index].readPosition
        var provided = connections[index].providedPosition
        if read < provided &- length { return }
        let group = connections[index].group
        let ringMemory = groups.ringMemory(group)
        var tail = connections[index].bufferTail
        while read >= provided &- length {
            clinux_buffer_ring_put(
                ringMemory, tail, 1, groups.place(group, provided),
                UInt32(truncatingIfNeeded: length),
                UInt16(truncatingIfNeeded: provided / length & 1))
            tail &+= 1
            provided &+= length
        }
        clinux_buffer_ring_publish(ringMemory, tail)
        connections[index].bufferTail = tail
        connections[index].providedPosition = provided
        if !connections[index].isReceiving { attend(index) }
    }

    private mutating func receiveIntoProvidedBuffers(_ index: Int) {
        // Both are full: armed now, it would end at once.
        if connections[index].providedPosition == connections[index].writePosition { return }
        let sqe = nextSubmission()
        io_uring_prep_recv_multishot(sqe, connections[index].descriptor, nil, 0, 0)
        finishSubmission(
            sqe, .receive, index, flags: UInt8(CLINUX_IOSQE_BUFFER_SELECT))
        sqe.pointee.buf_group = UInt16(truncatingIfNeeded: connections[index].group)
        connections[index].isReceiving = true
    }

    /// The kernel says which buffer it filled, and whether it is through with it. Both must agree
    /// with our count, or bytes would be read from where they are not.
    private mutating func checkPlacement(_ index: Int, start: Int, _ flags: UInt32) {
        let length = groups.bufferLength
        let end = connections[index].writePosition
        let buffer = Int(flags >> UInt32(IORING_CQE_BUFFER_SHIFT))
        let isUsedUp = flags & UInt32(CLINUX_IORING_CQE_F_BUF_MORE) == 0
        precondition(
            flags & IORING_CQE_F_BUFFER != 0 && buffer == start / length & 1
                && isUsedUp == (end & (length - 1) == 0),
            "the kernel fills the buffers in turn and to their ends")
    }

    // MARK: Ahead of the ring

    /// Reads at once what came for the connection that all of the last arrivals were for, and leaves the
    /// ring to the next `poll`, when the answer is on its way. Returns whether there was something.
    ///
    /// The kernel moves bytes for a standing receive when the ring is entered and not before, so that these
    /// are the next in the stream. They go where it would have put them, and its place moves on behind them.
    ///
    /// Only after a `poll` that brought nothing: nobody else can have been waiting for longer than a turn, and
    /// the ring is entered between two such reads.
    mutating func readAhead() -> Bool {
        guard isReadingAhead, reader.isLikely else { return false }
        let index = reader.index
        guard connections[index].phase == .open, connections[index].group >= 0,
            connections[index].isReceiving,
            connections[index].writePosition != connections[index].providedPosition
        else { return false }
        let length = groups.bufferLength
        let position = connections[index].writePosition
        let room = length &- (position & (length &- 1))
        let place = groups.place(connections[index].group, position)
        let entry = groups.entry(connections[index].group, position)
        // Not where ours is: something that the kernel has received is still to be reaped.
        guard entry.pointee.addr == UInt64(UInt(bitPattern: place)),
            entry.pointee.len == UInt32(truncatingIfNeeded: room), room > 1
        else { return false }
        counters.reads &+= 1
        // The last byte is the kernel's, which goes to the next buffer with it.
        let count = recv(connections[index].descriptor, place, room &- 1, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            // An end or an error is told by the standing receive too, but for an error that was taken here.
            if count < 0 && errno != EAGAIN && errno != EINTR { connectionBroke(index) }
            reader.forget()
            return false
        }
        entry.pointee.addr &+= UInt64(count)
        entry.pointee.len &-= UInt32(truncatingIfNeeded: count)
        connections[index].writePosition = position &+ count
        inputArrived(index)
        return true
    }

    /// Without incremental buffers: one receive at a time, into whatever is free.
    private mutating func receiveIntoWindow(_ index: Int) {
        let unread = connections[index].writePosition &- connections[index].readPosition
        let room = groups.windowLength &- unread
        if room > 0 {
            receive(
                index,
                into: groups.place(connections[index].group, connections[index].writePosition), room
            )
        }
    }
}
