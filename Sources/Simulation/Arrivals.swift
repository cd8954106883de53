import SimulatedPlatform

/// In which order a gateway took what clients sent it.
struct Arrivals {
    private var taken: [Int: [(bytes: Int, place: Int)]] = [:]
    private var count = 0

    /// The venue is done with so many bytes of a connection.
    mutating func note(_ socket: SimulatedSocket, bytes: Int) {
        count += 1
        taken[socket.number, default: []].append((bytes, count))
    }

    /// When the request that ends at this byte of the connection was taken.
    func place(of socket: SimulatedSocket, offset: Int) -> Int {
        let row = taken[socket.number] ?? []
        var (low, high) = (0, row.count)
        while low < high {
            let middle = (low + high) / 2
            if row[middle].bytes < offset { low = middle + 1 } else { high = middle }
        }
        return low < row.count ? row[low].place : .max
    }

    mutating func forget() { taken = [:] }
}
