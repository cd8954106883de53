import Domain
import Testing

/// What kind of day a random run is.
struct Profile: Sendable, CustomTestStringConvertible {
    var name: String
    var shape = {
        var shape = EngineHarness.Shape()
        // Audits look at every slot there is.
        shape.orderCapacity = 512
        shape.pageCapacity = 512
        return shape
    }()
    /// Live orders the generator steers towards.
    var liveOrdersGoal = 200
    /// In a thousand commands.
    var modifies = 170
    var deletes = 170
    var massCancels = 8
    var sessionChanges = 8
    /// Something is halted or closed; how soon it is undone is the second number.
    var stateChanges = 1
    /// In a million commands.
    var restarts = 100
    var reopenings = 100
    /// Requests in a thousand that are spoilt in some way.
    var spoilt = 120
    /// New orders in a thousand that are meant to trade.
    var crossing = 350
    /// New orders in a thousand that try to sweep the whole side.
    var sweeps = 2
    /// The next slice of a pending mass cancel is due with so many chances in a thousand.
    var continues = 400
    /// Where new orders go.
    var instruments = Array(0..<6)
    /// Orders in a thousand of any quantity up to the maximum; the others are small.
    var largeQuantities = 100
    /// The largest of the small quantities, in lots.
    var smallLotsMax: Int64 = 20
    /// Commands of one run; then a new seed starts with an empty exchange.
    var runLength = 20_000

    var testDescription: String { name }

    static let all: [Profile] = [
        Profile(name: "an ordinary day"), deepBooks, massCancelling, tinyPools, tinyRing, hostile,
        restless, restarting,
    ]

    /// Books deeper than an answer has room for fills.
    static let deepBooks = {
        var profile = Profile(name: "deep books")
        profile.shape.orderCapacity = 1024
        profile.liveOrdersGoal = 700
        profile.instruments = [1, 4]
        profile.crossing = 10
        profile.largeQuantities = 0
        profile.smallLotsMax = 3
        profile.deletes = 60
        profile.sweeps = 3
        profile.massCancels = 1
        profile.sessionChanges = 1
        return profile
    }()

    static let massCancelling = {
        var profile = Profile(name: "mass cancels in small slices")
        profile.shape.massCancelSlice = 3
        profile.massCancels = 40
        profile.sessionChanges = 30
        profile.continues = 300
        profile.crossing = 150
        return profile
    }()

    static let tinyPools = {
        var profile = Profile(name: "tiny pools")
        profile.shape.orderCapacity = 40
        profile.shape.pageCapacity = 24
        profile.liveOrdersGoal = 60
        return profile
    }()

    static let tinyRing = {
        var profile = Profile(name: "a tiny event ring")
        profile.shape.ringCapacity = 128
        profile.shape.massCancelSlice = 8
        profile.liveOrdersGoal = 300
        profile.sweeps = 10
        return profile
    }()

    static let hostile = {
        var profile = Profile(name: "hostile requests")
        profile.spoilt = 800
        return profile
    }()

    static let restless = {
        var profile = Profile(name: "halts and ends of the day all the time")
        profile.shape.massCancelSlice = 5
        profile.massCancels = 40
        profile.stateChanges = 60
        profile.reopenings = 200
        profile.sessionChanges = 12
        return profile
    }()

    /// A venue that does not live long enough to finish what it began.
    static let restarting = {
        var profile = Profile(name: "restarts all the time")
        profile.shape.massCancelSlice = 5
        profile.restarts = 15_000
        profile.sessionChanges = 60
        profile.massCancels = 20
        profile.stateChanges = 10
        profile.crossing = 150
        return profile
    }()
}
