import Domain
import Reports
import Wire

extension ReferenceTables {
    /// The wire's numbers of what an event names. Of an event about no unit or product they have no
    /// value.
    public func names(of event: EventRecord) -> ReportNames {
        let (head, context) = (event.event, event.context)
        let product =
            head.instrument.isNone ? context.product : instruments[head.instrument.index].product
        let owner = event.ownerSession
        return ReportNames(
            securityID: head.instrument.isNone
                ? nil : instruments[head.instrument.index].securityID,
            marketSegmentID: product.isNone ? Null.i32 : products[product.index],
            sessionID: owner.isNone ? Null.u32 : sessions[owner.index].id,
            unitID: context.unit.isNone ? Null.u32 : units[context.unit.index])
    }

    /// Whether all positions that an event names exist; somebody else may have written it.
    public func knows(_ event: EventRecord) -> Bool {
        let (head, context, owner) = (event.event, event.context, event.ownerSession)
        return (head.instrument.isNone || head.instrument.index < instruments.count)
            && (context.product.isNone || context.product.index < products.count)
            && (owner.isNone || owner.index < sessions.count)
            && (context.unit.isNone || context.unit.index < units.count)
    }
}
