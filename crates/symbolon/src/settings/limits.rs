//! What is set for how much a door takes, and how long it waits. It holds for every door alike, but for how much goes on
//! to an application, which is for proxies.

use std::num::NonZeroU64;
use std::ops::RangeInclusive;

use serde::Deserialize;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::ProxyLimits;
use toml::Spanned;

use super::place::{Fault, Place, Said};
use super::resolve::{fault, wait};
use super::source::At;

/// What is said of limits.
#[derive(Default)]
pub(super) struct LimitsDraft {
    connections: Option<Said<u64>>,
    headers: Option<Said<String>>,
    header_bytes: Option<Said<u64>>,
    body_bytes: Option<Said<u64>>,
    body_rate: Option<Said<u64>>,
    upstream_requests: Option<Said<u64>>,
    streams: Option<Said<u64>>,
    stall: Option<Said<String>>,
    grace: Option<Said<String>>,
}

/// `[limits]` as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsSource {
    connections: Option<Spanned<u64>>,
    headers: Option<Spanned<String>>,
    header_bytes: Option<Spanned<u64>>,
    body_bytes: Option<Spanned<u64>>,
    body_rate: Option<Spanned<u64>>,
    upstream_requests: Option<Spanned<u64>>,
    streams: Option<Spanned<u64>>,
    stall: Option<Spanned<String>>,
    grace: Option<Spanned<String>>,
}

impl LimitsSource {
    pub(super) fn draft(self, at: &At<'_>) -> LimitsDraft {
        LimitsDraft {
            connections: at.maybe(self.connections),
            headers: at.maybe(self.headers),
            header_bytes: at.maybe(self.header_bytes),
            body_bytes: at.maybe(self.body_bytes),
            body_rate: at.maybe(self.body_rate),
            upstream_requests: at.maybe(self.upstream_requests),
            streams: at.maybe(self.streams),
            stall: at.maybe(self.stall),
            grace: at.maybe(self.grace),
        }
    }
}

/// Writes a variable of the environment.
pub(super) fn write(draft: &mut LimitsDraft, place: &Place, key: &[&str], value: &str) -> Result<(), String> {
    let text = || Some(Said::at(place, value.to_owned()));
    let count = || {
        let value = value.parse().map_err(|_| format!("it is a whole number, not {value:?}"))?;
        Ok::<_, String>(Some(Said::at(place, value)))
    };
    match key {
        ["CONNECTIONS"] => draft.connections = count()?,
        ["HEADERS"] => draft.headers = text(),
        ["HEADER_BYTES"] => draft.header_bytes = count()?,
        ["BODY_BYTES"] => draft.body_bytes = count()?,
        ["BODY_RATE"] => draft.body_rate = count()?,
        ["UPSTREAM_REQUESTS"] => draft.upstream_requests = count()?,
        ["STREAMS"] => draft.streams = count()?,
        ["STALL"] => draft.stall = text(),
        ["GRACE"] => draft.grace = text(),
        _ => {
            return Err("there is no such setting of limits; there are CONNECTIONS, HEADERS, HEADER_BYTES, \
                        BODY_BYTES, BODY_RATE, UPSTREAM_REQUESTS, STREAMS, STALL and GRACE"
                .to_owned());
        }
    }
    Ok(())
}

/// What holds at every door, and what at proxies.
pub(super) fn resolve(draft: &LimitsDraft, faults: &mut Vec<Fault>) -> (Limits, ProxyLimits) {
    let (mut limits, mut proxy) = (Limits::default(), ProxyLimits::default());
    // The HTTP library takes no smaller buffer than this for headers, and counts streams in 31 bits.
    let counts = [
        (&draft.connections, "connections", 1..=1_000_000),
        (&draft.header_bytes, "header_bytes", 8192..=1_048_576),
        (&draft.streams, "streams", 1..=10_000),
        (&draft.body_bytes, "body_bytes", 1..=1_099_511_627_776),
        (&draft.body_rate, "body_rate", 0..=1_048_576),
        (&draft.upstream_requests, "upstream_requests", 1..=1_000_000),
    ];
    let [connections, header_bytes, streams, body_bytes, body_rate, requests] =
        counts.map(|(said, name, range)| said.as_ref().and_then(|said| count(said, name, &range, faults)));
    limits.connections =
        connections.and_then(|count| usize::try_from(count).ok()).unwrap_or(limits.connections);
    limits.header_bytes =
        header_bytes.and_then(|count| usize::try_from(count).ok()).unwrap_or(limits.header_bytes);
    limits.streams = streams.and_then(|count| u32::try_from(count).ok()).unwrap_or(limits.streams);
    limits.headers = wait(draft.headers.as_ref(), limits.headers, faults);
    limits.stall = wait(draft.stall.as_ref(), limits.stall, faults);
    limits.grace = wait(draft.grace.as_ref(), limits.grace, faults);
    // Of no bytes there is no rate.
    limits.body_rate = body_rate.map_or(limits.body_rate, NonZeroU64::new);
    proxy.body_rate = limits.body_rate;
    proxy.body_bytes = body_bytes;
    proxy.requests = requests.and_then(|count| usize::try_from(count).ok()).unwrap_or(proxy.requests);
    (limits, proxy)
}

fn count(said: &Said<u64>, name: &str, range: &RangeInclusive<u64>, faults: &mut Vec<Fault>) -> Option<u64> {
    let count = Some(said.value).filter(|count| range.contains(count));
    if count.is_none() {
        let (least, most) = (range.start(), range.end());
        faults.push(fault(&said.place, format!("{name} is from {least} to {most}, not {}", said.value)));
    }
    count
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::settings;
    use super::*;

    #[test]
    fn limits_are_set_in_the_file_and_in_the_environment() {
        let none = settings("", &[]).unwrap();
        assert_eq!(none.proxy_limits, ProxyLimits::default());
        assert_eq!(none.limits.body_rate.unwrap().get(), 240);
        assert_eq!(none.limits.header_bytes, Limits::default().header_bytes);
        let text = "[limits]\nconnections = 7\nheaders = \"5s\"\nheader_bytes = 8192\nstreams = 3\n\
                    body_bytes = 10\nbody_rate = 0\nupstream_requests = 5\nstall = \"2m\"\ngrace = \"500ms\"\n";
        let said = settings(text, &[]).unwrap();
        let limits = ProxyLimits { requests: 5, body_bytes: Some(10), body_rate: None };
        assert_eq!((said.proxy_limits, said.limits.body_rate), (limits, None));
        let said = said.limits;
        assert_eq!((said.connections, said.header_bytes, said.streams), (7, 8192, 3));
        let (headers, stall, grace) =
            (Duration::from_secs(5), Duration::from_mins(2), Duration::from_millis(500));
        assert_eq!((said.headers, said.stall, said.grace), (headers, stall, grace));
        let variables = [
            ("SYMBOLON_CONFIG_LIMITS__CONNECTIONS", "8"),
            ("SYMBOLON_CONFIG_LIMITS__HEADERS", "6s"),
            ("SYMBOLON_CONFIG_LIMITS__HEADER_BYTES", "9000"),
            ("SYMBOLON_CONFIG_LIMITS__BODY_BYTES", "11"),
            ("SYMBOLON_CONFIG_LIMITS__BODY_RATE", "12"),
            ("SYMBOLON_CONFIG_LIMITS__UPSTREAM_REQUESTS", "6"),
            ("SYMBOLON_CONFIG_LIMITS__STREAMS", "4"),
            ("SYMBOLON_CONFIG_LIMITS__STALL", "3m"),
            ("SYMBOLON_CONFIG_LIMITS__GRACE", "1s"),
        ];
        let said = settings(text, &variables).unwrap();
        let limits = ProxyLimits { requests: 6, body_bytes: Some(11), body_rate: NonZeroU64::new(12) };
        assert_eq!((said.proxy_limits, said.limits.body_rate), (limits, NonZeroU64::new(12)));
        let said = said.limits;
        assert_eq!((said.connections, said.header_bytes, said.streams), (8, 9000, 4));
        let (headers, stall, grace) =
            (Duration::from_secs(6), Duration::from_mins(3), Duration::from_secs(1));
        assert_eq!((said.headers, said.stall, said.grace), (headers, stall, grace));
    }

    #[test]
    fn a_limit_that_is_none_is_refused_with_its_line() {
        for (line, expected) in [
            ("connections = 0", "connections is from 1 to 1000000, not 0"),
            ("header_bytes = 8191", "header_bytes is from 8192 to 1048576, not 8191"),
            ("streams = 10001", "streams is from 1 to 10000, not 10001"),
            ("body_bytes = 0", "body_bytes is from 1 to 1099511627776, not 0"),
            ("body_rate = 1048577", "body_rate is from 0 to 1048576, not 1048577"),
            ("upstream_requests = 0", "upstream_requests is from 1 to 1000000, not 0"),
            ("streams = -1", "invalid value: integer `-1`"),
            ("headers = \"0s\"", "a wait is written such as 5s"),
            ("stall = 5", "invalid type: integer `5`"),
            ("grace = \"25h\"", "a wait is written such as 5s"),
            ("bodies = 1", "unknown field `bodies`"),
        ] {
            let told = settings(&format!("[limits]\n{line}"), &[]).unwrap_err();
            assert!(told.starts_with(&format!("conf/symbolon.toml:2: {expected}")), "{line}\n{told}");
        }
        for (key, expected) in
            [("STREAMS", "it is a whole number, not \"x\""), ("STREAM", "there is no such setting")]
        {
            let name = format!("SYMBOLON_CONFIG_LIMITS__{key}");
            let told = settings("", &[(&name, "x")]).unwrap_err();
            assert!(told.starts_with(&format!("{name}: {expected}")), "{told}");
        }
    }
}
