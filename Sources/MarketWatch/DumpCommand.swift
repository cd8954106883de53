import CommandLineTool
import DataOutput
import Domain
import Platform
import Wire

/// Every packet and every message in words.
struct DumpCommand {
    /// Nil: both.
    let channel: FeedChannel?
    let json: Bool
    let names: InstrumentNames
    let output: LineOutput

    func run(_ listener: FeedListener) {
        listener.run(
            onDatagram: { channel, datagram in
                guard self.channel == nil || self.channel == channel else { return }
                show(datagram, channel) { listener.counted() }
            },
            onLook: { _ in output.flush() })
    }

    /// The datagrams of a capture file; their ports say which channel they came by.
    func run(file: String, count: Int?, shouldStop: () -> Bool) throws {
        var left = count ?? .max
        for datagram in try CaptureFile.datagrams(of: file) {
            guard left > 0, !shouldStop(), !output.isClosed else { break }
            datagram.bytes.withUnsafeBytes { bytes in
                guard EOBIDatagram(bytes) != nil else { return }
                let channel = Self.channel(of: bytes)
                guard self.channel == nil || self.channel == channel else { return }
                show(bytes, channel) {
                    left -= 1
                    return left > 0
                }
            }
        }
        output.flush()
    }

    /// A capture does not say: snapshot messages are of the snapshot channel.
    private static func channel(of bytes: UnsafeRawBufferPointer) -> FeedChannel {
        guard var datagram = EOBIDatagram(bytes) else { return .incremental }
        while let message = datagram.next() {
            switch message {
            case .known(.productSummary, _), .known(.instrumentSummary, _),
                .known(.snapshotOrder, _):
                return .snapshot
            default: continue
            }
        }
        return .incremental
    }

    /// Shows a packet; `counted` says after each message whether another is wanted.
    private func show(
        _ bytes: UnsafeRawBufferPointer, _ channel: FeedChannel, counted: () -> Bool
    ) {
        guard var datagram = EOBIDatagram(bytes), let start = bytes.baseAddress else {
            output.add(
                json
                    ? "{\"channel\":\"\(channel)\",\"malformed\":\(bytes.count)}"
                    : "\(channel): \(bytes.count) bytes that are no packet of this feed")
            return
        }
        let header = datagram.packet
        if !json { output.add(line(header, channel, bytes.count)) }
        var offset = EOBIPacketHeaderView.length
        while let message = datagram.next() {
            switch message {
            case .known(let template, _):
                let piece = UnsafeRawBufferPointer(start: start + offset, count: template.length)
                offset += template.length
                output.add(json ? object(piece, header, channel) : "    " + words(piece))
            case .unknown(let templateID, let length):
                offset += length
                output.add(
                    json
                        ? "{\"channel\":\"\(channel)\",\"template\":\(templateID)}"
                        : "    template \(templateID), \(length) bytes")
            case .malformed(let place):
                output.add(
                    json
                        ? "{\"channel\":\"\(channel)\",\"malformed_at\":\(place)}"
                        : "    no message at byte \(place)")
                return
            }
            guard counted() else { return }
        }
    }

    private func line(
        _ header: EOBIPacketHeaderView, _ channel: FeedChannel, _ length: Int
    ) -> String {
        let flags =
            (header.completionIndicator == 1 ? ", complete" : "")
            + (header.applSeqResetIndicator == 1 ? ", reset" : "")
        return NumberText.timeOfDay(Timestamp(nanos: header.transactTime)) + "  \(channel)  "
            + names.product(header.marketSegmentID)
            + "  packet \(header.applSeqNum), \(length) bytes\(flags)"
    }

    private func words(_ bytes: UnsafeRawBufferPointer) -> String {
        let number = EOBIMessageHeader(bytes.baseAddress!).msgSeqNum
        let prefix = number == Null.u32 ? "-" : String(number)
        return prefix + "  " + MessageText.line(bytes, in: .eobi)
    }

    private func object(
        _ bytes: UnsafeRawBufferPointer, _ header: EOBIPacketHeaderView, _ channel: FeedChannel
    ) -> String {
        let templateID = EOBIMessageHeader(bytes.baseAddress!).templateID
        var json = JSONWriter()
        json.object {
            $0.field("channel", "\(channel)")
            $0.field("product", header.marketSegmentID)
            $0.field("packet", header.applSeqNum)
            $0.field("sent", header.transactTime)
            $0.field("complete", header.completionIndicator == 1)
            $0.field("message", MessageCatalogue.eobi.message(templateID: templateID)?.name)
            $0.object("fields") { json in
                // Length and template are said already.
                for field in MessageText.describe(bytes, in: .eobi).dropFirst(2) {
                    json.field(field.path, field.text == "-" ? nil : field.text)
                }
            }
        }
        return json.text
    }
}
