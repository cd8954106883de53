import Containers
import Domain

// Books are rebuilt order by order, best first. Which page a price gets does not matter to anybody; how
// deep a side's trie has become does, as it takes nodes until the side is empty.
extension OrderBooks {
    /// How many digits of prices a side's trie tells apart above its pages: 0 to 6. It grows with the
    /// distance between prices and stays while the side has orders.
    public func depth(_ instrument: InstrumentIndex, _ side: Side) -> Int {
        Int(ladders.ladders[Self.ladder(instrument, side)].height)
    }

    /// Puts an order behind all others at its price, as when it came. False when there is no room,
    /// which a book that once held these orders had.
    public mutating func restore(_ order: Int32, at key: LevelKey) -> Bool {
        let ladder = Self.ladder(orders[order].instrument, orders[order].side)
        guard ladders.hasRoomExactly(for: key, on: ladder) else { return false }
        place(order, at: key, on: ladder)
        return true
    }

    /// Makes a side's trie as deep as it was. False when it is deeper already, empty, or there is no
    /// room.
    public mutating func deepen(
        _ instrument: InstrumentIndex, _ side: Side, to depth: Int
    ) -> Bool {
        let ladder = Self.ladder(instrument, side)
        guard depth <= PriceLadders.depthMax, depth >= self.depth(instrument, side),
            depth == 0 || ladders.front(ladder) >= 0
        else { return false }
        while self.depth(instrument, side) < depth {
            guard ladders.deepen(ladder) else { return false }
        }
        return true
    }
}

extension PriceLadders {
    /// Keys are seven digits; the last is the place on a page.
    static var depthMax: Int { 6 }

    /// Whether an order can be placed at this price with what is left, to the last page and node.
    func hasRoomExactly(for key: LevelKey, on ladder: Int32) -> Bool {
        let nodesNeeded = missingNodes(for: key.pageKey, on: ladder)
        guard let nodesNeeded else { return true }
        return !pages.isFull && nodesNeeded <= nodes.capacity - nodes.count
    }

    /// Nodes to be made before this page hangs in the trie; nil when the page is there.
    private func missingNodes(for pageKey: UInt64, on ladder: Int32) -> Int? {
        let side = ladders[ladder]
        guard side.root >= 0 else { return 0 }
        var height = side.height
        var prefix = side.rootPrefix
        while pageKey &>> UInt64(6 &* height) != prefix {
            height += 1
            prefix &>>= 6
        }
        // A path of its own from below the new root, and the new roots themselves.
        guard height == side.height else { return Int(height - side.height) + Int(height - 1) }
        var index = side.root
        while height > 0 {
            height -= 1
            index = nodes[index].children[Int((pageKey &>> UInt64(6 &* height)) & 63)]
            guard index >= 0 else { return Int(height) }
        }
        return nil
    }

    /// Puts a node above a side's root; false when there is none left.
    mutating func deepen(_ ladder: Int32) -> Bool {
        guard !nodes.isFull else { return false }
        raiseRoot(ladder)
        updateRoom()
        return true
    }
}
