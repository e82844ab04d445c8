//! The results as a picture: SVG, made of text. Its colours follow the reader's wish for light or dark.

use std::fmt::Write as _;

use crate::figures::{number, times};
use crate::results::{Peers, Report, Standing};
use crate::rounds::{Quantity, Spread};

const WIDTH: f64 = 1_000.0;
const MARGIN: f64 = 24.0;
/// Where the scales begin and end; left of them stands what is measured, right of them how much it was.
const SCALE: (f64, f64) = (450.0, 850.0);
const LINE: f64 = 18.0;

const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}\
.title{font-size:18px;font-weight:600}.strong{font-weight:600}.quiet{fill:#59636e;font-size:12px}\
.end{text-anchor:end}.middle{text-anchor:middle}\
.page{fill:#fff}.grid{stroke:#d1d9e0}.one{stroke:#59636e}\
.ahead{fill:#1a7f37;stroke:#1a7f37}.even{fill:#59636e;stroke:#59636e}.behind{fill:#bc4c00;stroke:#bc4c00}\
.ours{fill:#0969da}.theirs{fill:#8c959f}\
@media(prefers-color-scheme:dark){\
text{fill:#f0f6fc}.quiet{fill:#9198a1}.page{fill:#0d1117}.grid{stroke:#3d444d}.one{stroke:#9198a1}\
.ahead{fill:#3fb950;stroke:#3fb950}.even{fill:#9198a1;stroke:#9198a1}.behind{fill:#f0883e;stroke:#f0883e}\
.ours{fill:#4493f8}.theirs{fill:#656c76}}";

/// The whole picture.
pub(crate) fn of(report: &Report) -> String {
    let mut page = Page { y: MARGIN, body: String::new() };
    if !report.rows.is_empty() {
        baselines(&mut page, report);
    }
    if let Some(peers) = report.peers.as_ref().filter(|peers| !peers.rivals.is_empty()) {
        rivals(&mut page, peers);
    }
    let Page { y: height, body } = page;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"name\">\n<title id=\"name\">What Symbolon \
         costs</title>\n<style>{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}\
         </svg>\n"
    )
}

/// Each ratio with its least and greatest, on a scale of powers of ten around 1.
fn baselines(page: &mut Page, report: &Report) {
    let ratios = || report.rows.iter().flat_map(|row| &row.quantities).map(|quantity| quantity.ratio);
    let scale = Scale::over(ratios().flat_map(|ratio| [ratio.min, ratio.max, 0.5, 2.0]));
    page.title("Symbolon beside what cannot be avoided");
    page.quiet("The ratio to the baseline in each round: median, least and greatest. Green is better than the baseline,");
    page.quiet("orange is worse, grey is neither in every round.");
    let top = page.y;
    page.y += LINE * 1.5;
    for row in &report.rows {
        page.text(MARGIN, "strong", &format!("{}: {}", row.measurement, row.subject));
        page.text(MARGIN, "quiet", &format!("beside {}", row.baseline));
        for quantity in &row.quantities {
            page.whisker(&scale, quantity);
        }
        page.y += LINE / 2.0;
    }
    page.grid(&scale, top, times);
}

/// CPU time for one request, Symbolon's first. Whoever is dearest still leaves room for its number.
fn rivals(page: &mut Page, peers: &Peers) {
    let cpu = |quantities: &[Quantity]| quantities.iter().find(|each| each.unit.starts_with("CPU")).cloned();
    let theirs: Vec<_> =
        peers.rivals.iter().filter_map(|rival| Some((rival, cpu(&rival.quantities)?))).collect();
    let Some((_, first)) = theirs.first() else { return };
    let ours = first.baseline.median;
    let scale = Scale::over(theirs.iter().map(|(_, cpu)| cpu.subject.median).chain([ours]));
    page.y += LINE;
    page.title("CPU time for one request, Symbolon and others");
    page.quiet(&format!(
        "Microseconds on a scale of powers of ten; less is better. One of {} tokens, one scope, one processor.",
        number(f64::from(u32::try_from(peers.tokens).unwrap_or(u32::MAX)))
    ));
    let top = page.y;
    page.y += LINE * 1.5;
    page.bar(&scale, "ours", "Symbolon, proxy and application", ours, "");
    for (rival, cpu) in &theirs {
        let class = if rival.is_ours() { "ours" } else { "theirs" };
        let beside = format!(" ({}×)", times(cpu.ratio.median));
        page.bar(&scale, class, &rival.title, cpu.subject.median, &beside);
    }
    page.grid(&scale, top, number);
    page.y += LINE;
}

/// Powers of ten, from one that is below every value to one that is above.
struct Scale {
    low: i32,
    high: i32,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let logs: Vec<f64> =
            values.filter(|value| *value > 0.0 && value.is_finite()).map(f64::log10).collect();
        let low = logs.iter().copied().fold(0.0, f64::min).floor();
        let high = logs.iter().copied().fold(1.0, f64::max).ceil();
        // A measured value lies far inside what an i32 can hold.
        #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a measured value, rounded")]
        let whole = |log: f64| log as i32;
        Self { low: whole(low), high: whole(high) }
    }

    fn x(&self, value: f64) -> f64 {
        let span = f64::from(self.high - self.low);
        let at = (value.max(f64::MIN_POSITIVE).log10() - f64::from(self.low)) / span;
        SCALE.0 + (SCALE.1 - SCALE.0) * at.clamp(0.0, 1.0)
    }
}

/// What has been drawn, down to `y`.
struct Page {
    y: f64,
    body: String,
}

impl Page {
    fn put(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// A line of text, and to the next one.
    fn text(&mut self, x: f64, class: &str, text: &str) {
        self.y += LINE;
        self.label(x, class, text);
    }

    fn label(&mut self, x: f64, class: &str, text: &str) {
        let y = self.y;
        self.put(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>", escaped(text)));
    }

    fn title(&mut self, text: &str) {
        self.text(MARGIN, "title", text);
        self.y += 4.0;
    }

    fn quiet(&mut self, text: &str) {
        self.text(MARGIN, "quiet", text);
    }

    fn whisker(&mut self, scale: &Scale, quantity: &Quantity) {
        let Spread { median, min, max } = quantity.ratio;
        let class = match quantity.standing() {
            Standing::Ahead => "ahead",
            Standing::Even => "even",
            Standing::Behind => "behind",
        };
        self.text(SCALE.0 - 16.0, "end", &quantity.unit);
        let (from, to, at, y) = (scale.x(min), scale.x(max), scale.x(median), self.y - 4.5);
        self.put(&format!(
            "<path class=\"{class}\" stroke-width=\"3\" d=\"M{from:.1} {y:.1}H{to:.1}\"/><circle class=\"{class}\" \
             cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"5\"/>"
        ));
        self.label(SCALE.1 + 16.0, "strong", &times(median));
    }

    fn bar(&mut self, scale: &Scale, class: &str, title: &str, value: f64, beside: &str) {
        self.y += 6.0;
        self.text(SCALE.0 - 16.0, "end", title);
        let (width, y) = (scale.x(value) - SCALE.0, self.y - 13.0);
        self.put(&format!(
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"2\"/>",
            SCALE.0
        ));
        let text = format!("{}{beside}", number(value));
        self.label(SCALE.0 + width + 8.0, "strong", &text);
    }

    /// A line for each power of ten, behind what was drawn since `top`.
    fn grid(&mut self, scale: &Scale, top: f64, name: impl Fn(f64) -> String) {
        let bottom = self.y + 4.0;
        let mut lines = String::new();
        for power in scale.low..=scale.high {
            let value = 10_f64.powi(power);
            let x = scale.x(value);
            let class = if power == 0 { "one" } else { "grid" };
            let (start, label) = (top + LINE + 6.0, top + LINE);
            let _ = writeln!(lines, "<path class=\"{class}\" d=\"M{x:.1} {start:.1}V{bottom:.1}\"/>");
            let name = name(value);
            let _ =
                writeln!(lines, "<text x=\"{x:.1}\" y=\"{label:.1}\" class=\"quiet middle\">{name}</text>");
        }
        self.body.insert_str(0, &lines);
        self.y = bottom;
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_reaches_from_below_the_least_to_above_the_greatest() {
        let scale = Scale::over([0.03, 250.0].into_iter());
        assert_eq!((scale.low, scale.high), (-2, 3));
        assert!((scale.x(0.01) - SCALE.0).abs() < 1e-9 && (scale.x(1_000.0) - SCALE.1).abs() < 1e-9);
        assert!(scale.x(0.0) >= SCALE.0 && scale.x(1e9) <= SCALE.1);
    }

    #[test]
    fn a_scale_of_nothing_has_a_length() {
        let scale = Scale::over([0.0, f64::INFINITY].into_iter());
        assert_eq!((scale.low, scale.high), (0, 1));
    }

    #[test]
    fn what_stands_in_a_text_is_no_markup() {
        assert_eq!(escaped("a < b & c"), "a &lt; b &amp; c");
    }

    #[test]
    fn the_committed_chart_is_that_of_the_committed_results() {
        let report = serde_json::from_str(include_str!("../../docs/performance.json")).unwrap();
        assert!(
            of(&report) == include_str!("../../docs/performance.svg"),
            "docs/performance.svg is made by `cargo xtask bench --document`"
        );
    }

    #[test]
    fn the_picture_is_well_formed_and_follows_light_and_dark() {
        let picture = of(&serde_json::from_str(include_str!("../../docs/performance.json")).unwrap());
        assert!(picture.contains("prefers-color-scheme:dark"));
        for (element, end) in [("<text ", "</text>"), ("<svg ", "</svg>"), ("<title ", "</title>")] {
            assert_eq!(picture.matches(element).count(), picture.matches(end).count(), "{element}");
        }
        assert!(!picture.contains("NaN") && !picture.contains("inf"));
    }
}
