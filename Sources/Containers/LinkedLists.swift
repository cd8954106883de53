import CMemory

/// Many lists over one range of indices, each index in one list at most: orders of a price level,
/// orders of a session.
///
/// The lists are circular and each has an anchor in the same table of links, behind those of the
/// indices. So neither end is a special case: to append and to remove is a handful of stores without
/// a branch, which on a busy book nobody could predict.
///
/// An index has two links side by side, the second for lists of another kind (`init(beside:)`): who
/// takes an order out of one mostly takes it out of the other too, and finds both in one cache line. Four
/// indices share one.
///
/// One thread uses the lists.
@frozen
public struct LinkedLists: ~Copyable, @unchecked Sendable {
    @frozen
    @usableFromInline
    struct Link: BitwiseCopyable {
        @usableFromInline var next: UInt32
        @usableFromInline var previous: UInt32

        /// A list without members, or a member of no list.
        @inlinable init(alone index: UInt32) {
            next = index
            previous = index
        }
    }

    /// The links of the indices, two for each, then the anchors of all lists.
    @usableFromInline let links: UnsafeMutablePointer<Link>
    /// Which of the two links of an index is meant.
    @usableFromInline let track: UInt32
    /// Where the anchors of these lists begin.
    @usableFromInline let firstAnchor: UInt32
    private let ownsLinks: Bool
    private let otherLists: Int
    public let indexCount: Int
    public let listCount: Int

    /// Keeps room for `otherLists` lists made by `init(beside:)`.
    public init(indexCount: Int, listCount: Int, otherLists: Int = 0) {
        let count = 2 * indexCount + listCount + otherLists
        precondition(
            indexCount > 0 && listCount > 0 && count <= Int(Int32.max),
            "links are numbered with 31 bits")
        self.indexCount = indexCount
        self.listCount = listCount
        self.otherLists = otherLists
        track = 0
        firstAnchor = UInt32(2 * indexCount)
        ownsLinks = true
        let memory = ReservedMemory.allocate(byteCount: count * MemoryLayout<Link>.stride)
        links = memory.bindMemory(to: Link.self, capacity: count)
        for link in 0..<count { (links + link).initialize(to: Link(alone: UInt32(link))) }
    }

    /// Lists of another kind over the same indices. They live no longer than `other`, which has the
    /// memory, and of which there is one beside it at most.
    public init(beside other: borrowing LinkedLists, listCount: Int) {
        precondition(listCount <= other.otherLists, "room for these lists was kept")
        indexCount = other.indexCount
        otherLists = 0
        self.listCount = listCount
        track = 1
        firstAnchor = other.firstAnchor + UInt32(other.listCount)
        ownsLinks = false
        links = other.links
    }

    deinit { if ownsLinks { UnsafeMutableRawPointer(links).deallocate() } }
}

extension LinkedLists {
    /// Puts an index that is in no list behind all members of a list.
    @inlinable @inline(__always)
    public func append(_ index: Int32, to list: Int) {
        precondition(contains(index), "the index is outside the range")
        let anchor = anchor(of: list)
        let own = link(of: index)
        let last = links[Int(anchor)].previous
        links[Int(own)].next = anchor
        links[Int(own)].previous = last
        links[Int(last)].next = own
        links[Int(anchor)].previous = own
    }

    /// Takes an index out of its list; tells whether that was its only member.
    @inlinable @inline(__always)
    public func remove(_ index: Int32) -> Bool {
        precondition(contains(index), "the index is outside the range")
        let link = links[Int(link(of: index))]
        links[Int(link.previous)].next = link.next
        links[Int(link.next)].previous = link.previous
        // What stands on both sides of the only member is the anchor.
        return link.next == link.previous
    }

    /// Has an index's links at hand; any index may be given.
    @inlinable @inline(__always)
    public func prefetch(_ index: Int32) {
        guard contains(index) else { return }
        cmemory_prefetch(links + Int(link(of: index)))
    }

    /// Has the links of those beside an index at hand; any index may be given.
    @inlinable @inline(__always)
    public func prefetchNeighbours(of index: Int32) {
        guard contains(index) else { return }
        let link = links[Int(link(of: index))]
        cmemory_prefetch(links + Int(link.next))
        cmemory_prefetch(links + Int(link.previous))
    }

    /// Has the links of a list's last member at hand.
    @inlinable @inline(__always)
    public func prefetchLast(of list: Int) {
        cmemory_prefetch(links + Int(links[Int(anchor(of: list))].previous))
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
        return member(links[Int(link(of: index))].next)
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
            precondition(
                member(next) >= 0 && link(of: member(next)) == next, "a list runs into another")
            steps += 1
            precondition(steps <= indexCount, "a list does not come back to its anchor")
            previous = next
        }
    }

    @inlinable @inline(__always)
    func anchor(of list: Int) -> UInt32 {
        precondition(
            UInt(bitPattern: list) < UInt(bitPattern: listCount), "there is no such list")
        return firstAnchor &+ UInt32(truncatingIfNeeded: list)
    }

    @inlinable @inline(__always)
    func contains(_ index: Int32) -> Bool {
        UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: indexCount)
    }

    @inlinable @inline(__always)
    func link(of index: Int32) -> UInt32 { UInt32(bitPattern: index) &<< 1 | track }

    @inlinable @inline(__always)
    func member(_ link: UInt32) -> Int32 {
        let index = Int32(bitPattern: link &>> 1)
        return contains(index) ? index : noIndex
    }
}
