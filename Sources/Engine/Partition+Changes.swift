import Containers
import Domain
import Matching

extension Partition {
    /// The order that a modify or delete names.
    struct NamedOrder {
        var order: Int32 = -1
        var fault = RejectDetail.none
        /// Its place in the ClOrdID table, when it was named by ClOrdID.
        var name: OpenAddressingTable.Probe?
        /// The place of the name that a change gives it, when that is another.
        var newName: OpenAddressingTable.Probe?

        @inline(__always)
        init(_ fault: RejectDetail) { self.fault = fault }

        @inline(__always)
        init(_ order: Int32, _ name: OpenAddressingTable.Probe?) {
            self.order = order
            self.name = name
        }
    }

    /// Finds the order a modify or delete names, or says why it may not be touched.
    ///
    /// Another unit's order is not found, as if it did not exist; one of the own unit that the
    /// requester may not touch is a matter of rights.
    @inline(__always)
    func findNamed(_ command: borrowing Command) -> NamedOrder {
        let owner = command.targetSession.isNone ? command.session : command.targetSession
        if command.orderID.isNone, command.origClOrdID.isNone { return NamedOrder(.orderNotNamed) }
        if owner != command.session, !isSameUnit(owner, command.session) {
            return NamedOrder(.orderNotFound)
        }
        var order: Int32 = -1
        var name: OpenAddressingTable.Probe?
        if !command.origClOrdID.isNone {
            let probe = findName(command.origClOrdID, of: owner)
            order = probe.value
            guard order >= 0 else { return NamedOrder(.orderNotFound) }
            name = probe
        }
        if !command.orderID.isNone {
            let named = findOrder(command.orderID)
            guard named >= 0, books.orders[named].session == owner else {
                return NamedOrder(.orderNotFound)
            }
            if order >= 0, order != named { return NamedOrder(.orderIDsDisagree) }
            order = named
        }
        guard books.orders[order].instrument == command.instrument else {
            return NamedOrder(.instrumentChanged)
        }
        guard books.orders[order].trader == command.trader else {
            return NamedOrder(.notEntitledToOrder)
        }
        return NamedOrder(order, name)
    }

    @inline(__always)
    private func isSameUnit(_ a: SessionIndex, _ b: SessionIndex) -> Bool {
        sessions[a.index].unit == sessions[b.index].unit
    }

    /// The live order of this OrderID, compared whole, or -1.
    @inline(__always)
    func findOrder(_ orderID: OrderID) -> Int32 {
        let slot = orderIDs.slot(of: orderID)
        guard slot >= 0, Int(slot) < books.orders.capacity,
            books.orders[slot].orderID == orderID
        else { return -1 }
        return slot
    }

    /// Changes an order as T7 does: the quantity is the new total, priority is lost by a
    /// new price or more quantity, and an order that then crosses trades as if it had just come in.
    ///
    /// Most who change an order name one of their own by its ClOrdID, rename it, and give it another
    /// price at which it meets nobody; the others take the longer way.
    mutating func modify(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        into events: inout Events
    ) {
        let row = command.instrument.index
        guard instruments[row].isContinuous else {
            return rejectState(command, instruments[row].effectiveStatus, into: &events)
        }
        clOrdIDs.keepGrowing()
        let side = command.attributes.side
        guard command.orderID.isNone, !command.origClOrdID.isNone, command.targetSession.isNone,
            command.deferredReject == .none, command.carriedDetails.isEmpty,
            command.stopPrice.isNone, !command.price.isNone,
            let tick = instruments[row].tick.steps(in: command.price.raw),
            isQuantityGood(command.quantity, row), books.hasRoomForAnyPrice,
            books.best(command.instrument, side.opposite)
                > LevelKey(tick: tick, side: side.opposite),
            !isExhausted(command.instrument)
        else { return modifyNamed(command, orderDetails, into: &events) }
        let name = findName(command.origClOrdID, of: command.session)
        guard name.value >= 0, isPlainReprice(command, name.value), !command.clOrdID.isNone,
            command.clOrdID != command.origClOrdID
        else { return modifyNamed(command, orderDetails, into: &events) }
        let newName = findName(command.clOrdID, of: command.session)
        guard newName.value < 0 else {
            return modifyNamed(command, orderDetails, into: &events)
        }
        var named = NamedOrder(name.value, name)
        named.newName = newName
        adopt(named, command, orderDetails)
        reprice(name.value, command, at: LevelKey(tick: tick, side: side), into: &events)
    }

    /// Whether a change of the requester's own order gives it a new price or more quantity, and no terms
    /// that it may not change. It has no details.
    @inline(__always)
    private func isPlainReprice(_ command: borrowing Command, _ order: Int32) -> Bool {
        guard books.orders[order].instrument == command.instrument,
            books.orders[order].trader == command.trader,
            books.orders[order].attributes.hasSameTerms(as: command.attributes),
            books.orders[order].details < 0, books.orders[order].cumQty < command.quantity
        else { return false }
        if books.orders[order].price != command.price { return true }
        return books.orders[order].orderQty < command.quantity
    }

    /// Moves an order that meets nobody to the end of the queue at its new price, and answers.
    @inline(__always)
    private mutating func reprice(
        _ order: Int32, _ command: borrowing Command, at key: LevelKey, into events: inout Events
    ) {
        var context = makeContext(order)
        context.enteringTrader = command.trader
        writeContext(context, of: order, into: &events)
        books.remove(order)
        renew(order, command)
        books.place(
            order, at: key, on: OrderBooks.ladder(command.instrument, command.attributes.side))
        emitHead(
            OrderReport(
                .orderModified, to: Addressee(command),
                flags: [.endOfTransaction, .rested, .rests, .priorityRenewed],
                clOrdID: command.clOrdID, origClOrdID: command.origClOrdID,
                Outcome(
                    ordStatus: books.orders[order].cumQty == .zero ? .new : .partiallyFilled,
                    execType: .replaced, reason: .orderModified)),
            order, into: &events)
    }

    /// Gives an order the price and quantity of a change, and the last place in time.
    @inline(__always)
    private mutating func renew(_ order: Int32, _ command: borrowing Command) {
        books.orders[order].leavesQty += command.quantity - books.orders[order].orderQty
        books.orders[order].orderQty = command.quantity
        books.orders[order].price = command.price
        books.orders[order].timePriority = execID
    }

    /// Changes an order, however it is named and whatever comes of it. The instrument trades.
    @inline(never)
    private mutating func modifyNamed(
        _ command: borrowing Command, _ orderDetails: UnsafePointer<OrderDetails>,
        into events: inout Events
    ) {
        let row = command.instrument.index
        var named = findNamed(command)
        guard named.fault == .none else { return reject(command, named.fault, into: &events) }
        let order = named.order
        let isOnBehalf = books.orders[order].session != command.session
        if isOnBehalf, !books.orders[order].isStandard {
            return reject(command, .notEntitledToOrder, into: &events)
        }
        if !command.clOrdID.isNone, command.clOrdID != books.orders[order].clOrdID {
            let newName = findName(command.clOrdID, of: books.orders[order].session)
            guard newName.value < 0 else {
                return reject(command, .clOrdIDNotUnique, into: &events)
            }
            named.newName = newName
        }
        let changeFault = judgeChange(command, order)
        guard changeFault == .none else { return reject(command, changeFault, into: &events) }
        guard let tick = instruments[row].tick.steps(in: command.price.raw) else {
            return rejectPrice(command, into: &events)
        }
        let total = command.quantity
        // A total of zero is a way to withdraw the order; below that it is nonsense.
        guard total == .zero || isQuantityGood(total, row) else {
            return rejectQuantity(command, into: &events)
        }
        if books.orders[order].details < 0, !command.carriedDetails.isEmpty, details.isFull {
            return reject(command, .orderPoolFull, into: &events)
        }
        let origClOrdID = books.orders[order].clOrdID
        if total <= books.orders[order].cumQty {
            rename(named, command.clOrdID)
            return cancelByModify(
                order, command, origClOrdID, isOnBehalf: isOnBehalf, into: &events)
        }
        let priceChanges = command.price != books.orders[order].price
        if priceChanges || total > books.orders[order].orderQty {
            let side = books.orders[order].side
            let key = LevelKey(tick: tick, side: side)
            if priceChanges, !books.canPlace(key, command.instrument, side) {
                return reject(command, .priceLevelPoolFull, into: &events)
            }
            if isExhausted(command.instrument) {
                return reject(command, .tradeIDsExhausted, into: &events)
            }
            adopt(named, command, orderDetails)
            return reprioritise(
                order, command, tick: tick, origClOrdID, isOnBehalf: isOnBehalf, into: &events)
        }
        adopt(named, command, orderDetails)
        reduceInPlace(order, command, origClOrdID, isOnBehalf: isOnBehalf, into: &events)
    }

    /// What is wrong with the terms of a change, in the venue's order of checks.
    @inline(__always)
    func judgeChange(_ command: borrowing Command, _ order: Int32) -> RejectDetail {
        let terms = command.attributes
        if command.deferredReject != .none { return command.deferredReject }
        if terms.ordType != .limit { return .ordTypeNotOffered }
        if terms.timeInForce != books.orders[order].timeInForce { return .timeInForceChanged }
        if terms.execInst.isBookOrCancel { return .bookOrCancelNotOffered }
        if !command.stopPrice.isNone { return .stopPriceNotOffered }
        if terms.side != books.orders[order].side { return .sideChanged }
        if terms.isStandard != books.orders[order].isStandard { return .recoveryChanged }
        if terms.execInst.isPersistent != books.orders[order].execInst.isPersistent {
            return .persistenceChanged
        }
        if command.price.isNone { return .limitWithoutPrice }
        return .none
    }

    /// Takes over what a change may change beside price and quantity: name, texts, accounts.
    ///
    /// The long form states all of an order's details anew; the short form has no place for most of
    /// them, so what it leaves out stays.
    @inline(__always)
    mutating func adopt(
        _ named: NamedOrder, _ command: borrowing Command,
        _ orderDetails: UnsafePointer<OrderDetails>
    ) {
        rename(named, command.clOrdID)
        let order = named.order
        books.orders[order].matchInstCrossID = command.matchInstCrossID
        books.orders[order].attributes.tradingCapacity = command.attributes.tradingCapacity
        if !command.carriedDetails.isEmpty {
            keep(orderDetails, command.carriedDetails, for: order)
        } else if books.orders[order].details >= 0, !command.flags.contains(.shortForm) {
            details.free(books.orders[order].details)
            books.orders[order].details = -1
            books.orders[order].detailsFlags = []
        }
    }

    /// Gives an order the name of its last request, where that is a new one.
    @inline(__always)
    mutating func rename(_ named: NamedOrder, _ clOrdID: ClOrdID) {
        guard let newName = named.newName else { return }
        let order = named.order
        let old = books.orders[order].clOrdID
        let name = named.name ?? (old.isNone ? nil : findName(old, of: books.orders[order].session))
        books.orders[order].clOrdID = clOrdID
        if let name {
            clOrdIDs.move(from: name, to: newName)
        } else {
            let inserted = clOrdIDs.insert(at: newName, value: order)
            precondition(inserted, "the ClOrdID table holds as many as the order pool")
        }
    }

    /// Less quantity at the same price: the order keeps its place.
    mutating func reduceInPlace(
        _ order: Int32, _ command: borrowing Command, _ origClOrdID: ClOrdID, isOnBehalf: Bool,
        into events: inout Events
    ) {
        var context = makeContext(order)
        books.reduce(order, by: books.orders[order].orderQty - command.quantity)
        books.orders[order].orderQty = command.quantity
        answerModify(
            order, command, &context, origClOrdID, flags: [.rested, .rests],
            isOnBehalf: isOnBehalf, into: &events)
    }

    /// A new price or more quantity: the order goes to the end of its queue, and may trade.
    mutating func reprioritise(
        _ order: Int32, _ command: borrowing Command, tick: Int64, _ origClOrdID: ClOrdID,
        isOnBehalf: Bool, into events: inout Events
    ) {
        let side = books.orders[order].side
        let previousPrice = books.orders[order].price
        let previousLeavesQty = books.orders[order].leavesQty
        let previousTimePriority = books.orders[order].timePriority
        books.remove(order)
        renew(order, command)
        let limit = LevelKey(tick: tick, side: side.opposite)
        if books.best(command.instrument, side.opposite) <= limit {
            prepareAggressor(order, command, limit: limit)
            aggressor.answersModify = true
            aggressor.priorityRenewed = true
            aggressor.rested = true
            aggressor.isOnBehalf = isOnBehalf
            aggressor.origClOrdID = origClOrdID
            aggressor.previousPrice = previousPrice
            aggressor.previousLeavesQty = previousLeavesQty
            aggressor.previousTimePriority = previousTimePriority
            return match(into: &events)
        }
        books.place(order, at: LevelKey(tick: tick, side: side))
        var context = makeContext(order)
        context.previousPrice = previousPrice
        context.previousLeavesQty = previousLeavesQty
        context.previousTimePriority = previousTimePriority
        answerModify(
            order, command, &context, origClOrdID, flags: [.rested, .rests, .priorityRenewed],
            isOnBehalf: isOnBehalf, into: &events)
    }

    @inline(__always)
    mutating func answerModify(
        _ order: Int32, _ command: borrowing Command, _ context: inout OrderContext,
        _ origClOrdID: ClOrdID, flags: Event.Flags, isOnBehalf: Bool, into events: inout Events
    ) {
        if isOnBehalf {
            emitByOther(
                .orderModifiedByOther, order, origClOrdID, previous: context, by: command.trader,
                into: &events)
        }
        var report = OrderReport(
            .orderModified, to: Addressee(command), flags: flags.union(.endOfTransaction),
            clOrdID: books.orders[order].clOrdID, origClOrdID: origClOrdID,
            Outcome(
                ordStatus: books.orders[order].cumQty == .zero ? .new : .partiallyFilled,
                execType: .replaced, reason: .orderModified))
        if isOnBehalf { report.flags.insert(.onBehalf) }
        context.enteringTrader = command.trader
        emit(report, order, context, into: &events)
    }

    /// The new total is no more than what has executed: nothing is left to be open.
    mutating func cancelByModify(
        _ order: Int32, _ command: borrowing Command, _ origClOrdID: ClOrdID, isOnBehalf: Bool,
        into events: inout Events
    ) {
        var context = makeContext(order)
        context.enteringTrader = command.trader
        books.remove(order)
        books.orders[order].leavesQty = .zero
        if isOnBehalf {
            emitByOther(
                .orderDeletedByOther, order, origClOrdID, previous: context, by: command.trader,
                into: &events)
        }
        var report = OrderReport(
            .orderModified, to: Addressee(command), flags: [.endOfTransaction, .rested],
            clOrdID: books.orders[order].clOrdID, origClOrdID: origClOrdID,
            Outcome(ordStatus: .cancelled, execType: .cancelled, reason: .orderModified))
        if isOnBehalf { report.flags.insert(.onBehalf) }
        emit(report, order, context, into: &events)
        retire(order)
    }

    /// Withdraws an order.
    ///
    /// Most who do name a lean order of their own by its ClOrdID; the others take the longer way.
    mutating func delete(_ command: borrowing Command, into events: inout Events) {
        guard instruments[command.instrument.index].allowsDeletion, command.orderID.isNone,
            !command.origClOrdID.isNone, command.targetSession.isNone,
            command.deferredReject == .none
        else { return deleteNamed(command, into: &events) }
        let name = findName(command.origClOrdID, of: command.session)
        let order = name.value
        guard order >= 0, books.orders[order].isLean,
            books.orders[order].instrument == command.instrument,
            books.orders[order].trader == command.trader
        else { return deleteNamed(command, into: &events) }
        books.remove(order)
        clOrdIDs.remove(at: name)
        unlist(order)
        books.orders[order].leavesQty = .zero
        emitDeletedLean(order, command, into: &events)
        release(order, details: books.orders[order].details)
    }

    /// Withdraws an order, whatever it is and however it is named.
    @inline(never)
    private mutating func deleteNamed(_ command: borrowing Command, into events: inout Events) {
        let row = command.instrument.index
        guard instruments[row].allowsDeletion else {
            return rejectState(command, instruments[row].effectiveStatus, into: &events)
        }
        let named = findNamed(command)
        guard named.fault == .none else { return reject(command, named.fault, into: &events) }
        guard command.deferredReject == .none else {
            return reject(command, command.deferredReject, into: &events)
        }
        let order = named.order
        let leavesQty = books.orders[order].leavesQty
        let isOwn = books.orders[order].session == command.session
        books.remove(order)
        books.orders[order].leavesQty = .zero
        if books.orders[order].isLean, isOwn {
            emitDeletedLean(order, command, into: &events)
        } else {
            emitDeleted(order, command, leavesQty, into: &events)
        }
        guard let name = named.name else { return retire(order) }
        clOrdIDs.remove(at: name)
        retireNameless(order)
    }

    /// A deletion that nobody but the requester hears of.
    @inline(__always)
    private mutating func emitDeletedLean(
        _ order: Int32, _ command: borrowing Command, into events: inout Events
    ) {
        let slot = takeSlot(into: &events)
        emit(
            OrderReport(
                .orderDeleted, to: Addressee(command), flags: [.endOfTransaction, .rested],
                clOrdID: command.clOrdID, origClOrdID: books.orders[order].clOrdID, .deleted),
            order, at: slot)
    }

    /// A deletion that somebody beside the requester hears of.
    private mutating func emitDeleted(
        _ order: Int32, _ command: borrowing Command, _ leavesQty: Quantity,
        into events: inout Events
    ) {
        let isOnBehalf = books.orders[order].session != command.session
        let origClOrdID = books.orders[order].clOrdID
        var context = makeContext(order)
        context.previousLeavesQty = leavesQty
        context.enteringTrader = command.trader
        if isOnBehalf {
            emitByOther(
                .orderDeletedByOther, order, origClOrdID, previous: context, by: command.trader,
                into: &events)
        }
        emit(
            OrderReport(
                .orderDeleted, to: Addressee(command),
                flags: isOnBehalf
                    ? [.endOfTransaction, .rested, .onBehalf] : [.endOfTransaction, .rested],
                clOrdID: command.clOrdID, origClOrdID: origClOrdID, .deleted),
            order, context, into: &events)
    }

    /// Tells the owner what another session of the unit did to the order.
    @inline(never)
    mutating func emitByOther(
        _ kind: Event.Kind, _ order: Int32, _ origClOrdID: ClOrdID, previous: OrderContext,
        by trader: TraderID, into events: inout Events
    ) {
        let owner = books.orders[order].session
        let record = books.orders[order]
        let isDeleted = kind == .orderDeletedByOther
        let status: OrdStatus =
            isDeleted
            ? .cancelled
            : record.leavesQty == .zero ? .filled : record.cumQty == .zero ? .new : .partiallyFilled
        let report = OrderReport(
            kind, to: Addressee(owner, instance: sessions[owner.index].instanceID),
            flags: record.rests ? [.rested, .rests] : .rested, clOrdID: record.clOrdID,
            origClOrdID: origClOrdID,
            Outcome(
                ordStatus: status, execType: isDeleted ? .cancelled : .replaced,
                reason: isDeleted ? .orderCancelled : .orderModified))
        var context = previous
        context.messageIndex = takeMessageIndex(of: previous.unit)
        context.enteringTrader = trader
        emit(report, order, context, into: &events)
    }
}
