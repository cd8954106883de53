// Events about no order have the fields of an order's state to themselves.
extension Event {
    /// What the product of `productStateChanged` and `productListed` is doing now.
    @inlinable public var productState: ProductTradingState {
        get { ProductTradingState(rawValue: ordStatus.rawValue) ?? .endOfDay }
        set { ordStatus = OrdStatus(rawValue: newValue.rawValue) }
    }

    /// What the product of `productStateChanged` did before.
    @inlinable public var previousProductState: ProductTradingState {
        get { ProductTradingState(rawValue: execType.rawValue) ?? .endOfDay }
        set { execType = ExecType(rawValue: newValue.rawValue) }
    }

    /// The status of the instrument of `instrumentStateChanged` and `instrumentListed` itself; its
    /// product's state may restrict it further.
    @inlinable public var instrumentStatus: SecurityTradingStatus {
        get { SecurityTradingStatus(rawValue: ordStatus.rawValue) }
        set { ordStatus = OrdStatus(rawValue: newValue.rawValue) }
    }

    /// The status that the instrument of `instrumentStateChanged` had itself before.
    @inlinable public var previousInstrumentStatus: SecurityTradingStatus {
        get { SecurityTradingStatus(rawValue: execType.rawValue) }
        set { execType = ExecType(rawValue: newValue.rawValue) }
    }

    /// What `tradingSessionEvent` announces.
    @inlinable public var tradSesEvent: TradSesEvent {
        get { TradSesEvent(rawValue: ordStatus.rawValue) }
        set { ordStatus = OrdStatus(rawValue: newValue.rawValue) }
    }

    /// The business day that `tradingSessionEvent` speaks of, as YYYYMMDD.
    @inlinable public var tradeDate: UInt32 {
        get { UInt32(truncatingIfNeeded: orderQty.raw) }
        set { orderQty = Quantity(raw: Int64(newValue)) }
    }

    /// The number of the listing that a `…Listed` event belongs to; kept in the field that numbers
    /// requests.
    @inlinable public var listing: UInt32 {
        get { msgSeqNum }
        set { msgSeqNum = newValue }
    }
}
