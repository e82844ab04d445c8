//! Charts as inline SVG: a line of thirty days in a row of a list, and bars by day and outcome.

use std::fmt::Write;

use askama::Template;
use askama::filters::HtmlSafe;
use symbolon_api::UsageDay;

use super::moment;
use super::text::{EN, Text, counted, fill, number};

/// Requests by day, small enough for a row of a list: one stroke a day.
#[derive(Template, Debug)]
#[template(path = "parts/sparkline.html")]
pub(super) struct Sparkline {
    label: String,
    /// What is said where there is nothing to draw.
    none: &'static str,
    path: String,
    width: usize,
}

// A template, and so its own values are escaped.
impl HtmlSafe for Sparkline {}

impl Sparkline {
    /// Of a token's requests of so many days, oldest first.
    pub(super) fn of_requests(numbers: &[u64]) -> Self {
        let t = &EN;
        let highest = numbers.iter().copied().max().unwrap_or_default();
        let mut path = String::new();
        for (place, number) in numbers.iter().enumerate().filter(|(_, number)| **number > 0) {
            // Writing to a String does not fail.
            let _ = write!(path, "M{} 24v-{}", place * 4 + 2, scaled(*number, highest, 23));
        }
        let total = counted(t.requests_one, t.requests_many, numbers.iter().sum());
        let days = counted(t.days_one, t.days_many, numbers.len().try_into().unwrap_or(u64::MAX));
        let label = fill(t.spark_label, &[("requests", &total), ("days", &days)]);
        Self { label, none: t.no_requests, path, width: numbers.len() * 4 }
    }
}

/// `number` as a height of at most `height`. What is not nothing is seen.
pub(super) fn scaled(number: u64, highest: u64, height: u64) -> u64 {
    let share = u128::from(number) * u128::from(height) / u128::from(highest.max(1));
    u64::try_from(share).unwrap_or(height).clamp(u64::from(number > 0), height)
}

/// How large a share one is of the largest: a short bar.
#[derive(Template, Debug)]
#[template(path = "parts/share.html")]
pub(super) struct Share {
    width: u64,
}

impl HtmlSafe for Share {}

impl Share {
    /// Of `number` where the largest is `most`.
    pub(super) fn of(number: u64, most: u64) -> Self {
        Self { width: scaled(number, most, 100) }
    }
}

/// Requests by day and outcome: stacked bars. The page has the same numbers as a table.
#[derive(Template, Debug)]
#[template(path = "parts/bars.html")]
pub(super) struct Bars {
    t: &'static Text,
    title: String,
    width: usize,
    top: String,
    middle: String,
    days: Vec<Bar>,
    first_day: String,
}

impl HtmlSafe for Bars {}

#[derive(Debug)]
struct Bar {
    left: usize,
    x: String,
    allowed_y: String,
    allowed_height: String,
    refused_y: String,
    refused_height: String,
    says: String,
}

/// The height of the chart in tenths of its units.
const HEIGHT: u64 = 1_000;

fn tenths(value: u64) -> String {
    if value.is_multiple_of(10) { (value / 10).to_string() } else { format!("{}.{}", value / 10, value % 10) }
}

/// The top of the axis: 2, 4, 6 or 10 times a power of ten, and even, so that its half is whole.
fn top(highest: u64) -> u64 {
    let mut power = 1;
    while power <= u64::MAX / 100 {
        if let Some(top) =
            [2, 4, 6, 10].map(|step| step * power).into_iter().find(|top| top % 2 == 0 && *top >= highest)
        {
            return top;
        }
        power *= 10;
    }
    highest
}

impl Bar {
    fn of(place: usize, day: &UsageDay, top: u64) -> Self {
        let allowed = scaled(day.allowed, top, HEIGHT - 5);
        let refused = scaled(day.refused, top, HEIGHT - 5).min(HEIGHT - allowed);
        let name = moment::day_of(&day.day);
        let says =
            [("day", name.as_str()), ("allowed", &number(day.allowed)), ("refused", &number(day.refused))];
        Self {
            left: place * 10,
            x: tenths(u64::try_from(place).unwrap_or_default() * 100 + 15),
            allowed_y: tenths(HEIGHT - allowed),
            allowed_height: tenths(allowed),
            refused_y: tenths(HEIGHT - allowed - refused),
            refused_height: tenths(refused),
            says: fill(EN.bar_says, &says),
        }
    }
}

impl Bars {
    /// Of these days, oldest first.
    pub(super) fn of(days: &[UsageDay]) -> Self {
        let t = &EN;
        let top =
            top(days.iter().map(|day| day.allowed.saturating_add(day.refused)).max().unwrap_or_default());
        let total = |of: fn(&UsageDay) -> u64| number(days.iter().map(of).fold(0, u64::saturating_add));
        let (allowed, refused) = (total(|day| day.allowed), total(|day| day.refused));
        Self {
            t,
            title: fill(t.bars_title, &[("allowed", &allowed), ("refused", &refused)]),
            width: days.len() * 10,
            top: number(top),
            middle: number(top / 2),
            first_day: days.first().map(|day| moment::day_of(&day.day)).unwrap_or_default(),
            days: days.iter().enumerate().map(|(place, day)| Bar::of(place, day, top)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_with_one_request_is_seen_beside_one_with_a_million() {
        let line = Sparkline::of_requests(&[1, 0, 1_000_000]);
        assert_eq!(line.path, "M2 24v-1M10 24v-23");
        assert!(Sparkline::of_requests(&[0, 0]).path.is_empty());
    }

    #[test]
    fn bars_stay_within_their_chart() {
        let height = |text: &str| text.parse::<f64>().unwrap();
        for (allowed, refused) in [(u64::MAX / 2, u64::MAX / 2), (0, 1), (1, 0), (0, 0), (7, 3), (999, 1)] {
            let day = UsageDay { day: "2026-11-26".to_owned(), allowed, refused };
            let chart = Bars::of(&[day]);
            let bar = &chart.days[0];
            assert!(height(&bar.refused_y) >= 0.0, "{bar:?}");
            assert_eq!(bar.allowed_height != "0", allowed > 0, "{bar:?}");
            assert_eq!(bar.refused_height != "0", refused > 0, "{bar:?}");
        }
    }

    #[test]
    fn equal_numbers_have_equal_heights() {
        let chart = Bars::of(&[UsageDay { day: "2026-11-26".to_owned(), allowed: 1, refused: 1 }]);
        assert_eq!(chart.days[0].allowed_height, chart.days[0].refused_height);
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (highest, round) in
            [(0, 2), (1, 2), (2, 2), (3, 4), (7, 10), (11, 20), (21, 40), (61, 100), (1_001, 2_000)]
        {
            assert_eq!(top(highest), round, "{highest}");
        }
    }
}
