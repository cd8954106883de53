/// Turns the layouts of a schema file into slots and proves that they leave no gap.
struct LayoutResolver {
    let dialect: Schema.Dialect
    let fields: [String: Schema.Field]
    let components: [String: SchemaDocument.Block]

    func group(name: String, block: SchemaDocument.Block) throws -> Schema.Group {
        let slots = try slots(of: block.layout, length: block.length, in: "group \(name)")
        guard block.length % 8 == 0 else {
            throw SchemaError("group \(name): length \(block.length) is not a multiple of 8")
        }
        return Schema.Group(
            name: name, typeName: dialect.prefix + name, says: block.says, length: block.length,
            slots: slots)
    }

    func message(
        _ source: SchemaDocument.Message, groups: [String: Schema.Group]
    ) throws -> Schema.Message {
        let place = "message \(source.name)"
        guard let direction = Schema.Direction(rawValue: source.direction) else {
            throw SchemaError("\(place): direction '\(source.direction)' is unknown")
        }
        guard source.length % 8 == 0, 0...0xFFFE ~= source.id else {
            throw SchemaError("\(place): length or template id is out of the grid")
        }
        let slots = try slots(of: source.layout, length: source.length, in: place)
        let header = slots.prefix(2).map(\.field.name)
        guard header == ["BodyLen", "TemplateID"] else {
            throw SchemaError("\(place): does not open with BodyLen and TemplateID")
        }
        let tail = try (source.tail ?? []).map { tail in
            try self.tail(tail, groups: groups, slots: slots, in: place)
        }
        if dialect.groupSpace == .maximum, tail.contains(where: { $0.entryLength == 1 }) {
            throw SchemaError("\(place): a text has no constant room")
        }
        for part in tail.dropLast() {
            if case .text = part.kind { throw SchemaError("\(place): a text must come last") }
        }
        return Schema.Message(
            id: source.id, name: source.name, dialect: dialect, direction: direction,
            fixedLength: source.length, says: source.says, slots: slots, tail: tail,
            placements: source.layout.compactMap { item in
                item.component.map { Schema.Placement(component: $0, offset: item.at) }
            })
    }

    private func tail(
        _ source: SchemaDocument.Tail, groups: [String: Schema.Group], slots: [Schema.Slot],
        in place: String
    ) throws -> Schema.Tail {
        guard let counter = slots.first(where: { $0.field.name == source.count })?.field,
            counter.counts
        else { throw SchemaError("\(place): \(source.count) is no counter of this message") }
        let kind: Schema.Tail.Kind
        if let name = source.group, let group = groups[name] {
            kind = .group(group)
        } else if let text = source.text {
            kind = .text(text)
        } else {
            throw SchemaError("\(place): the tail counted by \(source.count) is unknown")
        }
        let presences = exceptions(source.mandatory, source.optional, source.unused)
        return Schema.Tail(
            kind: kind, counter: counter, min: source.min ?? 0, max: source.max,
            presences: presences)
    }

    /// Lays the items end to end; every byte must belong to exactly one of them.
    private func slots(
        of layout: [SchemaDocument.Item], length: Int, in place: String
    ) throws -> [Schema.Slot] {
        var slots: [Schema.Slot] = []
        var offset = 0
        for item in layout {
            guard item.at == offset else {
                throw SchemaError("\(place): an item stands at \(item.at) instead of \(offset)")
            }
            if let pad = item.pad {
                offset += pad
            } else if let name = item.field {
                guard let field = fields[name],
                    let presence = item.presence.flatMap(Schema.Presence.init(rawValue:))
                else { throw SchemaError("\(place): \(name) is no field or has no presence") }
                slots.append(Schema.Slot(field: field, offset: offset, presence: presence))
                offset += field.size
            } else if let name = item.component, let component = components[name] {
                let exceptions = exceptions(item.mandatory, item.optional, item.unused)
                let inner = try self.slots(
                    of: component.layout, length: component.length, in: "component \(name)")
                guard exceptions.keys.allSatisfy({ key in inner.contains { $0.field.name == key } })
                else { throw SchemaError("\(place): an exception names no field of \(name)") }
                slots += inner.map { slot in
                    Schema.Slot(
                        field: slot.field, offset: offset + slot.offset,
                        presence: exceptions[slot.field.name] ?? slot.presence, component: name)
                }
                offset += component.length
            } else {
                throw SchemaError("\(place): the item at \(item.at) is no field, component or pad")
            }
        }
        guard offset == length else {
            throw SchemaError("\(place): its items fill \(offset) bytes of \(length)")
        }
        guard Set(slots.map(\.field.name)).count == slots.count else {
            throw SchemaError("\(place): a field occurs twice")
        }
        return slots
    }

    private func exceptions(
        _ mandatory: [String]?, _ optional: [String]?, _ unused: [String]?
    ) -> [String: Schema.Presence] {
        var presences: [String: Schema.Presence] = [:]
        for name in mandatory ?? [] { presences[name] = .mandatory }
        for name in optional ?? [] { presences[name] = .optional }
        for name in unused ?? [] { presences[name] = .unused }
        return presences
    }
}
