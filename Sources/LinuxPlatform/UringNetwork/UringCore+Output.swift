import CLinux
import Domain
import Glibc

// Output: blocks in order. What is committed leaves with the next `poll` by one call of `send`; the
// ring's send takes over when the socket has no room, one at a time a connection, and what is committed
// meanwhile leaves behind it.
extension UringCore {
    // MARK: The gateway's side

    mutating func outputSpace(_ index: Int, _ count: Int) -> UnsafeMutableRawPointer? {
        precondition(count > 0 && count <= frameLengthMax, "output comes in frames")
        let connection = connections[index]
        guard connection.phase == .open else { return nil }
        guard connection.unsentCount &+ count <= unsentBytesMax else {
            connections[index].lacksRoom = true
            return nil
        }
        var block = connection.tailBlock
        if block < 0 || Int(blocks[block].end) &+ count > blocks.blockLength {
            guard let fresh = blocks.take() else {
                connections[index].lacksRoom = true
                return nil
            }
            if block < 0 {
                connections[index].headBlock = fresh
            } else {
                blocks[block].next = fresh
            }
            connections[index].tailBlock = fresh
            block = fresh
        }
        connections[index].spaceIsHandedOut = true
        return blocks.bytes(block) + Int(blocks[block].end)
    }

    mutating func commitOutput(_ index: Int, _ count: Int) {
        precondition(
            connections[index].spaceIsHandedOut || connections[index].phase != .open,
            "output is committed into the space that was given for it")
        connections[index].spaceIsHandedOut = false
        guard connections[index].phase == .open, count > 0 else { return }
        let block = connections[index].tailBlock
        precondition(
            count > 0 && Int(blocks[block].end) &+ count <= blocks.blockLength,
            "no more is committed than there was space for")
        if blocks[block].end == blocks[block].submitted {
            // What leaves at once needs no clock.
            blocks[block].since = connections[index].isSending ? now() : OutputBlocks.untried
        }
        blocks[block].end &+= Int32(truncatingIfNeeded: count)
        connections[index].unsentCount &+= count
        if !connections[index].isSending { attend(index) }
    }

    func unsentBytes(_ index: Int) -> Int {
        isDone(index) ? 0 : connections[index].unsentCount
    }

    func oldestUnsent(_ index: Int) -> Timestamp {
        if isDone(index) || connections[index].unsentCount == 0 { return .none }
        if connections[index].isSending {
            return Timestamp(nanos: connections[index].sendingSince)
        }
        var block = connections[index].headBlock
        while blocks[block].start == blocks[block].end { block = blocks[block].next }
        let since = blocks[block].since
        return since == OutputBlocks.untried ? clock.now() : Timestamp(nanos: since)
    }

    private func isDone(_ index: Int) -> Bool {
        switch connections[index].phase {
        case .open, .draining, .lingering: false
        case .free, .finished: true
        }
    }

    // MARK: Sends

    /// Sends what is committed, unless a send is under way.
    mutating func serveOutput(_ index: Int) {
        if connections[index].isSending || connections[index].unsentCount == 0 { return }
        sendAtOnce(index)
        if connections[index].unsentCount == 0 || connections[index].phase == .finished { return }
        noteWait(index)
        submitSend(index)
    }

    /// Hands the socket what it has room for.
    private mutating func sendAtOnce(_ index: Int) {
        let scratch = sendScratch + submissionCapacity
        let descriptor = connections[index].descriptor
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        counters.sends &+= 1
        let pieceCount = gather(index, into: scratch)
        let result: Int
        if pieceCount == 1 {
            let piece = scratch.pointee.pieces[0]
            result = send(descriptor, piece.iov_base, piece.iov_len, flags)
        } else {
            result = sendmsg(descriptor, Self.header(of: scratch, pieceCount), flags)
        }
        if result >= 0 {
            forgetSent(index, result)
            if connections[index].lacksRoom { announceRoom(index) }
        } else {
            let code = errno
            forgetSent(index, 0)
            if !Self.isPassing(code) { connectionBroke(index) }
        }
    }

    /// From here on it counts how long the output has waited.
    private mutating func noteWait(_ index: Int) {
        var block = connections[index].headBlock
        while block >= 0 {
            if blocks[block].since == OutputBlocks.untried { blocks[block].since = now() }
            block = blocks[block].next
        }
    }

    /// Leaves it to the ring to send as room comes.
    private mutating func submitSend(_ index: Int) {
        let sqe = nextSubmission()
        // Read by the kernel during the submission only, so a place per submission will do.
        let scratch = sendScratch + (sqe - ring.pointee.sq.sqes)
        let pieceCount = gather(index, into: scratch)
        let descriptor = connections[index].descriptor
        let flags = UInt32(MSG_NOSIGNAL) | UInt32(MSG_WAITALL)
        if pieceCount == 1 {
            let piece = scratch.pointee.pieces[0]
            io_uring_prep_send(
                sqe, descriptor, piece.iov_base, piece.iov_len, Int32(bitPattern: flags))
        } else {
            io_uring_prep_sendmsg(sqe, descriptor, Self.header(of: scratch, pieceCount), flags)
        }
        finishSubmission(sqe, .send, index)
        connections[index].isSending = true
    }

    /// Lists what is unsent, up to a few blocks. Returns how many pieces that is.
    private mutating func gather(
        _ index: Int, into scratch: UnsafeMutablePointer<SendScratch>
    ) -> Int {
        var pieceCount = 0
        var since: UInt64 = 0
        withUnsafeMutableBytes(of: &scratch.pointee.pieces) { memory in
            let pieces = memory.baseAddress!.assumingMemoryBound(to: iovec.self)
            var block = connections[index].headBlock
            while block >= 0 && pieceCount < SendScratch.pieceCountMax {
                let count = Int(blocks[block].end &- blocks[block].start)
                if count > 0 {
                    if pieceCount == 0 { since = blocks[block].since }
                    pieces[pieceCount] = iovec(
                        iov_base: blocks.bytes(block) + Int(blocks[block].start), iov_len: count)
                    pieceCount += 1
                    blocks[block].submitted = blocks[block].end
                }
                block = blocks[block].next
            }
        }
        connections[index].sendingSince = since
        return pieceCount
    }

    /// The message of so many pieces.
    private static func header(
        of scratch: UnsafeMutablePointer<SendScratch>, _ pieceCount: Int
    ) -> UnsafeMutablePointer<msghdr> {
        let pieces =
            UnsafeMutableRawPointer(scratch) + MemoryLayout<SendScratch>.offset(of: \.pieces)!
        scratch.pointee.header = msghdr()
        scratch.pointee.header.msg_iov = pieces.assumingMemoryBound(to: iovec.self)
        scratch.pointee.header.msg_iovlen = pieceCount
        return UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: msghdr.self)
    }

    /// Errors after which the same is tried again.
    private static func isPassing(_ code: Int32) -> Bool {
        code == EAGAIN || code == EINTR || code == ENOMEM || code == ENOBUFS
    }

    private mutating func announceRoom(_ index: Int) {
        connections[index].lacksRoom = false
        if connections[index].phase == .open && !connections[index].sentIsPending {
            connections[index].sentIsPending = true
            push(.sent, index)
        }
    }

    mutating func sendCompleted(_ index: Int, _ result: Int32) {
        connections[index].isSending = false
        connections[index].tickCount = 0
        if result >= 0 {
            forgetSent(index, Int(result))
            announceRoom(index)
            // More may have been committed, or the end of the connection waited for this.
            if connections[index].unsentCount > 0 || connections[index].phase != .open {
                attend(index)
            }
        } else if Self.isPassing(-result) {
            attend(index)
        } else {
            connectionBroke(index)
        }
        operationEnded(index)
    }

    /// Takes sent bytes off the front, and gives back the blocks that are empty by it.
    private mutating func forgetSent(_ index: Int, _ count: Int) {
        connections[index].unsentCount &-= count
        var left = count
        while true {
            let block = connections[index].headBlock
            if block < 0 { break }
            let part = min(left, Int(blocks[block].end &- blocks[block].start))
            blocks[block].start &+= Int32(truncatingIfNeeded: part)
            left &-= part
            if blocks[block].start != blocks[block].end {
                // A send cut short: what is left is as old as it was.
                if blocks[block].start < blocks[block].submitted {
                    blocks[block].since = connections[index].sendingSince
                    blocks[block].submitted = blocks[block].start
                }
                break
            }
            // The last block stays while a place in it is handed out.
            let isLast = block == connections[index].tailBlock
            if isLast && connections[index].spaceIsHandedOut { break }
            connections[index].headBlock = blocks[block].next
            if isLast { connections[index].tailBlock = -1 }
            blocks.give(block)
        }
    }

    /// Gives back all blocks. No send is under way.
    mutating func forgetOutput(_ index: Int) {
        var block = connections[index].headBlock
        while block >= 0 {
            let next = blocks[block].next
            blocks.give(block)
            block = next
        }
        connections[index].headBlock = -1
        connections[index].tailBlock = -1
        connections[index].unsentCount = 0
    }
}
