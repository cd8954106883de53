import Domain
import Engine

extension FuzzTarget {
    static let snapshot = FuzzTarget(
        "snapshot",
        "a partition's state as bytes: what is restored is in order, and is saved the same",
        lengthMax: 32_768, SavedState.run)
}

/// An input is the length of a state in two bytes, the state, and commands for what is made of it.
enum SavedState {
    static func run(_ input: UnsafeRawBufferPointer) {
        var input = FuzzInput(input)
        let state = [UInt8](input.take(Int(input.number(UInt16.self))))
        guard var partition = FuzzedPartition(restoring: state, ringCapacity: 256) else { return }
        partition.checkInvariants()
        let saved = partition.saved()
        guard var again = FuzzedPartition(restoring: saved, ringCapacity: 256) else {
            fatalError("what was saved cannot be restored")
        }
        require(again.stateHash() == partition.stateHash(), "a state is restored as it was")
        require(again.saved() == saved, "a state is saved the same again")
        guard partition.lastSequence < 1 << 40 else { return }
        var script = CommandScript(input.rest(), after: partition.lastSequence)
        while let (command, details) = script.next(isCancelPending: partition.hasMassCancelPending)
        {
            partition.apply(command, details)
            again.apply(command, details)
            require(partition.stateHash() == again.stateHash(), "both go on alike")
        }
        // The time of a state is in its clock, behind the last sequence.
        let time = again.saved().withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
        }
        guard time < 1 << 62 else { return }
        again.restore()
        require(partition.stateHash() == again.stateHash(), "where it went is a state too")
    }
}

extension FuzzedPartition {
    /// The state as bytes.
    func saved() -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            try save { bytes += $0 }
        } catch {
            fatalError("a state cannot be saved: \(error)")
        }
        return bytes
    }
}
