//! The page with plots.

use super::measure::{Case, Figures, Report};
use super::plot::{Line, draw, escaped};
use std::fmt::Write as _;

const STYLE: &str = "body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:68em;padding:0 1em}\
svg text{font:11px system-ui,sans-serif}figure{display:inline-block;margin:0 1.5em 1em 0}\
table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child{text-align:left}code{font-size:90%}";

const PLUGIN: &str = "#1f5fa8";
const PLUGIN_P99: &str = "#c2571a";
const BASELINE: &str = "#6b6b6b";

/// Writes a page that needs nothing else.
pub(super) fn of(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style><h1>{0}</h1>",
        escaped(&report.plugin.file)
    );
    let components = [
        ("Plugin", Some(&report.plugin)),
        ("Baseline", report.baseline.as_ref()),
    ];
    for (what, component) in components {
        if let Some(component) = component {
            let _ = write!(
                page,
                "<p>{what} <code>{}</code>: {} bytes, SHA-256 <code>{}</code></p>",
                escaped(&component.file),
                component.bytes,
                component.sha256
            );
        }
    }
    page.push_str(
        "<p>A decision is measured from the question to the checked verdict. Fresh: an instance of its own. Warm: an instance that \
         is kept, where the plugin allows it. Plugin and baseline take turns. Instructions are counted in a run apart.</p>",
    );
    for cases in report.cases.chunk_by(|one, next| one.point == next.point) {
        point(&mut page, cases);
    }
    page.push_str("</html>\n");
    page
}

fn point(page: &mut String, cases: &[Case]) {
    let rows: Vec<usize> = cases.iter().map(|case| case.rows).collect();
    let name = cases.first().map_or("", |case| case.point);
    let _ = write!(page, "<h2>{}</h2>", escaped(name));
    // A line needs two points; a single one is in the table.
    if rows.len() > 1 {
        let micros = |nanos: u64| nanos as f64 / 1_000.0;
        let fresh: [Of<'_>; 2] = [&|of| Some(micros(of.fresh.p50_ns)), &|of| {
            Some(micros(of.fresh.p99_ns))
        }];
        let warm: [Of<'_>; 2] = [&|of| Some(micros(of.warm.as_ref()?.p50_ns)), &|of| {
            Some(micros(of.warm.as_ref()?.p99_ns))
        }];
        figure(
            page,
            "Fresh decisions, by rows",
            &rows,
            &lines(cases, fresh),
            "µs",
        );
        figure(
            page,
            "Warm decisions, by rows",
            &rows,
            &lines(cases, warm),
            "µs",
        );
        let instructions: Of<'_> = &|of| Some(of.instructions as f64);
        figure(
            page,
            "Instructions, by rows",
            &rows,
            &one_line(cases, instructions),
            "",
        );
    }
    table(page, cases);
}

type Of<'a> = &'a dyn Fn(&Figures) -> Option<f64>;

/// Median and 99th percentile of the plugin, and of the baseline if there is one.
fn lines(cases: &[Case], [p50, p99]: [Of<'_>; 2]) -> Vec<Line> {
    let of_plugin = |case: &Case, of: Of<'_>| of(&case.plugin);
    let of_baseline = |case: &Case, of: Of<'_>| of(case.baseline.as_ref()?);
    let all = [
        line(
            "p50",
            PLUGIN,
            false,
            cases.iter().map(|case| of_plugin(case, p50)).collect(),
        ),
        line(
            "p99",
            PLUGIN_P99,
            false,
            cases.iter().map(|case| of_plugin(case, p99)).collect(),
        ),
        line(
            "baseline p50",
            BASELINE,
            true,
            cases.iter().map(|case| of_baseline(case, p50)).collect(),
        ),
    ];
    all.into_iter().flatten().collect()
}

fn one_line(cases: &[Case], of: Of<'_>) -> Vec<Line> {
    let plugin = cases.iter().map(|case| of(&case.plugin)).collect();
    let baseline = cases
        .iter()
        .map(|case| of(case.baseline.as_ref()?))
        .collect();
    let all = [
        line("plugin", PLUGIN, false, plugin),
        line("baseline", BASELINE, true, baseline),
    ];
    all.into_iter().flatten().collect()
}

fn line(name: &str, colour: &'static str, broken: bool, values: Option<Vec<f64>>) -> Option<Line> {
    Some(Line {
        name: name.to_owned(),
        colour,
        broken,
        values: values?,
    })
}

fn figure(page: &mut String, caption: &str, rows: &[usize], lines: &[Line], unit: &str) {
    if !lines.is_empty() {
        let plot = draw(rows, lines, unit);
        let _ = write!(
            page,
            "<figure><figcaption>{caption}</figcaption>{plot}</figure>"
        );
    }
}

fn table(page: &mut String, cases: &[Case]) {
    page.push_str(
        "<table><tr><th>rows</th><th>fresh p50, µs</th><th>fresh p99, µs</th><th>warm p50, µs</th><th>warm p99, µs</th>\
         <th>instructions</th><th>memory, KiB</th></tr>",
    );
    for case in cases {
        row(page, &case.rows.to_string(), &case.plugin);
        if let Some(baseline) = &case.baseline {
            row(page, "baseline", baseline);
        }
        if let Some(ratio) = &case.ratio {
            let shown =
                |ratio: Option<f64>| ratio.map_or_else(|| "–".to_owned(), |of| format!("{of:.2}×"));
            let cells = [
                Some(ratio.fresh_p50),
                Some(ratio.fresh_p99),
                ratio.warm_p50,
                ratio.warm_p99,
                Some(ratio.instructions),
                Some(ratio.memory),
            ];
            cells_of(page, "ratio", &cells.map(shown));
        }
    }
    page.push_str("</table>");
}

fn row(page: &mut String, name: &str, figures: &Figures) {
    let micros = |nanos: Option<u64>| {
        nanos.map_or_else(
            || "–".to_owned(),
            |nanos| format!("{:.1}", nanos as f64 / 1_000.0),
        )
    };
    let warm = figures.warm.as_ref();
    let cells = [
        micros(Some(figures.fresh.p50_ns)),
        micros(Some(figures.fresh.p99_ns)),
        micros(warm.map(|times| times.p50_ns)),
        micros(warm.map(|times| times.p99_ns)),
        figures.instructions.to_string(),
        (figures.memory_bytes / 1_024).to_string(),
    ];
    cells_of(page, name, &cells);
}

fn cells_of(page: &mut String, name: &str, cells: &[String]) {
    let _ = write!(page, "<tr><td>{name}</td>");
    for cell in cells {
        let _ = write!(page, "<td>{cell}</td>");
    }
    page.push_str("</tr>");
}
