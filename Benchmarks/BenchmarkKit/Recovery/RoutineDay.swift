import Containers
import Domain

/// Commands of a market that first fills and then stays as full: new orders near the touch, most of them
/// soon withdrawn, some changed, some that trade.
struct RoutineDay {
    private let orders: Int
    private var live: [UInt64] = []
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var lastName: UInt64 = 0

    var liveCount: Int { live.count }

    init(orders: Int) {
        self.orders = orders
        live.reserveCapacity(orders + 1)
    }

    mutating func next(_ sequence: UInt64) -> Command {
        random = mix64(random &+ sequence)
        let isFull = live.count >= orders
        let choice = random % 100
        if live.isEmpty || !isFull || choice < 48 {
            lastName += 1
            let trades = isFull && choice < 4
            var command = Self.base(.newOrder, sequence, name: lastName)
            let isBuy = random & 1 << 40 == 0
            // A power law of distances from the middle, in ticks.
            let distance = Int64(1) + Int64(1 << (random >> 20 % 13)) + Int64(random >> 30 % 7)
            let side: Int64 = isBuy == trades ? 1 : -1
            command.price = Price(raw: (50_000 + side * (trades ? 1 : distance)) * 1_000_000)
            command.quantity = Quantity(units: 1 + Int64(random >> 50 % 100))
            command.attributes = OrderAttributes(
                side: isBuy ? .buy : .sell,
                timeInForce: trades ? .immediateOrCancel : .day)
            if !trades { live.append(lastName) }
            return command
        }
        let index = Int(random >> 8 % UInt64(live.count))
        if choice < 94 {
            var command = Self.base(.deleteOrder, sequence, name: 1 << 60 | sequence)
            command.origClOrdID = ClOrdID(raw: live[index])
            live.swapAt(index, live.count - 1)
            live.removeLast()
            return command
        }
        lastName += 1
        var command = Self.base(.modifyOrder, sequence, name: lastName)
        command.origClOrdID = ClOrdID(raw: live[index])
        command.price = Price(raw: 49_000 * 1_000_000)
        command.quantity = Quantity(units: 50)
        command.attributes = OrderAttributes(side: .buy)
        live[index] = lastName
        return command
    }

    private static func base(_ kind: Command.Kind, _ sequence: UInt64, name: UInt64) -> Command {
        var command = Command(kind: kind)
        command.trader = TraderID(raw: 11)
        command.clOrdID = ClOrdID(raw: name)
        command.flags = .shortForm
        RecoveryHistory.stamp(&command, sequence)
        return command
    }
}
