import CommandLineTool
import Glibc

/// Where a plot's data lies within its picture.
struct PlotArea {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    var width: Double { right - left }
    var height: Double { bottom - top }
}

/// How wide a plot is drawn: every plot comes in both, and the style sheet shows the one that fits, so
/// that the letters stay readable on a phone.
enum PlotSize: String, CaseIterable {
    case wide, narrow

    var width: Double { self == .wide ? 860 : 380 }
    var height: Double { self == .wide ? 400 : 330 }

    /// Room around the data for the labels of the axes.
    var area: PlotArea {
        PlotArea(left: 62, top: 14, right: width - 14, bottom: height - 46)
    }
}

/// Nanoseconds on a logarithmic axis of whole powers of ten.
struct TimeScale {
    let lowest: Int
    let highest: Int
    let area: PlotArea

    /// An axis that all these values fit on; 0 is shown as 1 ns.
    init(values: [UInt64], area: PlotArea) {
        let logs = values.map { log10(Double(max(1, $0))) }
        lowest = Int((logs.min() ?? 0).rounded(.down))
        highest = max(lowest + 1, Int((logs.max() ?? 3).rounded(.up)))
        self.area = area
    }

    func y(_ nanos: UInt64) -> Double {
        let log = log10(Double(max(1, nanos)))
        let share = (log - Double(lowest)) / Double(highest - lowest)
        return area.bottom - min(max(share, 0), 1) * area.height
    }

    /// A line and a name for each power of ten.
    func draw(_ markup: inout Markup) {
        for power in lowest...highest {
            let nanos = UInt64(pow(10, Double(power)))
            markup.line(area.left, y(nanos), area.right, y(nanos), style: "grid")
            markup.label(Self.name(nanos), area.left - 7, y(nanos) + 4, anchor: .end)
        }
    }

    private static func name(_ nanos: UInt64) -> String {
        switch nanos {
        case ..<1_000: "\(nanos) ns"
        case ..<1_000_000: "\(nanos / 1_000) µs"
        case ..<1_000_000_000: "\(nanos / 1_000_000) ms"
        default: "\(nanos / 1_000_000_000) s"
        }
    }
}

/// Percentiles on an axis on which each further nine has the same length.
struct NinesScale {
    /// The last nine shown; at least 99 %.
    let last: Double
    let area: PlotArea

    init(last: Double, area: PlotArea) {
        self.last = max(2, last)
        self.area = area
    }

    func x(_ nines: Double) -> Double { area.left + min(nines / last, 1) * area.width }

    func draw(_ markup: inout Markup) {
        var free = area.left
        for nines in 0...Int(last) {
            let x = x(Double(nines))
            markup.line(x, area.top, x, area.bottom, style: "grid")
            let name = Self.name(nines)
            // Letters are about 7 units wide. A name without room of its own is left out; the last
            // nines are the longest names, and their lines speak for themselves.
            let width = Double(name.count) * 7
            let left = nines == 0 ? x : min(x - width / 2, area.right - width)
            guard left >= free else { continue }
            markup.label(name, left, area.bottom + 17)
            free = left + width + 6
        }
    }

    private static func name(_ nines: Int) -> String {
        switch nines {
        case 0: "0 %"
        case 1: "90 %"
        case 2: "99 %"
        default: "99." + String(repeating: "9", count: nines - 2) + " %"
        }
    }
}

/// Seconds since the start of the run.
struct SecondsScale {
    let seconds: Double
    let area: PlotArea

    init(nanos: UInt64, area: PlotArea) {
        seconds = max(1e-9, Double(nanos) / 1e9)
        self.area = area
    }

    func x(_ nanos: UInt64) -> Double {
        area.left + min(Double(nanos) / 1e9 / seconds, 1) * area.width
    }

    func draw(_ markup: inout Markup) {
        let step = Self.step(seconds, marks: area.width > 500 ? 10 : 5)
        var mark = 0.0
        while mark <= seconds * 1.0001 {
            let x = area.left + mark / seconds * area.width
            markup.line(x, area.bottom, x, area.bottom + 5, style: "axis")
            let anchor: Markup.Anchor = mark == 0 ? .start : mark >= seconds * 0.97 ? .end : .middle
            markup.label(Self.name(mark, step: step), x, area.bottom + 18, anchor: anchor)
            mark += step
        }
    }

    /// 1, 2 or 5 times a power of ten seconds, so that there are about so many marks.
    private static func step(_ seconds: Double, marks: Int) -> Double {
        let wanted = seconds / Double(marks)
        let power = pow(10, log10(wanted).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= wanted { return factor * power }
        return 10 * power
    }

    private static func name(_ seconds: Double, step: Double) -> String {
        formatDecimal(seconds, decimals: step >= 1 ? 0 : step >= 0.1 ? 1 : 2) + " s"
    }
}
