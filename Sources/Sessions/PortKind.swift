import Domain

/// The two doors of a venue. Session rules are the same at both; who may come in, and what for, is
/// not.
@frozen public enum PortKind: UInt8, Sendable, CaseIterable {
    /// Orders and their answers.
    case order
    /// Listening to what happened; read only.
    case dropCopy
}

/// What a subscription may name as its scope, besides nothing.
@frozen public enum ScopeRule: UInt8, Sendable {
    case nothing
    /// This partition.
    case partition
    /// A session of the own business unit; nothing = all of them, also those to come.
    case session
}

extension PortKind {
    /// True when sessions of this kind may log on here. Market operations may at both: entering
    /// nothing at the one, listening to every business unit at the other.
    public func admits(_ kind: SessionDefinition.Kind) -> Bool {
        switch kind {
        case .trading: self == .order
        case .backOffice: self == .dropCopy
        case .operations: true
        }
    }

    /// How a stream (RefApplID) may be subscribed to here, or nil when it may not. Session data (4)
    /// and risk control (6) come by themselves.
    public func scopeRule(ofStream applID: UInt8) -> ScopeRule? {
        switch applID {
        case 1: self == .dropCopy ? .nothing : nil
        case 2, 10: .nothing
        case 3: .partition
        case 5: self == .dropCopy ? .session : nil
        default: nil
        }
    }
}
