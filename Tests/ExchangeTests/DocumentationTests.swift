import Foundation
import Testing

@testable import Exchange

/// The page about the configuration knows every key, and no key has changed its default unseen.
@Suite struct DocumentationTests {
    let page: String

    init() throws {
        let repository = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        page = try String(
            contentsOf: repository.appending(path: "docs/configuration.md"), encoding: .utf8)
    }

    @Test func everyKeyIsDescribed() {
        for key in Set(ConfigurationKeys.all.joined()) {
            #expect(page.contains("`\(key)`"), "\(key)")
        }
    }

    @Test func everyPrintedKeyIsKnown() {
        func check(_ value: JSONValue) {
            switch value {
            case .object(let members):
                for member in members {
                    #expect(ConfigurationKeys.all.joined().contains(member.key))
                    check(member.value)
                }
            case .array(let values): for value in values { check(value) }
            case .null, .boolean, .number, .string: break
            }
        }
        check(Configuration.demonstration.tree)
    }

    @Test func defaultsOfLimitsAreAsDescribed() {
        let limits = VenueLimits()
        let rows = [
            ("orderCapacity", limits.orderCapacity, "262,144"),
            ("orderDetailsCapacity", limits.orderDetailsCapacity, "65,536"),
            ("pricePageCapacity", limits.pricePageCapacity, "16,384"),
            ("connectionCapacity", limits.connectionCapacity, "4,096"),
            ("unreadBytesMax", limits.unreadBytesMax, "262,144"),
            ("unsentBytesMax", limits.unsentBytesMax, "1,048,576"),
            ("slowConsumerSeconds", limits.slowConsumerSeconds, "5"),
            ("logonTimeoutSeconds", limits.logonTimeoutSeconds, "30"),
            ("massCancelSlice", limits.massCancelSlice, "64"),
            ("eventRingCapacity", limits.eventRingCapacity, "65,536"),
        ]
        for (key, value, text) in rows {
            #expect(text.replacing(",", with: "") == String(value), "\(key)")
            let line = page.split(separator: "\n").first { $0.hasPrefix("| `\(key)` |") }
            #expect(line?.contains("| \(text) |") == true, "\(key)")
        }
    }
}
