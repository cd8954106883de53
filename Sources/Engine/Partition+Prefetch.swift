import Domain

extension Partition {
    /// Looks ahead at the ClOrdID that a waiting command names, so that its place in the table, which is
    /// anywhere in memory, is in the cache by the command's turn. A command that was not looked at is
    /// applied the same, only later.
    public mutating func prefetch(_ clOrdID: ClOrdID, of session: SessionIndex) {
        clOrdIDs.prefetch(hash: hash(clOrdID, session))
    }
}
