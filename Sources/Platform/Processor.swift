/// What a thread asks of the processor it runs on, as plain functions.
public struct Processor: Sendable {
    public typealias Pause = @convention(c) () -> Void

    /// Tells the core that this is a spin loop. A few tens of nanoseconds.
    public var pause: Pause

    /// Lets the calling thread run on these cores only. Returns a sentence when that failed.
    public var pin: @Sendable (_ cores: [Int]) -> String?

    /// Gives the calling thread the name that system tools show.
    public var nameThread: @Sendable (_ name: String) -> Void

    public init(
        pause: @escaping Pause,
        pin: @escaping @Sendable (_ cores: [Int]) -> String?,
        nameThread: @escaping @Sendable (_ name: String) -> Void
    ) {
        self.pause = pause
        self.pin = pin
        self.nameThread = nameThread
    }

    /// Neither pauses, pins nor names.
    public static var indifferent: Processor {
        Processor(pause: {}, pin: { _ in nil }, nameThread: { _ in })
    }
}
