import CommandLineTool

extension Snapshot {
    /// One JSON object on one line; counters by their full names.
    var json: String {
        var json = JSONWriter()
        json.object {
            $0.field("venue", venue)
            $0.field("process", processID)
            $0.field("start_time_nanos", startNanos)
            $0.field("time_nanos", timeNanos)
            $0.object("programs") {
                for program in programs {
                    $0.object(program.name) {
                        for sample in program.samples {
                            $0.field(sample.counter.name, sample.value)
                        }
                    }
                }
            }
        }
        return json.text
    }
}
