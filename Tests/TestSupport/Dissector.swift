import Foundation

/// The message as an independent program understands it.
package struct DissectedMessage {
    /// Field names as the program spells them, with place and bytes inside the message.
    package var fields: [(name: String, offset: Int, raw: [UInt8])] = []
    /// Fields whose value the program has no name for.
    package var unnamed: [String] = []
    /// Complaints of the program, by their short names.
    package var alarms: [String] = []
}

/// Runs tshark over a capture and reads what it says about each message.
package enum Dissector {
    package static let alarmNames = [
        "counter_overflow", "invalid_template", "invalid_length", "unaligned", "missing",
        "overused",
    ]

    package static func dissect(_ capture: PacketCapture, with program: String) throws
        -> [DissectedMessage]
    {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("wire-\(UUID().uuidString).pcap")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(capture.bytes).write(to: file)
        return try dissect(path: file.path, with: program)
    }

    /// Reads a capture file whose conversations have the venue on one of these ports.
    package static func dissect(
        path: String, ports: [UInt16] = [PacketCapture.serverPort], with program: String
    ) throws -> [DissectedMessage] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            ["-n", "-r", path, "-T", "pdml", "--enable-protocol", "eobi"]
            + ports.flatMap { ["-d", "tcp.port==\($0),eti"] }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return parse(String(decoding: bytes, as: UTF8.self))
    }

    /// Reads the lines of interest; the format has one element per line.
    private static func parse(_ text: String) -> [DissectedMessage] {
        var messages: [DissectedMessage] = []
        var start = 0
        var inside = false
        var prefix = ""
        for line in text.split(separator: "\n") {
            let line = line.drop { $0 == " " }
            if line.hasPrefix("<proto ") {
                let protocolName = attribute("name", of: line) ?? ""
                inside = ["eti", "eobi"].contains(protocolName)
                if inside {
                    prefix = protocolName + "."
                    messages.append(DissectedMessage())
                    start = Int(attribute("pos", of: line) ?? "") ?? 0
                }
            }
            guard inside, line.hasPrefix("<field "), let name = attribute("name", of: line) else {
                continue
            }
            if name.hasPrefix("_ws.malformed") || line.contains("Dissector bug") {
                messages[messages.count - 1].alarms.append("malformed")
            }
            // A field with a mask tells one bit of the field before it.
            guard name.hasPrefix(prefix), !line.contains(" unmaskedvalue=") else { continue }
            let short = String(name.dropFirst(prefix.count))
            if alarmNames.contains(short) {
                messages[messages.count - 1].alarms.append(short)
                continue
            }
            let offset = (Int(attribute("pos", of: line) ?? "") ?? 0) - start
            let raw = bytes(ofHex: attribute("value", of: line) ?? "")
            messages[messages.count - 1].fields.append((short, offset, raw))
            if let shown = attribute("showname", of: line), shown.contains(": Unknown (") {
                messages[messages.count - 1].unnamed.append(short)
            }
        }
        return messages
    }

    private static func attribute(_ name: String, of line: Substring) -> String? {
        guard let opening = line.range(of: " \(name)=\"") else { return nil }
        let rest = line[opening.upperBound...]
        return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
    }
}

package func bytes(ofHex hex: some StringProtocol) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue.map(UInt8.init) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
