/// Collects what is wrong while a configuration is read; shared by all objects of one reading.
final class IssueList {
    private(set) var issues: [ConfigurationIssue] = []

    func add(_ path: String, _ text: String) {
        issues.append(ConfigurationIssue(path: path, text: text))
    }
}

/// A JSON object being read by key, with the path that leads to it.
///
/// Each reading verb answers nil and notes an issue when the value will not do, so that one pass
/// finds everything that is wrong.
struct ConfigurationObject {
    let path: String
    private let members: [String: JSONValue]
    private let list: IssueList

    /// Notes every key that is unknown or there twice; answers nil when `value` is no object.
    init?(_ value: JSONValue, path: String, keys: [String], issues list: IssueList) {
        guard case .object(let all) = value else {
            list.add(path, "\(value.summary), expected an object")
            return nil
        }
        self.path = path
        self.list = list
        var members: [String: JSONValue] = [:]
        for member in all {
            let here = ConfigurationObject.join(path, member.key)
            if !keys.contains(member.key) {
                list.add(here, ConfigurationObject.unknownKey(member.key, known: keys))
            } else if members.updateValue(member.value, forKey: member.key) != nil {
                list.add(here, "there twice, expected one value")
            }
        }
        self.members = members
    }

    func path(_ key: String) -> String { ConfigurationObject.join(path, key) }

    func has(_ key: String) -> Bool { members[key] != nil }

    func note(_ key: String, _ text: String) { list.add(path(key), text) }

    // MARK: Values

    func integer(
        _ key: String, in range: ClosedRange<Int64>, default defaultValue: Int64? = nil
    ) -> Int64? {
        let expectation = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return value(key, expectation, default: defaultValue) { value in
            guard case .number(let digits) = value, let number = Int64(digits) else { return nil }
            return range.contains(number) ? number : nil
        }
    }

    /// A decimal number, as text or as a JSON number, counted in 10⁻ᵖˡᵃᶜᵉˢ.
    func decimal(
        _ key: String, places: Int, minimum: Int64, default defaultValue: Int64? = nil
    ) -> Int64? {
        let expectation =
            "a decimal number of at least \(DecimalText.write(minimum, places: places)) "
            + "with at most \(places) decimal places"
        return value(key, expectation, default: defaultValue) { value in
            switch value {
            case .number(let text), .string(let text):
                let number = try? DecimalText.read(text, places: places)
                return number.flatMap { $0 >= minimum ? $0 : nil }
            case .null, .boolean, .array, .object: return nil
            }
        }
    }

    func boolean(_ key: String, default defaultValue: Bool? = nil) -> Bool? {
        value(key, "true or false", default: defaultValue) { value in
            if case .boolean(let truth) = value { truth } else { nil }
        }
    }

    /// Printable ASCII, which is what the wire's text fields carry.
    func text(
        _ key: String, length: ClosedRange<Int>, default defaultValue: String? = nil
    ) -> String? {
        let expectation =
            "a text of \(length.lowerBound) to \(length.upperBound) printable ASCII characters"
        return value(key, expectation, default: defaultValue) { value in
            guard case .string(let text) = value, length.contains(text.utf8.count) else {
                return nil
            }
            return text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
        }
    }

    func text(
        _ key: String, _ expectation: String, default defaultValue: String? = nil,
        where isGood: (String) -> Bool
    ) -> String? {
        value(key, expectation, default: defaultValue) { value in
            if case .string(let text) = value, isGood(text) { text } else { nil }
        }
    }

    /// A password hash; what is there instead is not repeated, as it may be a password.
    func passwordHash(_ key: String) -> String? {
        let expectation = "a crypt(5) hash as `apus-exchange hash-password` prints it"
        guard let value = members[key] else {
            note(key, "missing, expected \(expectation)")
            return nil
        }
        guard case .string(let text) = value, PasswordHashForm.isWellFormed(text) else {
            note(key, "not a hash, expected \(expectation)")
            return nil
        }
        return text
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default defaultValue: Choice? = nil
    ) -> Choice? {
        let names = Choice.allCases.map { "\"\($0.rawValue)\"" }
        let expectation = "one of \(names.joined(separator: ", "))"
        return value(key, expectation, default: defaultValue) { value in
            if case .string(let text) = value { Choice(rawValue: text) } else { nil }
        }
    }

    private func value<Value>(
        _ key: String, _ expectation: String, default defaultValue: Value?,
        read: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = members[key] else {
            if defaultValue == nil { note(key, "missing, expected \(expectation)") }
            return defaultValue
        }
        guard let result = read(value) else {
            note(key, "\(value.summary), expected \(expectation)")
            return nil
        }
        return result
    }

    // MARK: Objects within

    /// The object at `key`; nil when it is not there or no object.
    func object(_ key: String, keys: [String], isRequired: Bool) -> ConfigurationObject? {
        guard let value = members[key] else {
            if isRequired { note(key, "missing, expected an object") }
            return nil
        }
        return ConfigurationObject(value, path: path(key), keys: keys, issues: list)
    }

    /// The objects of the array at `key`, `nil` for each that is none, so that positions hold.
    func objects(
        _ key: String, keys: [String], count: ClosedRange<Int>
    ) -> [ConfigurationObject?] {
        let expectation = "an array of \(count.lowerBound) to \(count.upperBound) objects"
        guard let value = members[key] else {
            note(key, "missing, expected \(expectation)")
            return []
        }
        guard case .array(let values) = value else {
            note(key, "\(value.summary), expected \(expectation)")
            return []
        }
        guard count.contains(values.count) else {
            note(key, "\(values.count) objects, expected \(expectation)")
            return []
        }
        return values.enumerated().map { index, value in
            ConfigurationObject(value, path: "\(path(key))[\(index)]", keys: keys, issues: list)
        }
    }

    /// The texts of the array at `key`, each with the key that names it.
    func list(
        _ key: String, of expectation: String, countMax: Int, default defaultValues: [String]
    ) -> [(key: String, value: String)] {
        let texts = value(
            key, "an array of at most \(countMax) texts, each \(expectation)",
            default: defaultValues
        ) { value -> [String]? in
            guard case .array(let values) = value, values.count <= countMax else { return nil }
            var texts: [String] = []
            for case .string(let text) in values { texts.append(text) }
            return texts.count == values.count ? texts : nil
        }
        return (texts ?? []).enumerated().map { ("\(key)[\($0.offset)]", $0.element) }
    }

    // MARK: Words

    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    private static func unknownKey(_ key: String, known: [String]) -> String {
        if let close = EditDistance.closest(to: key, among: known) {
            return "unknown key, did you mean \(close)?"
        }
        return "unknown key, expected one of \(known.joined(separator: ", "))"
    }
}

/// Numbers that must each be there once, and that others refer to.
struct ReferenceTable<Key: Hashable> {
    private var places: [Key: (index: Int, path: String)] = [:]
    /// Some entry could not be read, so a reference that leads nowhere may be innocent.
    private(set) var hasGaps = false

    mutating func insert(
        _ key: Key?, at index: Int, _ object: ConfigurationObject?, _ name: String
    ) {
        guard let object, let key else {
            hasGaps = true
            return
        }
        if let first = places[key] {
            object.note(name, "\(key) is already \(first.path), expected a value of its own")
            return
        }
        places[key] = (index, object.path(name))
    }

    /// The position of `key`; notes an issue at `object`'s `name` when there is none.
    func index(of key: Key?, from object: ConfigurationObject, _ name: String, in list: String)
        -> Int?
    {
        guard let key else { return nil }
        if let place = places[key] { return place.index }
        if !hasGaps { object.note(name, "\(key) is not there, expected one of \(list)") }
        return nil
    }
}
