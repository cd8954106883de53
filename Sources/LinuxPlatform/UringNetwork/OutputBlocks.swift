/// Blocks of output from one reservation; the last one freed is the next one used, so that only as many
/// as were ever used at once are resident.
struct OutputBlocks {
    struct Block {
        var next: Int32 = -1
        /// First byte not sent, end of what was given to the kernel, end of what is committed.
        var start: Int32 = 0
        var submitted: Int32 = 0
        var end: Int32 = 0
        /// When the first byte not given to the kernel was committed, in nanoseconds.
        var since = OutputBlocks.untried
    }

    /// The time of what was committed since the last try to send.
    static var untried: UInt64 { 0 }

    let blockLength: Int
    let capacity: Int
    private let memory: Reservation
    private let table: Reservation
    private let blocks: UnsafeMutablePointer<Block>
    private var freeHead: Int32 = -1
    private var usedOnceCount = 0

    init(blockLength: Int, capacity: Int) throws(SystemError) {
        self.blockLength = blockLength
        self.capacity = capacity
        memory = try Reservation(count: blockLength * capacity, for: "output")
        do throws(SystemError) {
            table = try Reservation(count: capacity * MemoryLayout<Block>.stride, for: "output")
        } catch {
            memory.free()
            throw error
        }
        blocks = table.base.bindMemory(to: Block.self, capacity: capacity)
    }

    func free() {
        memory.free()
        table.free()
    }

    subscript(index: Int32) -> Block {
        unsafeAddress { UnsafePointer(blocks + Int(index)) }
        nonmutating unsafeMutableAddress { blocks + Int(index) }
    }

    func bytes(_ index: Int32) -> UnsafeMutableRawPointer {
        memory.base + Int(index) &* blockLength
    }

    /// An empty block, or nil when all are in use.
    mutating func take() -> Int32? {
        let index: Int32
        if freeHead >= 0 {
            index = freeHead
            freeHead = self[index].next
        } else {
            guard usedOnceCount < capacity else { return nil }
            index = Int32(truncatingIfNeeded: usedOnceCount)
            usedOnceCount += 1
        }
        self[index] = Block()
        return index
    }

    mutating func give(_ index: Int32) {
        self[index].next = freeHead
        freeHead = index
    }
}
