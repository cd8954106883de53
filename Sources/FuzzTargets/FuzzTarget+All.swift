extension FuzzTarget {
    /// Every target, in the order of the way that bytes take through the venue and back.
    public static let all: [FuzzTarget] = [
        requests, responses, client, datagram, books, engine, sessions, market, snapshot,
        snapshotFile, genesis, archive, journal, commandRing, history, surface, configuration,
        lobster,
        record, histograms, gzip,
    ]
}
