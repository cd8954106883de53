import CLinux
import Glibc

/// Asks the running kernel for what no version number promises.
enum UringProbe {
    /// Whether rings of buffers can be consumed incrementally; older kernels refuse flags they don't know.
    static func hasIncrementalBuffers(
        _ ring: UnsafeMutablePointer<io_uring>
    ) throws(SystemError) -> Bool {
        let page = try Reservation(count: 4096, for: "a probe")
        defer { page.free() }
        let result = clinux_register_buffer_ring(
            ring, page.base, 2, 0, UInt16(CLINUX_IOU_PBUF_RING_INC))
        if result == 0 { io_uring_unregister_buf_ring(ring, 0) }
        return result == 0
    }

    /// Whether the kernel keeps its place in an incremental buffer in the entry that we share with it, and
    /// nowhere else: whoever reads bytes past the ring moves it on there.
    ///
    /// Three bytes through a socket of its own: the ring reads the first, we the second, the ring the third.
    static func sharesItsPlaces() throws(SystemError) -> Bool {
        let memory = try Reservation(count: 2 * 4096, for: "a probe")
        defer { memory.free() }
        var ring = io_uring()
        var parameters = io_uring_params()
        parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
        guard UringSetup.open(&ring, submissions: 4, &parameters) == 0 else { return false }
        defer { UringSetup.close(&ring) }
        var ends: (Int32, Int32) = (-1, -1)
        let isMade = withUnsafeMutableBytes(of: &ends) {
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            return socketpair(AF_UNIX, type, 0, $0.baseAddress!.assumingMemoryBound(to: Int32.self))
        }
        guard isMade == 0 else { return false }
        defer {
            _ = close(ends.0)
            _ = close(ends.1)
        }
        let bytes = memory.base + 4096
        let length: UInt32 = 64
        guard
            clinux_register_buffer_ring(
                &ring, memory.base, 2, 0, UInt16(CLINUX_IOU_PBUF_RING_INC)) == 0
        else { return false }
        clinux_buffer_ring_put(memory.base, 0, 1, bytes, length, 0)
        clinux_buffer_ring_publish(memory.base, 1)
        let entry = memory.base.assumingMemoryBound(to: io_uring_buf.self)
        guard let sqe = io_uring_get_sqe(&ring) else { return false }
        io_uring_prep_recv_multishot(sqe, ends.0, nil, 0, 0)
        sqe.pointee.flags = UInt8(CLINUX_IOSQE_BUFFER_SELECT)

        func isAt(_ position: Int) -> Bool {
            entry.pointee.addr == UInt64(UInt(bitPattern: bytes + position))
                && entry.pointee.len == length - UInt32(position)
        }
        func ringReads(_ byte: UInt8) -> Bool {
            guard write(ends.1, [byte], 1) == 1 else { return false }
            var second = __kernel_timespec(tv_sec: 1, tv_nsec: 0)
            var completion: UnsafeMutablePointer<io_uring_cqe>?
            io_uring_submit_and_wait_timeout(&ring, &completion, 1, &second, nil)
            guard let completion, completion.pointee.res == 1 else { return false }
            io_uring_cq_advance(&ring, 1)
            return true
        }

        guard ringReads(1), isAt(1) else { return false }
        guard write(ends.1, [2], 1) == 1, recv(ends.0, bytes + 1, 1, Int32(MSG_DONTWAIT)) == 1
        else {
            return false
        }
        entry.pointee.addr += 1
        entry.pointee.len -= 1
        io_uring_submit_and_get_events(&ring)
        guard io_uring_cq_ready(&ring) == 0, ringReads(3), isAt(3) else { return false }
        return bytes.loadUnaligned(as: UInt8.self) == 1
            && bytes.loadUnaligned(fromByteOffset: 1, as: UInt8.self) == 2
            && bytes.loadUnaligned(fromByteOffset: 2, as: UInt8.self) == 3
    }
}
