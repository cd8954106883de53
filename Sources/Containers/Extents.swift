// Where containers keep what is in them, for tools that ask whose memory an address is.

extension FixedPool {
    public var extent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: records, count: capacity))
    }

    public var freeStackExtent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: freeStack, count: capacity))
    }
}

extension FixedTable {
    public var extent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: rows, count: count * MemoryLayout<Row>.stride)
    }
}

extension LinkedLists {
    /// Of the members, with their links in lists of another kind.
    public var memberExtent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: links, count: 2 * indexCount))
    }

    public var anchorExtent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            UnsafeBufferPointer(start: links + Int(firstAnchor), count: listCount))
    }
}

extension OpenAddressingTable {
    public var extent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            UnsafeBufferPointer(start: memory, count: 2 * bucketsMax - bucketsMin))
    }
}
