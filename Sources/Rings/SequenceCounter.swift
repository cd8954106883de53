import Synchronization

/// A position that one thread advances and others read, on a cache line of its own.
///
/// Whoever sees a value sees everything its writer did before publishing it. The copies of this
/// handle name the same counter; one of them writes.
@frozen
public struct SequenceCounter: @unchecked Sendable {
    @usableFromInline let word: Cursor
    @usableFromInline let owner: AnyObject?

    /// Makes a counter in memory of its own.
    public init(_ initial: UInt64 = 0) {
        let memory = OwnedMemory(byteCount: cursorLineBytes)
        self.init(word: memory.bytes.baseAddress!.atomicWord(at: 0), owner: memory)
        word.initialize(to: Atomic(initial))
    }

    /// Makes a counter in memory of the caller, 8-byte aligned, on a line where nobody else writes.
    public init(at place: UnsafeMutableRawPointer, initial: UInt64, owner: AnyObject?) {
        self.init(
            word: place.bindMemory(to: Atomic<UInt64>.self, capacity: 1), owner: owner)
        word.initialize(to: Atomic(initial))
    }

    @usableFromInline
    init(word: Cursor, owner: AnyObject?) {
        self.word = word
        self.owner = owner
    }

    /// Acquire: pairs with the release store in `publish`.
    @inlinable public var value: UInt64 { word.pointee.load(ordering: .acquiring) }

    /// Release: pairs with the acquire load in `value`.
    @inlinable
    public func publish(_ value: UInt64) { word.pointee.store(value, ordering: .releasing) }
}
