/// A session's subscriptions: pairs of stream and scope, each with a handle (ApplSubID).
public struct Subscriptions: BitwiseCopyable, Sendable {
    /// More than there are streams and scopes to choose from on one port.
    public static let capacity = 16

    public enum Outcome: Equatable, Sendable {
        case subscribed(applSubID: UInt32)
        case duplicate
        case full
    }

    private struct Entry: BitwiseCopyable, Sendable {
        var applSubID: UInt32 = 0
        var scope: UInt32 = .max
        var stream: UInt8 = 0
    }

    private var entries = InlineArray<16, Entry>(repeating: Entry())
    private var used = 0
    private var lastHandle: UInt32 = 0

    public init() {}

    public var count: Int { used }

    /// What subscribing would come to; changes nothing. `scope` all ones means none was given, which
    /// is a scope of its own.
    public func judge(stream: UInt8, scope: UInt32) -> Outcome {
        for index in 0..<used where entries[index].stream == stream {
            if entries[index].scope == scope { return .duplicate }
        }
        guard used < Self.capacity else { return .full }
        return .subscribed(applSubID: lastHandle + 1)
    }

    /// Subscribes to a stream, if `judge` has nothing against it.
    public mutating func subscribe(stream: UInt8, scope: UInt32) -> Outcome {
        let outcome = judge(stream: stream, scope: scope)
        guard case .subscribed(let applSubID) = outcome else { return outcome }
        lastHandle = applSubID
        entries[used] = Entry(applSubID: applSubID, scope: scope, stream: stream)
        used += 1
        return outcome
    }

    /// True while this handle is in use.
    public func contains(applSubID: UInt32) -> Bool {
        for index in 0..<used where entries[index].applSubID == applSubID { return true }
        return false
    }

    /// Ends a subscription; false when no such handle is in use. Handles are not used again.
    public mutating func unsubscribe(applSubID: UInt32) -> Bool {
        for index in 0..<used where entries[index].applSubID == applSubID {
            used -= 1
            entries[index] = entries[used]
            return true
        }
        return false
    }
}
