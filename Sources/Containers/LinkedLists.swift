/// Many lists over one range of indices, each index in one list at most: orders of a price level,
/// orders of a session.
///
/// The lists are circular and each has an anchor in the same table of links, behind those of the
/// indices. So neither end is a special case: to append and to remove is a handful of stores without
/// a branch, which on a busy book nobody could predict. Eight links share a cache line.
///
/// One thread uses the lists.
@frozen
public struct LinkedLists: ~Copyable, @unchecked Sendable {
    @frozen
    @usableFromInline
    struct Link: BitwiseCopyable {
        @usableFromInline var next: Int32
        @usableFromInline var previous: Int32

        /// A list without members, or a member of no list.
        @inlinable init(alone index: Int32) {
            next = index
            previous = index
        }
    }

    @usableFromInline let links: UnsafeMutablePointer<Link>
    public let indexCount: Int
    public let listCount: Int

    public init(indexCount: Int, listCount: Int) {
        precondition(
            indexCount > 0 && listCount > 0 && indexCount + listCount <= Int(Int32.max),
            "links are numbered with 31 bits")
        self.indexCount = indexCount
        self.listCount = listCount
        let count = indexCount + listCount
        let memory = ReservedMemory.allocate(byteCount: count * MemoryLayout<Link>.stride)
        links = memory.bindMemory(to: Link.self, capacity: count)
        for index in 0..<count { (links + index).initialize(to: Link(alone: Int32(index))) }
    }

    deinit { UnsafeMutableRawPointer(links).deallocate() }
}

extension LinkedLists {
    /// Puts an index that is in no list behind all members of a list.
    @inlinable @inline(__always)
    public func append(_ index: Int32, to list: Int) {
        precondition(contains(index), "the index is outside the range")
        let anchor = anchor(of: list)
        let last = links[Int(anchor)].previous
        links[Int(index)].next = anchor
        links[Int(index)].previous = last
        links[Int(last)].next = index
        links[Int(anchor)].previous = index
    }

    /// Takes an index out of its list; tells whether that was its only member.
    @inlinable @inline(__always)
    public func remove(_ index: Int32) -> Bool {
        precondition(contains(index), "the index is outside the range")
        let link = links[Int(index)]
        links[Int(link.previous)].next = link.next
        links[Int(link.next)].previous = link.previous
        // What stands on both sides of the only member is the anchor.
        return link.next == link.previous
    }

    /// The first member of a list, or `noIndex`.
    @inlinable @inline(__always)
    public func first(of list: Int) -> Int32 { member(links[Int(anchor(of: list))].next) }

    /// The last member of a list, or `noIndex`.
    @inlinable @inline(__always)
    public func last(of list: Int) -> Int32 { member(links[Int(anchor(of: list))].previous) }

    /// The member behind this one, or `noIndex`.
    @inlinable @inline(__always)
    public func next(after index: Int32) -> Int32 {
        precondition(contains(index), "the index is outside the range")
        return member(links[Int(index)].next)
    }

    /// Visits the members of a list, first to last.
    @inlinable
    public func forEach(in list: Int, _ body: (Int32) throws -> Void) rethrows {
        var index = first(of: list)
        while index >= 0 {
            try body(index)
            index = next(after: index)
        }
    }

    /// Audits one list in O(its members): links agree in both directions.
    public func checkInvariants(_ list: Int) {
        var previous = anchor(of: list)
        var steps = 0
        while true {
            let next = links[Int(previous)].next
            precondition(links[Int(next)].previous == previous, "a list's links disagree")
            if next == anchor(of: list) { return }
            precondition(contains(next), "a list runs into another")
            steps += 1
            precondition(steps <= indexCount, "a list does not come back to its anchor")
            previous = next
        }
    }

    @inlinable @inline(__always)
    func anchor(of list: Int) -> Int32 {
        precondition(
            UInt(bitPattern: list) < UInt(bitPattern: listCount), "there is no such list")
        return Int32(truncatingIfNeeded: indexCount &+ list)
    }

    @inlinable @inline(__always)
    func contains(_ index: Int32) -> Bool {
        UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: indexCount)
    }

    @inlinable @inline(__always)
    func member(_ link: Int32) -> Int32 { contains(link) ? link : noIndex }
}
