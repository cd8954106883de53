/// A list in one piece of memory that doubles when it is full and never shrinks: no allocation once
/// it has been as long as it gets.
///
/// One thread uses a list.
@frozen
public struct GrowingList<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    /// Nil before the first element.
    @usableFromInline var elements: UnsafeMutablePointer<Element>?
    @usableFromInline var used: Int
    @usableFromInline var room: Int

    /// An empty list; takes memory now when a capacity is asked for.
    @inlinable
    public init(minimumCapacity: Int = 0) {
        elements = minimumCapacity > 0 ? .allocate(capacity: minimumCapacity) : nil
        used = 0
        room = max(0, minimumCapacity)
    }

    @inlinable
    deinit { elements?.deallocate() }
}

extension GrowingList {
    @inlinable public var count: Int { used }
    @inlinable public var isEmpty: Bool { used == 0 }
    /// Elements that fit before the list takes more memory.
    @inlinable public var capacity: Int { room }

    @inlinable
    public subscript(index: Int) -> Element {
        unsafeAddress { UnsafePointer(address(of: index)) }
        unsafeMutableAddress { address(of: index) }
    }

    @inlinable public var last: Element? { used == 0 ? nil : self[used &- 1] }

    @inlinable
    public mutating func append(_ element: Element) {
        if used == room { grow() }
        elements.unsafelyUnwrapped[used] = element
        used &+= 1
    }

    /// Puts an element before the one at `index`; `count` is behind the last.
    @inlinable
    public mutating func insert(_ element: Element, at index: Int) {
        precondition(index >= 0 && index <= used, "the index is outside the list")
        if used == room { grow() }
        let place = elements.unsafelyUnwrapped + index
        (place + 1).update(from: place, count: used &- index)
        place.pointee = element
        used &+= 1
    }

    @inlinable
    public mutating func remove(at index: Int) {
        let place = address(of: index)
        place.update(from: place + 1, count: used &- index &- 1)
        used &-= 1
    }

    /// Removes the first `count` elements.
    @inlinable
    public mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= used, "the list is shorter than that")
        guard count > 0, let elements else { return }
        elements.update(from: elements + count, count: used &- count)
        used &-= count
    }

    @inlinable
    public mutating func removeLast(_ count: Int = 1) {
        precondition(count >= 0 && count <= used, "the list is shorter than that")
        used &-= count
    }

    /// Forgets the elements and keeps the memory.
    @inlinable
    public mutating func removeAll() { used = 0 }

    @inlinable
    func address(of index: Int) -> UnsafeMutablePointer<Element> {
        precondition(
            UInt(bitPattern: index) < UInt(bitPattern: used), "the index is outside the list")
        return elements.unsafelyUnwrapped + index
    }

    @usableFromInline @inline(never)
    mutating func grow() {
        let larger = max(8, room * 2)
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        if let elements {
            memory.update(from: elements, count: used)
            elements.deallocate()
        }
        elements = memory
        room = larger
    }
}
