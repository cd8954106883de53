import Domain
import Reports

/// Whose messages a listener asks for.
enum Scope: BitwiseCopyable, Equatable {
    case session(Int)
    case unit(Int)
    case all
}

/// One stream of one scope, as one kind of listener sees it.
struct StreamView: BitwiseCopyable {
    enum Stream: UInt8, BitwiseCopyable {
        case trade = 1
        case listenerData = 5
    }

    let stream: Stream
    let scope: Scope
    /// A listener of all units orders messages by the events of a transaction, one of a single unit by
    /// that unit's messages.
    let readsAllUnits: Bool
}

/// A listener's place in a stream it subscribed to.
struct Subscription: BitwiseCopyable {
    let view: StreamView
    let applSubID: UInt32
    /// Place of the next message.
    var cursor: UInt64
    /// Nothing was known of the stream, so the first message there is will be the first told.
    var awaitsFirst: Bool
}

/// The subscriptions of one session that messages are sent for.
struct Listener: BitwiseCopyable {
    static let capacity = 16

    var sessionInstanceID: UInt32 = 0
    private(set) var count = 0
    private var subscriptions = InlineArray<16, Subscription?>(repeating: nil)

    subscript(index: Int) -> Subscription {
        get {
            guard let subscription = subscriptions[index] else {
                preconditionFailure("a listener has as many subscriptions as it counts")
            }
            return subscription
        }
        set { subscriptions[index] = newValue }
    }

    mutating func add(_ subscription: Subscription) {
        precondition(count < Self.capacity, "the session layer bounds subscriptions")
        subscriptions[count] = subscription
        count += 1
    }

    mutating func remove(applSubID: UInt32) {
        for index in 0..<count where self[index].applSubID == applSubID {
            count -= 1
            subscriptions[index] = subscriptions[count]
            subscriptions[count] = nil
            return
        }
    }

    mutating func removeAll() {
        for index in 0..<count { subscriptions[index] = nil }
        count = 0
    }
}
