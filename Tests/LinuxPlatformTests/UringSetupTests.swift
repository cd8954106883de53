import Dispatch
import Testing

@testable import LinuxPlatform

@Suite struct UringSetupTests {
    /// A ring lies where one lay that another thread closed, which the thread sanitizer has to know.
    @Test func threadsOpenAndCloseRingsAtOnce() {
        DispatchQueue.concurrentPerform(iterations: 200) { _ in
            #expect(throws: Never.self) { _ = try UringProbe.sharesItsPlaces() }
        }
    }
}
