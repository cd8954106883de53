import Domain

extension Configuration {
    /// The configuration as a file with every key spelled out; `init(parsing:)` reads it back.
    public func printed() -> String { tree.printed() }

    var tree: JSONValue {
        .object([
            member("version", number(Configuration.version)),
            member(
                "market",
                .object([
                    member("marketID", number(market.marketID)),
                    member("partitionID", number(market.partitionID)),
                    member("organisation", .string(market.organisation)),
                ])),
            member("products", .array(market.products.map(tree(of:)))),
            member("instruments", .array(market.instruments.map(tree(of:)))),
            member("businessUnits", .array(market.units.map(tree(of:)))),
            member("sessions", .array(market.sessions.map(tree(of:)))),
            member("limits", limitsTree),
            member("runtime", runtimeTree),
            member("feed", feedTree),
            member("durability", durabilityTree),
        ])
    }

    private func tree(of product: Product) -> JSONValue {
        .object([
            member("marketSegmentID", number(product.marketSegmentID)),
            member("name", .string(product.name)),
            member("tick", .string(DecimalText.write(product.tick.raw, places: 8))),
            member("lot", .string(DecimalText.write(product.lot.raw, places: 4))),
            member(
                "maximumQuantity",
                .string(DecimalText.write(product.maximumQuantity.raw, places: 4))),
            member("topOfBook", .boolean(product.topOfBook)),
        ])
    }

    private func tree(of instrument: Instrument) -> JSONValue {
        .object([
            member("securityID", number(instrument.securityID)),
            member("name", .string(instrument.name)),
            member("product", number(market.products[instrument.product.index].marketSegmentID)),
        ])
    }

    private func tree(of unit: BusinessUnit) -> JSONValue {
        .object([
            member("id", number(unit.id)),
            member("name", .string(unit.name)),
            member("traders", .array(unit.traders.map(tree(of:)))),
        ])
    }

    private func tree(of trader: Trader) -> JSONValue {
        .object([
            member("id", number(trader.id.raw)),
            member("name", .string(trader.name)),
            member("passwordHash", .string(trader.passwordHash)),
        ])
    }

    private func tree(of session: SessionDefinition) -> JSONValue {
        var members = [
            member("id", number(session.id)),
            member("kind", .string(session.kind.rawValue)),
        ]
        if !session.unit.isNone {
            members.append(member("businessUnit", number(market.units[session.unit.index].id)))
        }
        members += [
            member("passwordHash", .string(session.passwordHash)),
            member(
                "throttle",
                .object([
                    member("messagesMax", number(session.throttle.messagesMax)),
                    member("intervalMillis", number(session.throttle.intervalMillis)),
                    member("disconnectLimit", number(session.throttle.disconnectLimit)),
                ])),
            member(
                "cancelOnDisconnectPersistent", .boolean(session.cancelsPersistentOnDisconnect)),
        ]
        return .object(members)
    }

    private var limitsTree: JSONValue {
        .object([
            member("orderCapacity", number(limits.orderCapacity)),
            member("orderDetailsCapacity", number(limits.orderDetailsCapacity)),
            member("pricePageCapacity", number(limits.pricePageCapacity)),
            member("connectionCapacity", number(limits.connectionCapacity)),
            member("unreadBytesMax", number(limits.unreadBytesMax)),
            member("unsentBytesMax", number(limits.unsentBytesMax)),
            member("slowConsumerSeconds", number(limits.slowConsumerSeconds)),
            member("logonTimeoutSeconds", number(limits.logonTimeoutSeconds)),
            member("massCancelSlice", number(limits.massCancelSlice)),
            member("eventRingCapacity", number(limits.eventRingCapacity)),
        ])
    }

    private var runtimeTree: JSONValue {
        .object([
            member("name", .string(runtime.name)),
            member("address", .string(runtime.address)),
            member("port", number(runtime.port)),
            member("profile", .string(runtime.profile.rawValue)),
            member("threads", .string(runtime.threads.rawValue)),
        ])
    }

    private var feedTree: JSONValue {
        .object([
            member("receivers", .array(feed.receivers.map { .string($0.description) })),
            member("interface", .string(feed.interface)),
            member("hops", number(feed.hops)),
            member("publicFirst", .string(feed.publicFirst.rawValue)),
            member("snapshotPacketsPerSecond", number(feed.snapshotPacketsPerSecond)),
            member("snapshotIntervalMillis", number(feed.snapshotIntervalMillis)),
            member("heartbeatMillis", number(feed.heartbeatMillis)),
        ])
    }

    private var durabilityTree: JSONValue {
        .object([
            member("dataDirectory", .string(durability.dataDirectory)),
            member("mode", .string(durability.mode.rawValue)),
            member("segmentMebibytes", number(durability.segmentMebibytes)),
            member("syncIntervalMillis", number(durability.syncIntervalMillis)),
            member("snapshotEveryCommands", number(durability.snapshotEveryCommands)),
            member("snapshotsKept", number(durability.snapshotsKept)),
        ])
    }

    private func member(_ key: String, _ value: JSONValue) -> JSONValue.Member {
        JSONValue.Member(key: key, value: value)
    }

    private func number(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }
}
