//! Which trace a request is of: the header `traceparent` of W3C Trace Context (Recommendation of 2021-11-23, section 3.2),
//! and whether spans are kept.

use http::{HeaderMap, HeaderName, HeaderValue};
use symbolon_core::random::Entropy;

use crate::incoming::single;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What the systems before have to say to each other. It goes on as it came, and is told to nobody else.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The bit of `trace-flags` that says that there are spans (section 3.2.2.5.1). There is no other that we would set.
const SAMPLED: u8 = 1;

/// A span's place in its trace. No id is zeros alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    /// Whether it is told to the collector.
    pub(super) sampled: bool,
}

impl Context {
    /// The context that a request came with. `None` where it says none, says it twice, or says it wrongly: a trace then
    /// begins here.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        parse(single(headers, &TRACEPARENT)?.as_bytes())
    }

    /// The context of the span of a request that came with `parent`.
    ///
    /// Whether it is kept is drawn by lot, unless `trust` says that the parent knows. The lot has nothing to do with the
    /// trace's id, which a caller chooses.
    pub(super) fn at_door(parent: Option<Self>, trust: bool, sample: f64, entropy: &dyn Entropy) -> Self {
        let (mut trace, mut lot) = ([0; 16], [0; 8]);
        entropy.fill(&mut lot);
        let drawn = is_drawn(u64::from_le_bytes(lot), sample);
        let Some(parent) = parent else {
            entropy.fill(&mut trace);
            return Self { trace: not_zero(trace), span: fresh(entropy), sampled: drawn };
        };
        let sampled = if trust { parent.sampled } else { drawn };
        Self { trace: parent.trace, span: fresh(entropy), sampled }
    }

    /// A span that this one has begun.
    pub(super) fn child(self, entropy: &dyn Entropy) -> Self {
        Self { span: fresh(entropy), ..self }
    }

    /// Names this as the context of a request, which came with a valid one if `joined`: what came beside another says
    /// nothing (section 3.3.1).
    pub(super) fn write(self, headers: &mut HeaderMap, joined: bool) {
        let flags = if self.sampled { SAMPLED } else { 0 };
        let text = format!("00-{}-{}-{flags:02x}", hex(&self.trace), hex(&self.span));
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(TRACEPARENT, value);
        }
        if !joined {
            headers.remove(TRACESTATE);
        }
    }
}

/// Of all numbers, so many are drawn.
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds exactly")]
fn is_drawn(lot: u64, sample: f64) -> bool {
    const BITS: u32 = 53;
    ((lot >> (64 - BITS)) as f64) < sample * (1_u64 << BITS) as f64
}

fn fresh(entropy: &dyn Entropy) -> [u8; 8] {
    let mut id = [0; 8];
    entropy.fill(&mut id);
    not_zero(id)
}

fn not_zero<const N: usize>(mut id: [u8; N]) -> [u8; N] {
    if id == [0; N] {
        id[N - 1] = 1;
    }
    id
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `version-trace-parent-flags`, in lower case. A later version may say more after a dash (section 3.2.4).
fn parse(text: &[u8]) -> Option<Context> {
    let (version, rest) = (one(text.get(..2)?)?, text.get(2..)?);
    let fields = rest.get(..53)?;
    let goes_on = &rest[53..];
    let ends =
        if version == 0 { goes_on.is_empty() } else { goes_on.first().is_none_or(|byte| *byte == b'-') };
    let dashes = [0, 33, 50].iter().all(|at| fields[*at] == b'-');
    if version == 0xff || !ends || !dashes {
        return None;
    }
    let (trace, span) = (bytes(&fields[1..33])?, bytes(&fields[34..50])?);
    let sampled = one(&fields[51..])? & SAMPLED != 0;
    (trace != [0; 16] && span != [0; 8]).then_some(Context { trace, span, sampled })
}

fn bytes<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte = one(digits)?;
    }
    Some(bytes)
}

/// A byte of two digits in lower case.
fn one(digits: &[u8]) -> Option<u8> {
    let lower = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    u8::from_str_radix(str::from_utf8(digits).ok().filter(|_| lower)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    struct Bytes(u8);

    impl Entropy for Bytes {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn of(values: &[&str]) -> Option<Context> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, value.parse().unwrap());
        }
        Context::of(&headers)
    }

    #[test]
    fn what_the_recommendation_calls_valid_is_read() {
        for (text, sampled) in [
            (format!("00-{TRACE}-{SPAN}-01"), true),
            (format!("00-{TRACE}-{SPAN}-00"), false),
            (format!("00-{TRACE}-{SPAN}-ff"), true),
            (format!("00-{TRACE}-{SPAN}-02"), false),
            (format!("01-{TRACE}-{SPAN}-01"), true),
            (format!("fe-{TRACE}-{SPAN}-01-more"), true),
        ] {
            let context = of(&[&text]).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (hex(&context.trace), hex(&context.span)),
                (TRACE.to_owned(), SPAN.to_owned()),
                "{text}"
            );
            assert_eq!(context.sampled, sampled, "{text}");
        }
    }

    #[test]
    fn what_it_calls_invalid_is_not() {
        let good = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&good, &good]), None);
        for text in [
            String::new(),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("01-{TRACE}-{SPAN}-01more"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{}-01", SPAN.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00_{TRACE}-{SPAN}-01"),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("{good},{good}"),
        ] {
            assert_eq!(of(&[&text]), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_a_state_beside_nothing_goes_no_further() {
        let context = Context::at_door(None, false, 1.0, &Bytes(0));
        assert!(context.sampled && context.trace != [0; 16] && context.span != [0; 8]);
        for (joined, left) in [(true, 1), (false, 0)] {
            let mut headers = HeaderMap::new();
            headers.append(TRACEPARENT, "rubbish".parse().unwrap());
            headers.append(TRACEPARENT, "rubbish".parse().unwrap());
            headers.append(TRACESTATE, "a=b".parse().unwrap());
            context.write(&mut headers, joined);
            assert_eq!(Context::of(&headers), Some(context));
            assert_eq!(headers.get_all(TRACESTATE).iter().count(), left);
        }
    }

    #[test]
    fn of_all_numbers_so_many_are_drawn() {
        for (lot, sample, drawn) in [
            (0, 0.0, false),
            (u64::MAX, 1.0, true),
            (0, 0.000_001, true),
            (u64::MAX / 2, 0.5, true),
            (u64::MAX / 2 + 1, 0.5, false),
            (u64::MAX / 10 + (1 << 20), 0.1, false),
        ] {
            assert_eq!(is_drawn(lot, sample), drawn, "{lot} {sample}");
        }
    }

    /// Else a caller could have all of its requests traced, or none.
    #[test]
    fn what_a_caller_says_of_it_counts_only_where_it_is_trusted() {
        for said in [true, false] {
            let parent = Context { trace: [7; 16], span: [8; 8], sampled: said };
            for (trust, sample, sampled) in
                [(true, 0.0, said), (true, 1.0, said), (false, 0.0, false), (false, 1.0, true)]
            {
                let context = Context::at_door(Some(parent), trust, sample, &Bytes(1));
                assert_eq!((context.trace, context.sampled), ([7; 16], sampled), "{said} {trust} {sample}");
                assert_ne!(context.span, parent.span);
            }
        }
    }
}
