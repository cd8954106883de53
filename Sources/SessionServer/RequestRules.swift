import Containers
import Domain
import Sessions
import Wire

/// What a port needs to know of a template to judge a frame of it.
@usableFromInline
struct RequestRule: BitwiseCopyable {
    /// Kinds of sessions, to be asked for with one test.
    @usableFromInline
    struct SessionKinds: OptionSet, BitwiseCopyable {
        @usableFromInline let rawValue: UInt8

        @inlinable init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ kind: SessionDefinition.Kind) {
            rawValue =
                switch kind {
                case .trading: 1
                case .backOffice: 2
                case .operations: 4
                }
        }
    }

    @usableFromInline let template: TemplateID
    @usableFromInline let isThrottled: Bool
    @usableFromInline let needsTrader: Bool
    /// The session layer only passes it on.
    @usableFromInline let isForAgent: Bool
    /// Who is logged on and may send it. That is nobody in the case of a logon.
    @usableFromInline let offeredTo: SessionKinds
    /// The longest BodyLen.
    @usableFromInline let lengthMax: UInt16

    init(_ template: TemplateID, on port: PortKind) {
        self.template = template
        isThrottled = template.isThrottled
        needsTrader = template.needsTrader
        isForAgent = template.isForAgent
        // Without an array: rules of templates that come seldom are made when they come.
        func offered(to kind: SessionDefinition.Kind) -> SessionKinds {
            let isOffered = template != .logonRequest && template.isOffered(to: kind, on: port)
            return isOffered ? SessionKinds(kind) : SessionKinds(rawValue: 0)
        }
        offeredTo = offered(to: .trading).union(offered(to: .backOffice))
            .union(offered(to: .operations))
        lengthMax = UInt16(template.lengthMax)
    }
}

/// The rules of one port, by the template's number: looked up once per frame, where one question after
/// the other would cost more than the answers.
@usableFromInline
struct RequestRules: ~Copyable {
    @inlinable static var first: UInt16 { 10_000 }

    private let port: PortKind
    /// Of requests whose frames are all of one length, which are those that come often. For all else
    /// stands the heartbeat's, which no agent sees.
    @usableFromInline let rules: FixedTable<RequestRule>

    init(of port: PortKind) {
        self.port = port
        rules = FixedTable(count: 256) { row in
            guard let template = TemplateID(rawValue: Self.first + UInt16(row)),
                template.isRequest, template.lengthMin == template.lengthMax
            else { return RequestRule(.heartbeat, on: port) }
            return RequestRule(template, on: port)
        }
    }

    func rule(of template: TemplateID) -> RequestRule { RequestRule(template, on: port) }

    /// The rule for a whole request for the agent that lies from `front` on, if its length alone says
    /// that it is one. What else the bytes may be is for `Framing` to judge.
    @inlinable @inline(__always)
    func rule(
        ofRequestFrom front: UnsafeRawPointer, to end: UnsafeRawPointer
    ) -> RequestRule? {
        let count = end - front
        guard count >= Framing.requestHeaderLength else { return nil }
        let header = FrameHeader(front)
        let row = Int(header.templateID &- Self.first)
        guard row < rules.count else { return nil }
        let rule = rules[row]
        guard rule.isForAgent, header.bodyLen == UInt32(rule.lengthMax),
            count >= Int(rule.lengthMax)
        else { return nil }
        return rule
    }
}
