extension OrderBooks {
    /// Pages of 64 price levels in use.
    public var pageCount: Int { ladders.pageCount }
}
