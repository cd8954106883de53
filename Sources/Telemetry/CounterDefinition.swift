/// What one counter is called and what it counts.
///
/// A name is a family, which is lower-case words joined by dots and underscores, and labels that tell
/// its members apart: `engine.commands{kind=new_order}`. A family ends with its unit when it counts
/// something else than occurrences: `_nanos`, `_bytes`, `_slots`.
public struct CounterDefinition: Sendable, Equatable {
    public enum Kind: UInt64, Sendable {
        /// Only grows, from 0 at the start of the program.
        case total = 1
        /// Stands for a state and goes up and down.
        case gauge = 2
    }

    public struct Label: Sendable, Equatable {
        public var key: String
        public var value: String
    }

    public var family: String
    public var labels: [Label]
    public var kind: Kind
    /// One sentence; the same for all members of a family.
    public var meaning: String

    public static func total(
        _ family: String, _ meaning: String, _ labels: KeyValuePairs<String, String> = [:]
    ) -> CounterDefinition {
        CounterDefinition(family: family, labels: labels, kind: .total, meaning: meaning)
    }

    public static func gauge(
        _ family: String, _ meaning: String, _ labels: KeyValuePairs<String, String> = [:]
    ) -> CounterDefinition {
        CounterDefinition(family: family, labels: labels, kind: .gauge, meaning: meaning)
    }

    private init(
        family: String, labels: KeyValuePairs<String, String>, kind: Kind, meaning: String
    ) {
        self.family = family
        self.labels = labels.map { Label(key: $0.key, value: $0.value) }
        self.kind = kind
        self.meaning = meaning
        precondition(
            !meaning.isEmpty && meaning.utf8.count <= CounterLayout.meaningBytesMax,
            "a counter has a meaning of 1 to 144 bytes")
        precondition(
            CounterDefinition(name: name, kind: kind, meaning: meaning) == self,
            "a counter's name has 1 to 96 bytes: family{key=value,...}")
    }

    /// The same counter, one label richer.
    public func labelled(_ key: String, _ value: String) -> CounterDefinition {
        var copy = self
        copy.labels.append(Label(key: key, value: value))
        precondition(
            CounterDefinition(name: copy.name, kind: kind, meaning: meaning) == copy,
            "a counter's name has 1 to 96 bytes: family{key=value,...}")
        return copy
    }

    /// Family and labels as one text; no two counters of a block have the same.
    public var name: String {
        guard !labels.isEmpty else { return family }
        return family + "{" + labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + "}"
    }

    /// Reads a name that somebody wrote; nil when it is none.
    init?(name: String, kind: Kind, meaning: String) {
        guard name.utf8.count <= CounterLayout.nameBytesMax else { return nil }
        var family = name[...]
        var labels: [Label] = []
        if let open = name.firstIndex(of: "{") {
            guard name.last == "}" else { return nil }
            family = name[..<open]
            let inside = name[name.index(after: open)...].dropLast()
            for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
                let sides = part.split(separator: "=", omittingEmptySubsequences: false)
                guard sides.count == 2, Self.isWord(sides[0], also: ""),
                    Self.isWord(sides[1], also: "-.")
                else { return nil }
                labels.append(Label(key: String(sides[0]), value: String(sides[1])))
            }
        }
        guard Self.isWord(family, also: "."), Set(labels.map(\.key)).count == labels.count else {
            return nil
        }
        self.family = String(family)
        self.labels = labels
        self.kind = kind
        self.meaning = meaning
    }

    /// Lower-case letters, digits and underscores, and some more; a letter first, or for values a digit.
    private static func isWord(_ text: Substring, also more: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = text.utf8.first else { return false }
        return (letters.contains(first) || (more.contains("-") && digits.contains(first)))
            && text.utf8.allSatisfy {
                letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_")
                    || more.utf8.contains($0)
            }
    }
}
