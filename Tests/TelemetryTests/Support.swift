import Foundation
import Testing

struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// `#expect` for conditions on noncopyable values, which the macro cannot take apart.
func expect(
    _ condition: Bool, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(condition, comment, sourceLocation: sourceLocation)
}

/// Lets a closure on another thread own a noncopyable value.
final class Box<Value: ~Copyable>: @unchecked Sendable {
    var value: Value

    init(_ value: consuming Value) { self.value = value }
}

/// Runs each body on a thread of its own and returns when all have finished.
func runTogether(_ bodies: [@Sendable () -> Void]) {
    let done = DispatchSemaphore(value: 0)
    for body in bodies {
        Thread.detachNewThread {
            body()
            done.signal()
        }
    }
    for _ in bodies { done.wait() }
}

func pauseBriefly() { usleep(50) }
