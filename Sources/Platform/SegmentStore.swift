/// Why a history cannot be kept or read; a sentence that names the place.
public struct SegmentError: Error, Equatable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// Pieces of memory of one size, numbered from 0, in which a history is written from end to end.
///
/// The real body maps files, which survive the process that writes them; a simulation's or a test's is
/// plain memory. What was written to a segment is there again when it is opened; a new one is zero.
public protocol SegmentStore: AnyObject {
    var segmentBytes: Int { get }

    /// How many segments there may be at once; nil when none has ever to go.
    var segmentCountMax: Int? { get }

    /// How many segments an earlier life left, numbered from 0 without a gap.
    var storedCount: Int { get }

    /// The bytes of a segment that is there, 8-byte aligned; valid until it is dropped.
    func open(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer

    /// Makes the next segment.
    func create(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer

    /// Gives a segment and what is in it up.
    func drop(_ number: Int)

    /// What a person finds the segment by.
    func name(of number: Int) -> String
}
