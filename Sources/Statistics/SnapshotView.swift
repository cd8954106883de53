import CommandLineTool
import Telemetry

/// A snapshot as tables for people: threads, rings and pools a row each, then everything else.
///
/// With an earlier snapshot of the same run, totals come with their rate since then.
struct SnapshotView {
    let snapshot: Snapshot
    let earlier: Snapshot?
    /// Rows of zeroes too: labels of which nothing was counted yet.
    var showsZeroes = false

    /// Seconds since the earlier snapshot.
    private var seconds: Double? {
        guard let earlier, snapshot.timeNanos > earlier.timeNanos else { return nil }
        return Double(snapshot.timeNanos - earlier.timeNanos) / 1e9
    }

    var text: String {
        let uptime = formatUptime(snapshot.uptimeNanos)
        var text = "venue \(snapshot.venue), process \(snapshot.processID), up \(uptime)\n"
        for program in snapshot.programs {
            let before = earlier?.programs.first { $0.name == program.name }
            let title = program.name == "venue" ? "" : program.name + " "
            for (name, table) in [
                ("threads", threads(program, before)), ("rings", rings(program, before)),
                ("pools", pools(program)), ("counters", totals(program, before)),
                ("now", gauges(program)),
            ] where !table.isEmpty {
                text += "\n\(title)\(name)\n" + table
            }
        }
        return text
    }

    // MARK: Tables

    private func threads(_ program: Snapshot.Program, _ before: Snapshot.Program?) -> String {
        let rate = seconds == nil ? "" : "/s"
        var table = TextTable([
            ("  thread", .left), ("work\(rate)", .right), ("cycles\(rate)", .right),
            ("busy", .right), ("sleeps\(rate)", .right), ("stalls", .right),
            ("longest", .right), ("lately", .right),
        ])
        let names = Self.values(of: "thread", "thread.cycles", program)
        for name in names {
            func now(_ counter: String) -> UInt64 {
                program.value("thread.\(counter){thread=\(name)}") ?? 0
            }
            func passed(_ counter: String) -> Double {
                change("thread.\(counter){thread=\(name)}", program, before)
            }
            let span = seconds ?? Double(snapshot.uptimeNanos) / 1e9
            let busy = span > 0 ? passed("busy_nanos") / 1e9 / span : 0
            table.add([
                "  " + name, perSecond(passed("work")), perSecond(passed("cycles")),
                percent(busy), perSecond(passed("sleeps")), formatGrouped(now("stalls")),
                formatNanos(now("cycle_max_nanos")), formatNanos(now("cycle_recent_max_nanos")),
            ])
        }
        return names.isEmpty ? "" : table.text
    }

    private func rings(_ program: Snapshot.Program, _ before: Snapshot.Program?) -> String {
        var table = TextTable([
            ("  ring", .left), (seconds == nil ? "slots" : "slots/s", .right),
            ("backlog", .right), ("fill", .right), ("largest", .right), ("capacity", .right),
        ])
        let names = Self.values(of: "ring", "ring.capacity_slots", program)
        for name in names {
            func now(_ counter: String) -> UInt64 {
                program.value("ring.\(counter){ring=\(name)}") ?? 0
            }
            let capacity = now("capacity_slots")
            table.add([
                "  " + name, perSecond(change("ring.slots{ring=\(name)}", program, before)),
                formatGrouped(now("backlog_slots")), share(now("backlog_slots"), of: capacity),
                formatGrouped(now("backlog_max_slots")), formatGrouped(capacity),
            ])
        }
        return names.isEmpty ? "" : table.text
    }

    private func pools(_ program: Snapshot.Program) -> String {
        var table = TextTable([
            ("  pool", .left), ("in use", .right), ("fill", .right), ("capacity", .right),
        ])
        let suffix = "_in_use"
        let pools = program.samples.filter {
            $0.counter.family.hasPrefix("pool.") && $0.counter.family.hasSuffix(suffix)
        }
        for pool in pools {
            let name = pool.counter.family.dropFirst(5).dropLast(suffix.count)
            let capacity = program.value("pool.\(name)_capacity") ?? 0
            table.add([
                "  " + name.replacing("_", with: " "), formatGrouped(pool.value),
                share(pool.value, of: capacity), formatGrouped(capacity),
            ])
        }
        return pools.isEmpty ? "" : table.text
    }

    private func totals(_ program: Snapshot.Program, _ before: Snapshot.Program?) -> String {
        let rows = remaining(program).filter { $0.counter.kind == .total }
        guard !rows.isEmpty else { return "" }
        var table = TextTable(
            [("  counter", .left)] + (seconds == nil ? [] : [("per second", .right)])
                + [("total", .right)])
        for row in rows {
            let rate = perSecond(change(row.counter.name, program, before))
            table.add(
                ["  " + row.counter.name] + (seconds == nil ? [] : [rate]) + [formatted(row)])
        }
        return table.text
    }

    private func gauges(_ program: Snapshot.Program) -> String {
        let rows = remaining(program).filter { $0.counter.kind == .gauge }
        guard !rows.isEmpty else { return "" }
        var table = TextTable([("  gauge", .left), ("value", .right)])
        for row in rows { table.add(["  " + row.counter.name, formatted(row)]) }
        return table.text
    }

    /// What has no table of its own.
    private func remaining(_ program: Snapshot.Program) -> [Snapshot.Sample] {
        program.samples.filter { sample in
            !["thread.", "ring.", "pool."].contains { sample.counter.family.hasPrefix($0) }
                && (showsZeroes || sample.value > 0 || sample.counter.labels.isEmpty)
        }
    }

    // MARK: Numbers

    /// The values of a label in a family, in the order of the declaration.
    private static func values(
        of label: String, _ family: String, _ program: Snapshot.Program
    ) -> [String] {
        program.members(of: family).compactMap { sample in
            sample.counter.labels.first { $0.key == label }?.value
        }
    }

    /// What was counted since the earlier snapshot, or since the start. A program that was started
    /// anew in between counts from there.
    private func change(
        _ name: String, _ program: Snapshot.Program, _ before: Snapshot.Program?
    ) -> Double {
        let now = program.value(name) ?? 0
        let then = before?.value(name) ?? 0
        return Double(now >= then ? now - then : now)
    }

    /// A count as a rate where there is an earlier snapshot.
    private func perSecond(_ count: Double) -> String {
        guard let seconds else { return formatGrouped(UInt64(count)) }
        let rate = count / seconds
        return rate > 0 && rate < 9.95
            ? formatDecimal(rate, decimals: 1) : formatGrouped(UInt64(rate.rounded()))
    }

    private func formatted(_ sample: Snapshot.Sample) -> String {
        sample.isTime ? formatNanos(sample.value) : formatGrouped(sample.value)
    }

    private func percent(_ part: Double) -> String {
        formatDecimal(part * 100, decimals: 1) + " %"
    }

    private func share(_ count: UInt64, of capacity: UInt64) -> String {
        capacity == 0 ? "-" : percent(Double(count) / Double(capacity))
    }

    private func formatUptime(_ nanos: UInt64) -> String {
        let seconds = nanos / 1_000_000_000
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        if hours > 0 { return "\(formatGrouped(hours)) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min \(seconds % 60) s" : "\(seconds) s"
    }
}
