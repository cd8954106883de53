import Containers
import Domain
import Sessions
import Wire

/// What a port needs to know of a template to judge a frame of it.
struct RequestRule: BitwiseCopyable {
    /// Kinds of sessions, to be asked for with one test.
    struct SessionKinds: OptionSet, BitwiseCopyable {
        let rawValue: UInt8

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ kind: SessionDefinition.Kind) {
            rawValue =
                switch kind {
                case .trading: 1
                case .backOffice: 2
                case .operations: 4
                }
        }
    }

    let template: TemplateID
    let isThrottled: Bool
    let needsTrader: Bool
    /// The session layer only passes it on.
    let isForAgent: Bool
    /// Who is logged on and may send it. That is nobody in the case of a logon.
    let offeredTo: SessionKinds
    /// The longest BodyLen.
    let lengthMax: UInt16

    init(_ template: TemplateID, on port: PortKind) {
        self.template = template
        isThrottled = template.isThrottled
        needsTrader = template.needsTrader
        isForAgent = template.isForAgent
        offeredTo = SessionKinds(
            SessionDefinition.Kind.allCases.filter {
                template != .logonRequest && template.isOffered(to: $0, on: port)
            }.map { SessionKinds($0) })
        lengthMax = UInt16(template.lengthMax)
    }
}

/// The rules of one port, by the template's number: looked up once per frame, where one question after
/// the other would cost more than the answers.
struct RequestRules: ~Copyable {
    private static let first: UInt16 = 10_000

    private let port: PortKind
    /// Of requests whose frames are all of one length, which are those that come often.
    private let rules: FixedTable<RequestRule?>

    init(of port: PortKind) {
        self.port = port
        rules = FixedTable(count: 256) { row in
            guard let template = TemplateID(rawValue: Self.first + UInt16(row)),
                template.isRequest, template.lengthMin == template.lengthMax
            else { return nil }
            return RequestRule(template, on: port)
        }
    }

    func rule(of template: TemplateID) -> RequestRule { RequestRule(template, on: port) }

    /// The rule for a whole frame that lies at the start, if its length alone says that it is one. What
    /// else the bytes may be is for `Framing` to judge.
    @inline(__always)
    func rule(ofFrameIn bytes: UnsafeRawBufferPointer) -> RequestRule? {
        guard bytes.count >= Framing.requestHeaderLength, let base = bytes.baseAddress else {
            return nil
        }
        let header = FrameHeader(base)
        let row = Int(header.templateID &- Self.first)
        guard row < rules.count, let rule = rules[row],
            header.bodyLen == UInt32(rule.lengthMax), bytes.count >= Int(rule.lengthMax)
        else { return nil }
        return rule
    }
}
