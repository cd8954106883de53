import CommandLineTool

/// A finished measurement as one JSON object.
enum JSONReport {
    static func text(_ report: LatencyReport) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("subject", report.subject)
            json.field("start_ns", report.start.nanos)
            json.field("seconds", report.seconds, decimals: 3)
            json.field("rate_per_second", report.ratePerSecond, decimals: 1)
            json.object("counts") { write(report.counts, &$0) }
            json.array("stages") { json in
                for summary in report.stages { json.object { write(summary, &$0) } }
            }
            json.object("hiccups") { json in
                write(report.hiccups, &json)
                json.array("worst") { json in
                    for gap in report.worstHiccups {
                        json.object {
                            $0.field("at_ns", gap.offsetNanos)
                            $0.field("length_ns", gap.nanos)
                        }
                    }
                }
            }
            json.array("slowest") { json in
                for request in report.slowest { json.object { write(request, &$0) } }
            }
            json.array("series") { json in
                for point in report.series.points {
                    json.object { write(point, report.headline?.stage, &$0) }
                }
            }
            json.object("conditions") { json in
                for condition in report.conditions { json.field(condition.name, condition.value) }
            }
            json.array("not_included") { json in
                for sentence in report.omissions { json.value(sentence) }
            }
            json.array("notes") { json in for note in report.notes { json.value(note) } }
        }
        return json.text
    }

    private static func write(_ counts: MeasurementCounts, _ json: inout JSONWriter) {
        json.field("answers", counts.answers)
        json.field("lost_stamps", counts.lostStamps)
        json.field("overruns", counts.overruns)
        json.field("listener_messages", counts.listenerMessages)
        json.field("unjoined_messages", counts.unjoinedMessages)
        json.field("dropped_messages", counts.droppedMessages)
        json.field("records", counts.records)
        json.field("unjoined_records", counts.unjoinedRecords)
        json.field("unjoined_stamps", counts.unjoinedStamps)
    }

    private static func write(_ summary: StageSummary, _ json: inout JSONWriter) {
        json.field("name", summary.stage.tag)
        json.field("from", summary.stage.points.from.words)
        json.field("to", summary.stage.points.to.words)
        write(summary.percentiles, &json)
        json.field("negative", summary.negativeCount)
        json.field("most_negative_ns", summary.mostNegativeNanos)
    }

    private static func write(_ figures: Percentiles, _ json: inout JSONWriter) {
        json.field("count", figures.count)
        json.field("min_ns", figures.min)
        json.field("p50_ns", figures.p50)
        json.field("p90_ns", figures.p90)
        json.field("p99_ns", figures.p99)
        json.field("p999_ns", figures.p999)
        json.field("p9999_ns", figures.p9999)
        json.field("max_ns", figures.max)
    }

    private static func write(_ request: MeasuredRequest, _ json: inout JSONWriter) {
        json.field("session", request.stamps.sessionID)
        json.field("msg_seq_num", request.stamps.msgSeqNum)
        json.field("gateway_in_ns", request.stamps.gatewayIn.nanos)
        json.field("whole_ns", request.wholeNanos)
        for stage in Stage.allCases where stage.family == .part {
            if let nanos = request.nanos(stage) { json.field(stage.tag + "_ns", nanos) }
        }
    }

    private static func write(
        _ point: TimeSeries.Point, _ stage: Stage?, _ json: inout JSONWriter
    ) {
        json.field("start_ns", point.startNanos)
        json.field("length_ns", point.lengthNanos)
        if let stage {
            let sample = point[stage]
            json.field("count", sample.count)
            json.field("p50_ns", sample.p50)
            json.field("p99_ns", sample.p99)
            json.field("max_ns", sample.max)
        }
        json.field("hiccup_max_ns", point.hiccups.max)
        json.field("lost_stamps", point.lost)
    }
}
