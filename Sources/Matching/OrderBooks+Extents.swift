import Containers

extension OrderBooks {
    /// Visits what the books consist of in memory, for tools that ask whose memory an address is.
    public mutating func forEachExtent(_ body: (StaticString, UnsafeRawBufferPointer) -> Void) {
        body("orders", orders.extent)
        body("free-orders", orders.freeStackExtent)
        body("links", ladders.queues.memberExtent)
        body("level-anchors", ladders.queues.anchorExtent)
        body("pages", ladders.pages.extent)
        body("free-pages", ladders.pages.freeStackExtent)
        body("nodes", ladders.nodes.extent)
        body("ladders", ladders.ladders.extent)
    }
}
