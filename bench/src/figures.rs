//! Figures as people read them.

/// A ratio, with as many digits as say something.
pub(crate) fn times(ratio: f64) -> String {
    match ratio {
        0.0 => "0".to_owned(),
        ratio if ratio < 0.01 => format!("{ratio:.5}").trim_end_matches('0').to_owned(),
        ratio if ratio < 20.0 => format!("{ratio:.2}"),
        ratio => number(ratio),
    }
}

/// A quantity, with as many digits as say something, and thousands apart.
pub(crate) fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.*}", if value < 10.0 { 2 } else { 1 });
    }
    let digits = format!("{value:.0}");
    let mut apart = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_say_something() {
        for (value, text) in [
            (0.5, "0.50"),
            (12.34, "12.3"),
            (999.6, "1,000"),
            (149_000.4, "149,000"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
        for (ratio, text) in
            [(0.0, "0"), (0.000_034, "0.00003"), (0.014, "0.01"), (1.0, "1.00"), (70_123.0, "70,123")]
        {
            assert_eq!(times(ratio), text);
        }
    }
}
