/// Why something could not be done with a file; a sentence that names it.
public struct DiskError: Error, Equatable, CustomStringConvertible {
    public var description: String
    /// The system's number for it; 0 when the system did not refuse.
    public var code: Int32

    public init(_ description: String, code: Int32 = 0) {
        self.description = description
        self.code = code
    }

    /// No room is left: ENOSPC, or EDQUOT. Room may come back.
    public var isFull: Bool { code == 28 || code == 122 }

    /// The file is not there: ENOENT.
    public var isMissing: Bool { code == 2 }
}

/// The files under one folder, as whoever must not lose anything sees them.
///
/// Paths are relative to that folder, with `/` between names. Everything here may wait for the disk
/// and is for a thread that may; a write that nobody should wait for goes through a `WriteQueue`.
/// Several threads may use a disk, each its own files and queues. The real body is a folder of the
/// system, the simulated one a seed.
public protocol Disk: AnyObject {
    /// Names of the files in a folder, sorted; none when it is not there.
    func names(in folder: String) throws(DiskError) -> [String]

    /// Makes a folder, unless it is there. Its parent is there.
    func makeFolder(_ folder: String) throws(DiskError)

    /// Makes a file of so many zero bytes, for which there is room from now on. Fails when it is there.
    func create(_ path: String, byteCount: Int) throws(DiskError) -> any DiskFile

    /// Opens a file that is there.
    func open(_ path: String, writable: Bool) throws(DiskError) -> any DiskFile

    /// Gives a file another name and replaces whatever had it. Durable after `syncFolder`.
    func rename(_ path: String, to newPath: String) throws(DiskError)

    /// Takes a file away. Whoever has it open goes on reading it.
    func remove(_ path: String) throws(DiskError)

    /// Makes names in this folder durable: what was created, renamed and removed.
    func syncFolder(_ folder: String) throws(DiskError)

    /// A file as memory of so many bytes, valid as long as the disk. What is stored there survives this
    /// process but not the machine. A file of another length, or none, is replaced by zero bytes.
    func map(_ path: String, byteCount: Int) throws(DiskError) -> UnsafeMutableRawBufferPointer

    /// Tells one run of the machine from the next: after a loss of power it differs, and what was only
    /// stored in `map` or written without being made durable may be anything.
    var machineRun: UInt64 { get }

    /// A queue for one thread's writes.
    func makeWriteQueue() throws(DiskError) -> any WriteQueue
}

/// An open file. It closes with the last reference.
public protocol DiskFile: AnyObject {
    var path: String { get }

    /// Its length now.
    var byteCount: Int { get }

    /// Reads from `offset` on, up to the file's end. Returns how many bytes that were.
    func read(
        at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int

    /// Writes all bytes. Whoever reads sees them at once; they are durable after `sync`.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError)

    /// Makes all that was written durable.
    func sync() throws(DiskError)

    /// Cuts the file, or lengthens it with zero bytes.
    func resize(to byteCount: Int) throws(DiskError)
}

/// A write that goes on while its thread does something else.
public struct DiskWrite {
    /// Comes back with the completion.
    public var tag: UInt64
    public var file: any DiskFile
    /// Stay as they are until the completion.
    public var bytes: UnsafeRawBufferPointer
    public var offset: Int
    /// Completes when the bytes are on stable storage, and not when the system has them. Without
    /// bytes: when everything is that was written to the file before, and had completed.
    public var isDurable: Bool

    public init(
        tag: UInt64, file: any DiskFile, bytes: UnsafeRawBufferPointer, offset: Int,
        isDurable: Bool
    ) {
        self.tag = tag
        self.file = file
        self.bytes = bytes
        self.offset = offset
        self.isDurable = isDurable
    }
}

/// What became of a write. After an error any part of its bytes may have been written.
public struct DiskCompletion: Equatable {
    public var tag: UInt64
    public var error: DiskError?

    public init(tag: UInt64, error: DiskError?) {
        self.tag = tag
        self.error = error
    }
}

/// Writes under way. One thread uses a queue; only `wake` may be called from others.
///
/// Writes complete in any order.
public protocol WriteQueue: AnyObject {
    /// Writes that may be under way at once.
    var capacity: Int { get }

    /// Takes a write; false when as many as `capacity` are under way.
    func submit(_ write: DiskWrite) -> Bool

    /// Hands what was submitted to the system and looks what is done. Never blocks. Returns how many
    /// completions wait.
    func poll() -> Int

    /// Does `poll`, and if nothing is done sleeps until something is, `wake` is called, or `nanos`
    /// have passed.
    func pollOrSleep(nanos: UInt64) -> Int

    /// Ends a `pollOrSleep` under way, or the next one. Callable from any thread.
    func wake()

    /// The oldest completion not yet taken.
    func nextCompletion() -> DiskCompletion?
}
