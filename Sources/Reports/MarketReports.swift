import Domain
import Wire

// Events of the market as broadcasts: what a halt deleted, and the beginning and end of the service.
extension EventRecord {
    /// 10308: a halt deleted a session's orders in a product or instrument. Room:
    /// `DeleteAllOrderQuoteEventBroadcastWriter.fixedLength`.
    @discardableResult
    public func writeMarketDeletion(
        to space: UnsafeMutableRawPointer, _ delivery: Delivery, id: ApplMsgID, _ names: ReportNames
    ) -> Int {
        let writer = DeleteAllOrderQuoteEventBroadcastWriter(space)
        writer.initialize()
        delivery.fill(space, id, lastFragment: 1)
        writer.massActionReportID = event.execID.nanos
        writer.securityID = names.securityID
        writer.marketSegmentID = names.marketSegmentID
        writer.massActionReason = event.massActionReason.rawValue
        writer.execInst = event.execInst.rawValue
        return DeleteAllOrderQuoteEventBroadcastWriter.fixedLength
    }

    /// 10307: the service began, began again or ended, in one product or, without a number, in all.
    /// A market reset names the addressee's last message before it. Room:
    /// `TradingSessionStatusBroadcastWriter.fixedLength`.
    @discardableResult
    public func writeSessionEvent(
        to space: UnsafeMutableRawPointer, _ delivery: Delivery, id: ApplMsgID,
        marketSegmentID: Int32, lastBefore last: ApplMsgID? = nil
    ) -> Int {
        let writer = TradingSessionStatusBroadcastWriter(space)
        writer.initialize()
        delivery.fill(space, id, lastFragment: 1)
        writer.marketSegmentID = marketSegmentID
        writer.tradeDate = event.tradeDate
        writer.tradSesEvent = event.tradSesEvent.rawValue
        if event.tradSesEvent == .marketReset, let last {
            last.write(to: space + TradingSessionStatusBroadcastView.refApplLastMsgIDOffset)
        }
        return TradingSessionStatusBroadcastWriter.fixedLength
    }
}
