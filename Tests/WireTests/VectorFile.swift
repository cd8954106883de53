import Foundation
import TestSupport
import Wire

/// An annotated byte vector of `Protocol/vectors`: bytes beside the fields they mean.
struct VectorFile {
    let dialect: Dialect
    let name: String
    var bytes: [UInt8] = []
    /// Path, offset and value in words, as the file tells them.
    var fields: [(path: String, offset: Int, words: String)] = []

    static func all(_ dialect: Dialect) throws -> [VectorFile] {
        let folder = TestFiles.repository
            .appendingPathComponent("Protocol/vectors/\(dialect.rawValue)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".txt") }
            .map { name in
                let data = try Data(contentsOf: folder.appendingPathComponent(name))
                return try VectorFile(
                    dialect: dialect, name: name, text: String(decoding: data, as: UTF8.self))
            }
    }

    init(dialect: Dialect, name: String, text: String) throws {
        self.dialect = dialect
        self.name = name
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let columns = line.components(separatedBy: " | ")
            guard columns.count == 3, let offset = Int(columns[0].drop { $0 == " " }) else {
                throw VectorError(description: "\(name): '\(line)' has not three columns")
            }
            guard offset == bytes.count else {
                throw VectorError(description: "\(name): '\(line)' is out of place")
            }
            bytes += Self.bytes(columns[1])
            if columns[2] == "padding" { continue }
            guard let equals = columns[2].range(of: " = ") else {
                throw VectorError(description: "\(name): '\(line)' names no value")
            }
            fields.append(
                (
                    String(columns[2][..<equals.lowerBound]), offset,
                    String(columns[2][equals.upperBound...])
                ))
        }
    }

    /// Words of hexadecimal digits; `00*20` is a byte with its count.
    private static func bytes(_ column: String) -> [UInt8] {
        column.split(separator: " ").flatMap { word -> [UInt8] in
            let parts = word.split(separator: "*")
            let bytes = TestSupport.bytes(ofHex: parts[0])
            guard parts.count == 2, let count = Int(parts[1]) else { return bytes }
            return [UInt8](repeating: bytes[0], count: count)
        }
    }

    /// The values of the file as raw bytes, found from their words alone.
    func sample() throws -> Sample {
        let templateName = name.dropFirst(6).dropLast(4)
        guard let message = dialect.catalogue.message(named: String(templateName)),
            let template = Template(dialect, message.templateID)
        else { throw VectorError(description: "\(name) is named after no message") }
        var slots: [String: MessageCatalogue.Field] = [:]
        for slot in message.slots { slots[slot.field.name] = slot.field }
        for case .group(let group) in message.tail.map(\.kind) {
            for slot in group.slots { slots[slot.field.name] = slot.field }
        }
        let values = try fields.map { path, _, words -> (path: String, raw: [UInt8]) in
            let field = slots[path.components(separatedBy: ".").last ?? ""]
            if field == nil, words.hasPrefix("\"") {
                return (path, [UInt8](words.dropFirst().dropLast().utf8))
            }
            guard let raw = field?.raw(words) else {
                throw VectorError(description: "\(name): \(path) cannot be \(words)")
            }
            return (path, raw)
        }
        return Sample(label: name, template: template, values: values)
    }
}

struct VectorError: Error, CustomStringConvertible {
    let description: String
}

extension MessageCatalogue.Field {
    /// The bytes a value in words stands for; the inverse of `words`.
    func raw(_ words: String) -> [UInt8]? {
        if words == "-" { return nullBytes }
        switch type {
        case .text:
            let text = [UInt8](words.dropFirst().dropLast().utf8)
            return text + [UInt8](repeating: 0, count: size - text.count)
        case .bytes:
            return bytes(ofHex: words)
        default:
            if let enumeration {
                guard let code = enumeration.values.first(where: { $0.name == words })?.code else {
                    return nil
                }
                return littleEndian(Int(code), size: size)
            }
            guard let value = Decimal(string: words) else { return nil }
            var scaled = value
            for _ in 0..<(scale ?? 0) { scaled *= 10 }
            if type == .u64, let number = UInt64("\(scaled)") {
                return littleEndian(Int(bitPattern: UInt(number)), size: size)
            }
            return Int("\(scaled)").map { littleEndian($0, size: size) }
        }
    }
}
