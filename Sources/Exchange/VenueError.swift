import Runtime

/// Why a venue cannot be made; a sentence.
public enum VenueError: Error, CustomStringConvertible {
    case plan(ThreadPlan.PlanError)
    case recovery(RecoveryError)

    public var description: String {
        switch self {
        case .plan(let error): error.description
        case .recovery(let error): error.description
        }
    }
}
