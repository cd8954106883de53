/// One request and its answer as the client saw them: a line of what `--record` writes.
///
/// The file is CSV with a header line. Times are UTC nanoseconds; session and MsgSeqNum name the
/// request as the venue's stamps do; the template is the request's.
public struct LoadRecord: Equatable, BitwiseCopyable, Sendable {
    /// When the request was due.
    public var plannedNanos: UInt64
    /// When it was handed to the system.
    public var sentNanos: UInt64
    /// When its answer was there.
    public var receivedNanos: UInt64
    public var session: UInt32
    public var msgSeqNum: UInt32
    public var template: UInt16

    public init(
        plannedNanos: UInt64, sentNanos: UInt64, receivedNanos: UInt64, session: UInt32,
        msgSeqNum: UInt32, template: UInt16
    ) {
        self.plannedNanos = plannedNanos
        self.sentNanos = sentNanos
        self.receivedNanos = receivedNanos
        self.session = session
        self.msgSeqNum = msgSeqNum
        self.template = template
    }
}

extension LoadRecord {
    package static let header = "planned_ns,sent_ns,received_ns,session,msg_seq_num,template\n"

    package var line: String {
        "\(plannedNanos),\(sentNanos),\(receivedNanos),\(session),\(msgSeqNum),\(template)\n"
    }

    /// All lines of a file, plain or gzip. What is no such file is an error that names the line.
    public static func read(_ path: String) throws(ToolError) -> [LoadRecord] {
        try read(CSVReader(path: path))
    }

    package static func read(_ reader: consuming CSVReader) throws(ToolError) -> [LoadRecord] {
        var reader = reader
        try reader.header(String(header.dropLast()))
        var records: [LoadRecord] = []
        records.reserveCapacity(reader.lineEstimate / 4)
        while !reader.isAtEnd() {
            let planned = try time(&reader, "planned_ns")
            let sent = try time(&reader, "sent_ns")
            let received = try time(&reader, "received_ns")
            let session = try number(&reader, "session", UInt32.self)
            let msgSeqNum = try number(&reader, "msg_seq_num", UInt32.self)
            let template = try reader.integer("template")
            guard let template = UInt16(exactly: template) else {
                throw reader.expected("template from 0 to 65535")
            }
            try reader.endOfLine()
            records.append(
                LoadRecord(
                    plannedNanos: planned, sentNanos: sent, receivedNanos: received,
                    session: session, msgSeqNum: msgSeqNum, template: template))
        }
        return records
    }

    private static func time(
        _ reader: inout CSVReader, _ name: String
    ) throws(ToolError) -> UInt64 {
        try number(&reader, name, UInt64.self)
    }

    /// A number that is not negative, and the comma behind it.
    private static func number<Number: FixedWidthInteger>(
        _ reader: inout CSVReader, _ name: String, _ type: Number.Type
    ) throws(ToolError) -> Number {
        guard let number = Number(exactly: try reader.integer(name)) else {
            throw reader.expected("\(name) from 0 to \(Number.max)")
        }
        try reader.comma()
        return number
    }
}
