import CommandLineTool

/// One line of a plot with its name; `style` is 1 to 8 for the parts of the way, 0 for the whole.
struct PlotCurve {
    var name: String
    var style: Int
    var points: [CurvePoint]
}

/// Latency over percentiles, both axes logarithmic: the tail gets as much room as the middle.
struct PercentilePlot {
    var title: String
    var description: String
    var curves: [PlotCurve]

    func draw(_ markup: inout Markup, _ size: PlotSize, id: String) {
        let area = size.area
        let points = curves.flatMap(\.points)
        // The fastest tenth may begin at nothing; it does not get to stretch the axis.
        let times = TimeScale(values: points.filter { $0.nines > 0.05 }.map(\.nanos), area: area)
        let nines = NinesScale(last: points.map(\.nines).max() ?? 2, area: area)
        markup.picture(size, id: id, title: title, description: description) { markup in
            times.draw(&markup)
            nines.draw(&markup)
            for curve in curves {
                markup.polyline(
                    curve.points.map { (nines.x($0.nines), times.y($0.nanos)) },
                    style: "curve s\(curve.style)")
            }
            markup.label(
                "percentile", (area.left + area.right) / 2, area.bottom + 38, anchor: .middle,
                style: "label name")
        }
    }
}

/// How a percentile of the whole is made up: a bar for each percentile, a piece for each stage.
struct BreakdownPlot {
    struct Bar {
        var name: String
        var pieces: [(style: Int, nanos: UInt64)]

        var sum: UInt64 { pieces.reduce(0) { $0 + $1.nanos } }
    }

    var title: String
    var description: String
    var bars: [Bar]

    private static let barHeight = 34.0
    private static let step = 62.0

    func draw(_ markup: inout Markup, _ size: PlotSize, id: String) {
        let left = 8.0
        let right = size.width - 8
        let height = Double(bars.count) * Self.step + 6
        markup.picture(size, height: height, id: id, title: title, description: description) {
            markup in
            for (index, bar) in bars.enumerated() {
                let top = Double(index) * Self.step + 20
                markup.label(bar.name, left, top - 5, style: "label name")
                markup.label(
                    formatNanos(bar.sum), right, top - 5, anchor: .end, style: "label name")
                var x = left
                for piece in bar.pieces where bar.sum > 0 {
                    let width = (right - left) * Double(piece.nanos) / Double(bar.sum)
                    markup.rectangle(
                        x, top, width: width, height: Self.barHeight, style: "piece s\(piece.style)"
                    )
                    let text = formatNanos(piece.nanos)
                    // Letters are about 7 units wide; what does not fit stands in the table alone.
                    if width > Double(text.count) * 7 + 8 {
                        markup.label(
                            text, x + width / 2, top + 22, anchor: .middle, style: "label inside")
                    }
                    x += width
                }
            }
        }
    }
}

/// A stage over the time of the run, with the machine's own pauses behind it.
struct TimePlot {
    var title: String
    var description: String
    var series: TimeSeries
    var stage: Stage

    func draw(_ markup: inout Markup, _ size: PlotSize, id: String) {
        let area = size.area
        let points = series.points
        let end = points.last.map { $0.startNanos + $0.lengthNanos } ?? 0
        let answered = points.filter { $0[stage].count > 0 }
        let values =
            answered.flatMap { [$0[stage].p50, $0[stage].max] }
            + points.filter { $0.hiccups.count > 0 }.map(\.hiccups.max)
        let times = TimeScale(values: values, area: area)
        let seconds = SecondsScale(nanos: end, area: area)
        markup.picture(size, id: id, title: title, description: description) { markup in
            for point in points where point[stage].count == 0 || point.lost > 0 {
                let x = seconds.x(point.startNanos)
                markup.rectangle(
                    x, area.top, width: seconds.x(point.startNanos + point.lengthNanos) - x,
                    height: area.height, style: point[stage].count == 0 ? "silence" : "loss")
            }
            times.draw(&markup)
            seconds.draw(&markup)
            for point in points where point.hiccups.count > 0 {
                let x = seconds.x(point.startNanos)
                let width = seconds.x(point.startNanos + point.lengthNanos) - x
                let top = times.y(point.hiccups.max)
                markup.rectangle(
                    x, top, width: max(1, width - 1), height: area.bottom - top, style: "hiccup")
            }
            for (style, value) in Self.lines {
                for run in runs { draw(&markup, run, style, value, seconds, times) }
            }
            markup.label(
                "time since the start", (area.left + area.right) / 2, area.bottom + 38,
                anchor: .middle, style: "label name")
        }
    }

    static let lines: [(style: Int, value: @Sendable (TimeSeries.Sample) -> UInt64)] = [
        (1, { $0.p50 }), (2, { $0.p99 }), (3, { $0.max }),
    ]

    /// Points in a row that have answers: a line does not run through a silence.
    private var runs: [ArraySlice<TimeSeries.Point>] {
        series.points.split { $0[stage].count == 0 }
    }

    private func draw(
        _ markup: inout Markup, _ run: ArraySlice<TimeSeries.Point>, _ style: Int,
        _ value: (TimeSeries.Sample) -> UInt64, _ seconds: SecondsScale, _ times: TimeScale
    ) {
        let places = run.map { point in
            (
                x: seconds.x(point.startNanos + point.lengthNanos / 2),
                y: times.y(value(point[stage]))
            )
        }
        if places.count == 1 {
            // A line of one point would not show.
            markup.line(
                places[0].x - 3, places[0].y, places[0].x + 3, places[0].y,
                style: "curve s\(style)")
        } else {
            markup.polyline(places, style: "curve s\(style)")
        }
    }
}

extension Markup {
    /// A picture with a name and a description for those who do not see it.
    mutating func picture(
        _ size: PlotSize, height: Double? = nil, id: String, title: String, description: String,
        _ body: (inout Markup) -> Void
    ) {
        let name = "\(id)-\(size.rawValue)"
        element(
            "svg",
            [
                "class": size.rawValue,
                "viewBox": "0 0 \(coordinate(size.width)) \(coordinate(height ?? size.height))",
                "role": "img", "aria-labelledby": "\(name)-title \(name)-desc",
            ]
        ) {
            $0.element("title", ["id": "\(name)-title"], title)
            $0.element("desc", ["id": "\(name)-desc"], description)
            body(&$0)
        }
    }
}
