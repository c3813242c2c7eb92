//! The table and the page.

#[path = "../../../server/src/plugin/bench/plot.rs"]
mod plot;

use crate::measure::{Case, Figures};
use plot::{Line, draw, escaped};
use std::fmt::Write as _;

const STYLE: &str = "body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:68em;padding:0 1em}\
svg text{font:11px system-ui,sans-serif}figure{display:inline-block;margin:0 1.5em 1em 0}\
table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}";

const COLOURS: [&str; 12] = [
    "#1f5fa8", "#c2571a", "#3a7d34", "#8a3fa0", "#b02a37", "#5b6770", "#0f8b8d", "#a67c00",
    "#3f4aa0", "#7a4b2a", "#d1589a", "#2a2a2a",
];

/// A line for each peer and number of candidates.
pub fn table(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let _ = writeln!(text, "{} candidates", case.candidates);
        let _ = writeln!(
            text,
            "  {:<34} {:>11} {:>11} {:>10}",
            "", "p50", "p99", "to native"
        );
        for figures in &case.peers {
            let _ = writeln!(
                text,
                "  {:<34} {:>11} {:>11} {:>9.1}x  {}",
                figures.peer,
                micros(figures.p50_ns),
                micros(figures.p99_ns),
                figures.ratio,
                figures.note
            );
        }
    }
    text
}

/// A page that needs nothing else.
pub fn page(cases: &[Case]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Peers</title><style>{STYLE}</style>\
         <h1>The same decision by peers</h1><p>Skill matching with three weighed skills; the best four agents are ranked. Peers take \
         turns in one run, and all rank the same agents. Ratios count, not times.</p>"
    );
    if cases.len() > 1 {
        let rows: Vec<usize> = cases.iter().map(|case| case.candidates as usize).collect();
        for (caption, of) in [
            (
                "Median, by candidates",
                (|figures| figures.p50_ns / 1_000.0) as fn(&Figures) -> f64,
            ),
            ("99th percentile, by candidates", |figures| {
                figures.p99_ns / 1_000.0
            }),
        ] {
            let plot = draw(&rows, &lines(cases, of), "µs");
            let _ = write!(
                page,
                "<figure><figcaption>{caption}</figcaption>{plot}</figure>"
            );
        }
    }
    for case in cases {
        let _ = write!(
            page,
            "<h2>{} candidates</h2><table><tr><th></th><th>p50</th><th>p99</th><th>to native</th><th></th></tr>",
            case.candidates
        );
        for figures in &case.peers {
            let _ = write!(
                page,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1}×</td><td>{}</td></tr>",
                escaped(&figures.peer),
                micros(figures.p50_ns),
                micros(figures.p99_ns),
                figures.ratio,
                escaped(&figures.note)
            );
        }
        page.push_str("</table>");
    }
    page.push_str("</html>\n");
    page
}

fn lines(cases: &[Case], of: fn(&Figures) -> f64) -> Vec<Line> {
    let names = cases.first().map_or(&[][..], |case| &case.peers);
    let colours = COLOURS.iter().cycle();
    (0..)
        .zip(names)
        .zip(colours)
        .map(|((place, first), &colour)| Line {
            name: first.peer.clone(),
            colour,
            broken: false,
            values: cases
                .iter()
                .filter_map(|case| case.peers.get(place).map(of))
                .collect(),
        })
        .collect()
}

fn micros(nanos: f64) -> String {
    format!("{:.2} µs", nanos / 1_000.0)
}
