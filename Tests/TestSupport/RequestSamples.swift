import Wire

/// Gives a request its number.
package func setMsgSeqNum(_ frame: inout [UInt8], _ number: UInt32) {
    frame.withUnsafeMutableBytes {
        $0.storeBytes(of: number, toByteOffset: 16, as: UInt32.self)
    }
}

/// One of each request that a trading session can make, logon and logout apart.
package enum RequestSamples {
    package static func all(from first: UInt32) -> [[UInt8]] {
        var samples = [
            Frames.shortOrder(0), Frames.order(0), Frames.shortModify(0), Frames.modify(0),
            Frames.delete(0), Frames.deleteAll(0), Frames.subscribe(0, stream: 2),
            Frames.unsubscribe(0, handle: 1), Frames.userLogin(0, user: 12, password: "apus-12"),
            Frames.userLogout(0, user: 12),
        ]
        for index in samples.indices { setMsgSeqNum(&samples[index], first) }
        return samples
    }
}
