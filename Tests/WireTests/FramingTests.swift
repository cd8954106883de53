import Testing
import Wire

@Suite struct FramingTests {
    private func judge(_ bytes: [UInt8], _ template: TemplateID) -> FrameVerdict {
        bytes.withUnsafeBytes {
            template.isRequest ? Framing.judge($0) : Framing.judgeResponse($0)
        }
    }

    private func judge(bodyLen: UInt32, template: UInt16, rest: Int = 0) -> FrameVerdict {
        let header = littleEndian(Int(bodyLen), size: 4) + littleEndian(Int(template), size: 2)
        return (header + [UInt8](repeating: 0, count: rest)).withUnsafeBytes { Framing.judge($0) }
    }

    @Test(arguments: TemplateID.allCases)
    func `Every truncation of a message asks for more`(_ template: TemplateID) {
        for sample in AccessorTests.samples(of: template).prefix(4) {
            let bytes = sample.written().bytes
            for count in 0..<bytes.count {
                let needed = count < 4 ? 4 : count < 6 ? 6 : bytes.count
                #expect(
                    judge([UInt8](bytes[..<count]), template) == .incomplete(needed: needed))
            }
            let whole = FrameVerdict.frame(template: template, length: bytes.count)
            #expect(judge(bytes, template) == whole)
            #expect(judge(bytes + bytes, template) == whole, "what follows does not matter")
        }
    }

    @Test(arguments: [0, 8, 15, 17, 20, 80 * 1024 + 8, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF])
    func `An impossible BodyLen is judged by its four bytes`(_ bodyLen: Int) {
        let bytes = littleEndian(bodyLen, size: 4)
        let verdict = FrameVerdict.impossibleLength(bodyLen: UInt32(bodyLen))
        #expect(bytes.withUnsafeBytes { Framing.judge($0) } == verdict)
        #expect(bytes.withUnsafeBytes { Framing.judgeResponse($0) } == verdict)
    }

    @Test func `The wrong BodyLen for a template is judged by six bytes`() {
        let heartbeat = TemplateID.heartbeat.rawValue
        #expect(judge(bodyLen: 16, template: heartbeat) == .incomplete(needed: 16))
        #expect(judge(bodyLen: 24, template: heartbeat) == .impossibleLength(bodyLen: 24))
        let logon = TemplateID.logonRequest.rawValue
        #expect(judge(bodyLen: 272, template: logon) == .impossibleLength(bodyLen: 272))
        #expect(judge(bodyLen: 280, template: logon) == .incomplete(needed: 280))
        #expect(judge(bodyLen: 288, template: logon) == .impossibleLength(bodyLen: 288))
    }

    @Test func `An unknown template is named once its header is there`() {
        #expect(judge(bodyLen: 4096, template: 9999) == .incomplete(needed: 24))
        #expect(
            judge(bodyLen: 4096, template: 9999, rest: 18)
                == .unknownTemplate(id: 9999, length: 4096))
        #expect(
            judge(bodyLen: 16, template: 9999, rest: 10) == .unknownTemplate(id: 9999, length: 16))
        #expect(
            judge(bodyLen: 81_920, template: 0xFFFF, rest: 18)
                == .unknownTemplate(id: 0xFFFF, length: 81_920))
    }

    @Test(arguments: TemplateID.allCases)
    func `Each side knows only the other side's templates`(_ template: TemplateID) {
        let bytes = AccessorTests.samples(of: template)[0].written().bytes
        let unknown = FrameVerdict.unknownTemplate(id: template.rawValue, length: bytes.count)
        if template.isRequest {
            #expect(bytes.withUnsafeBytes { Framing.judgeResponse($0) } == unknown)
        } else {
            #expect(bytes.withUnsafeBytes { Framing.judge($0) } == unknown)
        }
    }

    @Test func `Counters that contradict BodyLen make an answer impossible`() {
        var generator = SeededGenerator(seed: 1)
        let sample = Sample.random(
            .eti(.orderExecResponse), fill: .full, turn: 0, entries: { _ in 2 }, using: &generator)
        var bytes = sample.written().bytes
        bytes[OrderExecResponseView.noFillsOffset] = 3
        let verdict = bytes.withUnsafeBytes { Framing.judgeResponse($0) }
        #expect(verdict == .impossibleLength(bodyLen: UInt32(bytes.count)))
    }

    @Test func `Random bytes are judged, described and validated without a crash`() {
        var generator = SeededGenerator(seed: 20_260_105)
        for round in 0..<5_000 {
            let count = Int.random(in: 0...400, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if round % 2 == 0, count >= 16 {
                let template = TemplateID.allCases.randomElement(using: &generator)!
                bytes.replaceSubrange(0..<4, with: littleEndian(count / 8 * 8, size: 4))
                bytes.replaceSubrange(4..<6, with: littleEndian(Int(template.rawValue), size: 2))
            }
            bytes.withUnsafeBytes { buffer in
                _ = MessageText.describe(buffer)
                for verdict in [Framing.judge(buffer), Framing.judgeResponse(buffer)] {
                    guard case .frame(let template, let length) = verdict else { continue }
                    #expect(length <= count)
                    _ = template.firstViolation(in: buffer.baseAddress!, length: length)
                }
            }
        }
    }

    @Test func `Constants are what the templates say`() {
        let requests = TemplateID.allCases.filter(\.isRequest)
        let answers = TemplateID.allCases.filter { !$0.isRequest }
        #expect(Framing.requestLengthMax == requests.map(\.lengthMax).max())
        #expect(Framing.responseLengthMax == answers.map(\.lengthMax).max())
        #expect(TemplateID.allCases.allSatisfy { $0.lengthMax <= Framing.bodyLenMax })
        #expect(TemplateID.allCases.allSatisfy { $0.lengthMin >= Framing.bodyLenMin })
        #expect(requests.allSatisfy { $0.lengthMin == $0.lengthMax })
    }
}
