/// One thing that has to cope with any bytes: a decoder, a reader of files, a state machine.
///
/// A target looks at one input and stops the process with a sentence when a property does not hold. It
/// keeps nothing from one input to the next, so that an input alone repeats what it showed.
public struct FuzzTarget: Sendable {
    public let name: String
    /// What is fed, in one sentence.
    public let summary: String
    /// Longer inputs show nothing that shorter ones don't; bytes.
    public let lengthMax: Int
    private let body: @Sendable (UnsafeRawBufferPointer) -> Void

    init(
        _ name: String, _ summary: String, lengthMax: Int = 4096,
        _ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) {
        self.name = name
        self.summary = summary
        self.lengthMax = lengthMax
        self.body = body
    }

    /// Tries one input. Bytes beyond `lengthMax` are not looked at.
    public func run(_ input: UnsafeRawBufferPointer) {
        body(UnsafeRawBufferPointer(rebasing: input[..<min(input.count, lengthMax)]))
    }

    /// Also finds `planted`, which no run of all includes.
    public static func named(_ name: String) -> FuzzTarget? {
        (all + [planted]).first { $0.name == name }
    }

    /// Has a bug, so that it can be seen that bugs are found.
    static let planted = FuzzTarget("planted", "anything but the word BUG", lengthMax: 64) {
        input in
        for start in 0..<max(0, input.count - 2) {
            require(
                !input[start...].starts(with: "BUG".utf8), "the planted bug is not in the input")
        }
    }
}

/// Stops the process unless a property holds, with a sentence that says which one; in release too.
@inline(__always)
func require(_ condition: Bool, _ sentence: @autoclosure () -> String) {
    if !condition { fatalError(sentence()) }
}
