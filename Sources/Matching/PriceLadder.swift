import Containers
import Domain

/// Where a price stands on one side of a book: 0 is the best price there could be.
///
/// Asks count up from the lowest price, bids down from the highest, so that on both sides the best
/// level is the one with the lowest key, and one piece of code serves both.
@frozen public struct LevelKey: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var raw: UInt64
    @inlinable public init(raw: UInt64) { self.raw = raw }

    /// Ticks lie in -2⁴¹ ..< 2⁴¹, which makes 42-bit keys: seven digits of six bits.
    @inlinable public static var tickLimit: Int64 { 1 << 41 }
    @inlinable static var keyMax: UInt64 { (1 << 42) - 1 }

    /// Worse than every level: what an empty side has for its best.
    @inlinable public static var none: LevelKey { LevelKey(raw: .max &>> PagedKey.pageBits) }
    /// A limit that every level satisfies.
    @inlinable public static var worst: LevelKey { LevelKey(raw: keyMax) }

    /// The key of a price of `tick` steps, which must lie within the limit.
    @inlinable public init(tick: Int64, side: Side) {
        let up = UInt64(bitPattern: tick &+ Self.tickLimit)
        raw = side == .sell ? up : Self.keyMax &- up
    }

    /// The same price seen from the other side.
    @inlinable public var mirrored: LevelKey { LevelKey(raw: Self.keyMax &- raw) }

    @inlinable public func tick(on side: Side) -> Int64 {
        let up = side == .sell ? raw : Self.keyMax &- raw
        return Int64(bitPattern: up) &- Self.tickLimit
    }

    @inlinable public static func < (a: LevelKey, b: LevelKey) -> Bool { a.raw < b.raw }

    @inlinable var pageKey: UInt64 { raw &>> 6 }
    @inlinable var slot: Int { Int(raw & 63) }
}

/// A key and the page on which it is found, in one word that sorts by key: so the better of two is
/// one comparison, and takes its place along.
@frozen @usableFromInline struct PagedKey: BitwiseCopyable, Sendable {
    @usableFromInline let raw: UInt64

    /// 2 million pages; 43 bits are left for keys, so that "none" is worse than all of them.
    @inlinable static var pageBits: UInt64 { 21 }
    @inlinable static var none: PagedKey { PagedKey(raw: .max) }

    @inlinable init(raw: UInt64) { self.raw = raw }

    @inlinable @inline(__always) init(_ key: UInt64, page: Int32) {
        raw = key &<< Self.pageBits | UInt64(UInt32(bitPattern: page))
    }

    @inlinable var key: UInt64 { raw &>> Self.pageBits }
    /// All ones when there is none.
    @inlinable var page: Int32 {
        Int32(truncatingIfNeeded: raw & ((1 &<< Self.pageBits) &- 1))
    }
    /// The level, of a level's key.
    @inlinable var level: Int32 {
        PriceLadders.level(page, Int(truncatingIfNeeded: key & 63))
    }
}

/// The orders at one price, as audits and tests see them.
public struct PriceLevel: Equatable, Sendable {
    /// Which of all levels it is.
    public var index: Int32
    /// The order that trades next.
    public var first: Int32
}

/// Sixty-four neighbouring price levels: which of them have orders, and where they hang in the trie.
/// The levels themselves lie in one array: those of page p from 64·p on.
@frozen public struct LevelPage: BitwiseCopyable, Sendable {
    /// Bit per level that has orders.
    @usableFromInline var occupied: UInt64 = 0
    @usableFromInline var pageKey: UInt64 = 0
    /// Trie node above; -1 at the root.
    @usableFromInline var parent: Int32 = -1
    /// The side whose page it is.
    @usableFromInline var ladder: Int32 = -1
    @usableFromInline var reserved: UInt64 = 0

    @inlinable init() {}
}

/// An inner node of the trie over pages: a digit of six bits.
@frozen public struct LadderNode: BitwiseCopyable, Sendable {
    @usableFromInline var occupied: UInt64 = 0
    /// The digits above and including this node's own place.
    @usableFromInline var prefix: UInt64 = 0
    @usableFromInline var parent: Int32 = -1
    /// 1 when the children are pages.
    @usableFromInline var height: Int32 = 1
    @usableFromInline var reserved: InlineArray<10, UInt32> = .init(repeating: 0)
    @usableFromInline var children: InlineArray<64, Int32> = .init(repeating: -1)

    @inlinable init() {}
}

/// One side of one book: the root of its trie and its touch.
@frozen public struct PriceLadder: BitwiseCopyable, Sendable {
    /// A page when `height` is 0, else a node; -1 when the side is empty.
    @usableFromInline var root: Int32 = -1
    @usableFromInline var height: Int32 = 0
    /// What all page keys of this side have in common above the root's digits.
    @usableFromInline var rootPrefix: UInt64 = 0
    /// The best level.
    @usableFromInline var best = PagedKey.none
    /// The page last looked up of every eighth, or -1: orders come and go in clusters.
    @usableFromInline var recentPages = InlineArray<8, Int32>(repeating: -1)
    /// Makes it a cache line.
    @usableFromInline var reserved: UInt64 = 0

    @inlinable init() {}
}

/// The price levels of all books.
///
/// A side is a trie of six-bit digits over pages of 64 levels, just high enough for the prices in it:
/// a book within 64 ticks is one page, one within 4,096 is a node above pages. The best level is
/// cached, its successor is found by counting trailing zeros upwards and down again. Pages and nodes
/// come from pools and go back when they empty, so memory follows the number of occupied price
/// regions, never the distance between prices.
///
/// One thread uses it.
@frozen public struct PriceLadders: ~Copyable {
    @usableFromInline var pages: FixedPool<LevelPage>
    /// The orders of each level, first in time first.
    @usableFromInline let queues: LinkedLists
    @usableFromInline var nodes: FixedPool<LadderNode>
    @usableFromInline var ladders: FixedPool<PriceLadder>
    /// True when a new price is certain to find room without looking for its page.
    public private(set) var hasRoom = true

    /// Growing a trie to its full height and adding a path down takes no more nodes than this.
    @inlinable static var nodesPerInsertMax: Int { 12 }

    /// `sides` ladders share `pageCapacity` pages of 64 levels for orders 0 ..< `orderCapacity`, beside whose
    /// links there is room for those in `otherLists` lists.
    public init(sides: Int, orderCapacity: Int, pageCapacity: Int, otherLists: Int = 0) {
        precondition(pageCapacity < 1 << PagedKey.pageBits, "pages are numbered with 21 bits")
        pages = FixedPool(capacity: pageCapacity)
        queues = LinkedLists(
            indexCount: orderCapacity, listCount: pageCapacity * 64, otherLists: otherLists)
        nodes = FixedPool(capacity: pageCapacity * 2 + 1024)
        ladders = FixedPool(capacity: sides)
        for _ in 0..<sides { ladders[ladders.allocate()] = PriceLadder() }
        updateRoom()
    }

    @inlinable @inline(__always)
    public func best(_ ladder: Int32) -> LevelKey { LevelKey(raw: ladders[ladder].best.key) }

    /// The order that trades next on this side, or -1.
    @inlinable @inline(__always)
    public func front(_ ladder: Int32) -> Int32 {
        let best = ladders[ladder].best
        return best.raw == PagedKey.none.raw ? -1 : queues.first(of: Int(best.level))
    }

    @inlinable @inline(__always)
    func prefetchLast(at key: LevelKey, _ ladder: Int32) {
        let recent = ladders[ladder].recentPages[Int(key.pageKey & 7)]
        guard isPage(recent, of: key.pageKey) else { return }
        queues.prefetchLast(of: Int(Self.level(recent, key.slot)))
    }

    /// Whether a page that was looked up on this side is the one looked for now.
    @inlinable @inline(__always)
    func isPage(_ page: Int32, of pageKey: UInt64) -> Bool {
        pages.contains(page) && pages[page].pageKey == pageKey
    }

    /// What is at a level that has orders.
    public func priceLevel(_ level: Int32) -> PriceLevel {
        PriceLevel(index: level, first: queues.first(of: Int(level)))
    }

    @inlinable @inline(__always)
    static func level(_ page: Int32, _ slot: Int) -> Int32 {
        page &<< 6 | Int32(truncatingIfNeeded: slot)
    }

    /// Pages in use, of `pageCapacity`.
    @inlinable public var pageCount: Int { pages.count }

    /// Pages or nodes came or went: looks whether there still is room for any new price.
    mutating func updateRoom() {
        hasRoom = !pages.isFull && nodes.capacity - nodes.count >= Self.nodesPerInsertMax
    }

    /// Whether an order can be placed at this price.
    public mutating func canPlace(_ key: LevelKey, on ladder: Int32) -> Bool {
        hasRoom || findPage(key.pageKey, ladder) >= 0
    }

    @usableFromInline mutating func findPage(_ pageKey: UInt64, _ ladder: Int32) -> Int32 {
        var height = ladders[ladder].height
        var index = ladders[ladder].root
        guard index >= 0,
            pageKey &>> UInt64(6 &* height) == ladders[ladder].rootPrefix
        else { return -1 }
        while height > 0, index >= 0 {
            height &-= 1
            index = nodes[index].children[Int((pageKey &>> UInt64(6 &* height)) & 63)]
        }
        return index
    }

    /// The page of this key, made when it is not there. The caller has asked `canPlace`.
    @inlinable @inline(__always)
    mutating func page(_ pageKey: UInt64, _ ladder: Int32) -> Int32 {
        let recent = ladders[ladder].recentPages[Int(pageKey & 7)]
        return isPage(recent, of: pageKey) ? recent : pageAfterLooking(pageKey, ladder)
    }

    @usableFromInline mutating func pageAfterLooking(_ pageKey: UInt64, _ ladder: Int32) -> Int32 {
        let found = findPage(pageKey, ladder)
        let page = found >= 0 ? found : insertPage(pageKey, ladder)
        ladders[ladder].recentPages[Int(pageKey & 7)] = page
        return page
    }

    @usableFromInline mutating func insertPage(_ pageKey: UInt64, _ ladder: Int32) -> Int32 {
        let page = pages.allocate()
        precondition(page >= 0, "canPlace promised a page")
        defer { updateRoom() }
        pages[page].occupied = 0
        pages[page].pageKey = pageKey
        pages[page].parent = -1
        pages[page].ladder = ladder
        guard ladders[ladder].root >= 0 else {
            ladders[ladder].root = page
            ladders[ladder].height = 0
            ladders[ladder].rootPrefix = pageKey
            return page
        }
        while pageKey &>> UInt64(6 &* ladders[ladder].height) != ladders[ladder].rootPrefix {
            raiseRoot(ladder)
        }
        var height = ladders[ladder].height
        var node = ladders[ladder].root
        while true {
            height &-= 1
            let digit = Int((pageKey &>> UInt64(6 &* height)) & 63)
            if height == 0 {
                nodes[node].children[digit] = page
                nodes[node].occupied |= 1 &<< UInt64(digit)
                pages[page].parent = node
                return page
            }
            var child = nodes[node].children[digit]
            if child < 0 {
                child = makeNode(
                    prefix: pageKey &>> UInt64(6 &* height), height: height, parent: node)
                nodes[node].children[digit] = child
                nodes[node].occupied |= 1 &<< UInt64(digit)
            }
            node = child
        }
    }

    @usableFromInline mutating func makeNode(
        prefix: UInt64, height: Int32, parent: Int32
    ) -> Int32 {
        let node = nodes.allocate()
        precondition(node >= 0, "canPlace promised nodes")
        nodes[node] = LadderNode()
        nodes[node].prefix = prefix
        nodes[node].height = height
        nodes[node].parent = parent
        return node
    }

    @usableFromInline mutating func raiseRoot(_ ladder: Int32) {
        let child = ladders[ladder].root
        let digit = Int(ladders[ladder].rootPrefix & 63)
        let height = ladders[ladder].height &+ 1
        let prefix = ladders[ladder].rootPrefix &>> 6
        let node = makeNode(prefix: prefix, height: height, parent: -1)
        nodes[node].children[digit] = child
        nodes[node].occupied = 1 &<< UInt64(digit)
        if height == 1 { pages[child].parent = node } else { nodes[child].parent = node }
        ladders[ladder].root = node
        ladders[ladder].height = height
        ladders[ladder].rootPrefix = prefix
    }

    /// A level lost its last order; whether it was the best of its page does not matter: that is always
    /// the lowest bit, as the level with the lowest key.
    @inlinable @inline(__always)
    mutating func vacate(_ level: Int32) {
        let page = level &>> 6
        let occupied = pages[page].occupied & ~(1 &<< UInt64(level & 63))
        pages[page].occupied = occupied
        let ladder = pages[page].ladder
        if occupied == 0 { return removePage(ladder, page: page) }
        if ladders[ladder].best.page == page { ladders[ladder].best = bestLevel(of: page) }
    }

    @inlinable @inline(__always)
    func bestLevel(of page: Int32) -> PagedKey {
        let slot = UInt64(truncatingIfNeeded: pages[page].occupied.trailingZeroBitCount)
        return PagedKey(pages[page].pageKey &<< 6 | slot, page: page)
    }

    @usableFromInline mutating func removePage(_ ladder: Int32, page: Int32) {
        let pageKey = pages[page].pageKey
        var digit = Int(pageKey & 63)
        var node = pages[page].parent
        let wasBest = ladders[ladder].best.page == page
        if ladders[ladder].recentPages[Int(pageKey & 7)] == page {
            ladders[ladder].recentPages[Int(pageKey & 7)] = -1
        }
        pages.free(page)
        defer { updateRoom() }
        while node >= 0 {
            nodes[node].children[digit] = -1
            nodes[node].occupied &= ~(1 &<< UInt64(digit))
            if nodes[node].occupied != 0 {
                if wasBest { descendToBest(ladder, from: node) }
                return
            }
            digit = Int(nodes[node].prefix & 63)
            let parent = nodes[node].parent
            nodes.free(node)
            node = parent
        }
        ladders[ladder] = PriceLadder()
    }

    /// The best page went; what is left of its subtree and everything after it is worse, so the
    /// lowest child of the lowest remaining ancestor is the new best.
    mutating func descendToBest(_ ladder: Int32, from start: Int32) {
        var index = start
        var height = nodes[start].height
        while height > 0 {
            index = nodes[index].children[nodes[index].occupied.trailingZeroBitCount]
            height &-= 1
        }
        ladders[ladder].best = bestLevel(of: index)
    }

    /// Visits the occupied levels of a side, best first.
    public func forEachLevel(
        _ ladder: Int32, _ body: (LevelKey, PriceLevel) throws -> Void
    ) rethrows {
        guard ladders[ladder].root >= 0 else { return }
        try visit(ladders[ladder].root, height: ladders[ladder].height, body)
    }

    private func visit(
        _ index: Int32, height: Int32, _ body: (LevelKey, PriceLevel) throws -> Void
    ) rethrows {
        var rest = height == 0 ? pages[index].occupied : nodes[index].occupied
        while rest != 0 {
            let digit = rest.trailingZeroBitCount
            rest &= rest &- 1
            if height == 0 {
                try body(
                    LevelKey(raw: pages[index].pageKey &<< 6 | UInt64(digit)),
                    priceLevel(Self.level(index, digit)))
            } else {
                try visit(nodes[index].children[digit], height: height - 1, body)
            }
        }
    }
}
