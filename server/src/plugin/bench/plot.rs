//! A plot as inline SVG: lines over numbers of rows, on a logarithmic scale.

use std::fmt::Write as _;

/// Size of a plot, and the room around its lines, in pixels.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// A line of a plot.
pub(super) struct Line {
    /// What it is called.
    pub(super) name: String,
    /// Its colour, as CSS names it.
    pub(super) colour: &'static str,
    /// Whether it is broken, as lines of the baseline are.
    pub(super) broken: bool,
    /// One value for each number of rows; all above 0.
    pub(super) values: Vec<f64>,
}

/// Draws lines over `rows`; `unit` stands at the values.
pub(super) fn draw(rows: &[usize], lines: &[Line], unit: &str) -> String {
    let values = lines.iter().flat_map(|line| line.values.iter().copied());
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if !low.is_finite() || low <= 0.0 {
        return String::new();
    }
    let (low, high) = (
        low.log10().floor(),
        high.log10().ceil().max(low.log10().floor() + 1.0),
    );
    let x = |place: usize| {
        let steps = rows.len().saturating_sub(1).max(1) as f64;
        LEFT + place as f64 / steps * (WIDTH - LEFT - RIGHT)
    };
    let y = |value: f64| {
        HEIGHT - BOTTOM - (value.log10() - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">"
    );
    let mut power = low;
    while power <= high {
        let value = 10_f64.powf(power);
        let at = y(value);
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {at:.1}H{:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} {}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            short(value),
            escaped(unit),
        );
        power += 1.0;
    }
    for (place, rows) in rows.iter().enumerate() {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{rows}</text>",
            x(place),
            HEIGHT - BOTTOM + 18.0
        );
    }
    let mut label_above = f64::NEG_INFINITY;
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted.sort_by(|one, other| {
        let last = |line: &Line| line.values.last().copied().unwrap_or(1.0);
        last(other).total_cmp(&last(one))
    });
    for Line {
        name,
        colour,
        broken,
        values,
    } in sorted
    {
        let points: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(place, value)| format!("{:.1},{:.1}", x(place), y(*value)))
            .collect();
        let dashes = if *broken {
            " stroke-dasharray=\"5 4\""
        } else {
            ""
        };
        // Names do not stand on each other.
        let at = y(values.last().copied().unwrap_or(1.0)).max(label_above + 13.0);
        label_above = at;
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
            points.join(" "),
            WIDTH - RIGHT + 6.0,
            at + 4.0,
            escaped(name),
        );
        for (place, value) in values.iter().enumerate() {
            let _ = write!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"><title>{}: {value:.1} {}</title></circle>",
                x(place),
                y(*value),
                escaped(name),
                escaped(unit),
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A power of ten for an axis.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{:.0}G", value / 1e9),
        value if value >= 1e6 => format!("{:.0}M", value / 1e6),
        value if value >= 1e3 => format!("{:.0}k", value / 1e3),
        value if value >= 1.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}

/// Text that is safe in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_where_its_logarithm_does() {
        let line = Line {
            name: "<fresh>".to_owned(),
            colour: "navy",
            broken: false,
            values: vec![10.0, 1000.0],
        };
        let svg = draw(&[1, 16], &[line], "µs");
        // 10 is at the bottom, 1000 at the top.
        assert!(svg.contains("points=\"64.0,206.0 310.0,14.0\""), "{svg}");
        assert!(
            svg.contains("&lt;fresh&gt;") && !svg.contains("<fresh>"),
            "{svg}"
        );
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(draw(&[1], &[], "µs"), "");
    }
}
