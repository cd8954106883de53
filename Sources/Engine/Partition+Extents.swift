import Containers
import Matching

extension Partition {
    /// Visits what the state consists of in memory, for tools that ask whose memory an address is.
    public mutating func forEachExtent(_ body: (StaticString, UnsafeRawBufferPointer) -> Void) {
        withUnsafeBytes(of: &self) { body("partition", $0) }
        books.forEachExtent(body)
        body("names", clOrdIDs.extent)
        body("session-anchors", sessionOrders.anchorExtent)
        body("rows", instruments.extent)
        body("rows", products.extent)
        body("rows", sessions.extent)
        body("rows", units.extent)
        body("fills", fills.extent)
    }
}
