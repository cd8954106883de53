import Wire

// A message that is due and cannot be given.
extension Delivery {
    /// Length of 10032: its text is constant.
    public static var gapLength: Int {
        BroadcastErrorNotificationWriter.fixedLength + (gapText.utf8CodeUnitCount + 7) & ~7
    }

    private static var gapText: StaticString { "Lost for good: skip it" }

    /// 10032: what was due here is lost. Room: `gapLength`. Returns its length.
    @discardableResult
    public func writeGap(to space: UnsafeMutableRawPointer) -> Int {
        let writer = BroadcastErrorNotificationWriter(space)
        writer.initialize()
        writer.sendingTime = sendingTime
        // The one code there is for it.
        writer.applIDStatus = ETI.ApplIDStatus.outboundConversionError.rawValue
        writer.refApplSubID = applSubID
        writer.refApplID = applID
        writer.sessionStatus = ETI.SessionStatus.active.rawValue
        return writer.setVarText(Self.gapText)
    }

    /// Puts the moment of sending into a finished broadcast or gap message.
    public static func stamp(
        _ message: UnsafeMutableRawPointer, templateID: UInt16, sendingTime: UInt64
    ) {
        if templateID == TemplateID.broadcastErrorNotification.rawValue {
            BroadcastErrorNotificationWriter(message).sendingTime = sendingTime
        } else {
            RBCHeaderMEWriter(ofMessage: message).sendingTime = sendingTime
        }
    }
}

/// Where an answer that resends messages may end: an event told in fragments is not cut in two.
public struct WholeEvents {
    private var isInside = false

    public init() {}

    /// Takes note of the next message's event; nil stands for a gap. True when an answer may end
    /// behind it.
    public mutating func mayEnd(behind record: EventRecord?) -> Bool {
        guard let record else {
            isInside = false
            return true
        }
        if record.event.flags.contains(.moreFragments) {
            isInside = true
        } else if record.event.kind == .aggressorExecuted {
            isInside = false
        }
        return !isInside
    }
}
