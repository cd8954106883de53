import CommandLineTool
import Domain

/// A finished measurement as one HTML page that needs nothing else: no network, no script, no font.
///
/// The pictures are SVG of our own, each with its figures in a table beside it. The page is well-formed
/// XML, follows the reader's choice of light or dark, and has rules for narrow screens and for paper.
enum HTMLReport {
    static func text(_ report: LatencyReport) -> String {
        var markup = Markup()
        markup.raw("<!DOCTYPE html>\n")
        markup.element("html", ["lang": "en"]) { markup in
            markup.element("head") { markup in
                markup.empty("meta", ["charset": "utf-8"])
                markup.empty(
                    "meta",
                    ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                markup.element("title", "Latency: \(report.subject)")
                markup.element("style") { $0.raw(Stylesheet.text) }
            }
            markup.raw("\n")
            markup.element("body") { markup in
                header(report, &markup)
                markup.element("main") { body(report, &$0) }
                markup.element("footer") {
                    $0.write("Written by apus-latency \(apusVersion). Times are nanoseconds of ")
                    $0.write("one clock, shown with three digits; counts are exact.")
                }
            }
        }
        return markup.text + "\n"
    }

    private static func body(_ report: LatencyReport, _ markup: inout Markup) {
        stages(report, &markup)
        percentiles(report, &markup)
        breakdown(report, &markup)
        overTime(report, &markup)
        slowest(report, &markup)
        explanations(report, &markup)
        conditions(report, &markup)
    }

    /// A part of the page with a heading.
    static func section(
        _ title: String, id: String, _ markup: inout Markup, _ body: (inout Markup) -> Void
    ) {
        markup.element("section", ["aria-labelledby": id]) {
            $0.element("h2", ["id": id], title)
            body(&$0)
        }
        markup.raw("\n")
    }

    /// A table that scrolls by itself where the screen is too narrow for it.
    static func table(
        caption: String, columns: [String], rows: [[String]], _ markup: inout Markup
    ) {
        markup.element(
            "div", ["class": "scroll", "role": "region", "aria-label": caption, "tabindex": "0"]
        ) { markup in
            markup.element("table") { markup in
                markup.element("caption", caption)
                markup.element("thead") { markup in
                    markup.element("tr") { markup in
                        for column in columns {
                            markup.element("th", ["scope": "col"], column)
                        }
                    }
                }
                markup.element("tbody") { markup in
                    for row in rows {
                        markup.element("tr") { markup in
                            for (index, cell) in row.enumerated() {
                                if index == 0 {
                                    markup.element("th", ["scope": "row"], cell)
                                } else {
                                    markup.element("td", cell)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The names of a plot's lines, each beside a piece of it.
    static func legend(_ entries: [(style: String, name: String)], _ markup: inout Markup) {
        markup.element("ul", ["class": "legend"]) { markup in
            for entry in entries {
                markup.element("li") { markup in
                    markup.element(
                        "svg",
                        ["viewBox": "0 0 34 12", "class": "sample", "aria-hidden": "true"]
                    ) { markup in
                        if entry.style.hasPrefix("curve") {
                            markup.line(1, 6, 33, 6, style: entry.style)
                        } else {
                            markup.rectangle(1, 1, width: 32, height: 10, style: entry.style)
                        }
                    }
                    markup.write(entry.name)
                }
            }
        }
    }

    static let figureNames = Percentiles.names

    static func figures(_ figures: Percentiles) -> [String] {
        [formatGrouped(figures.count)]
            + [
                figures.min, figures.p50, figures.p90, figures.p99, figures.p999, figures.p9999,
                figures.max,
            ].map(formatNanos)
    }
}
