//! What is set for traces.

use serde::Deserialize;
use symbolon_server::TraceSettings;
use toml::Spanned;

use super::place::{Fault, Place, Said};
use super::resolve::fault;
use super::source::At;

/// Of how many requests there are spans unless something else is said.
const SAMPLE: f64 = 0.1;

/// What is said of traces.
pub(super) struct TelemetryDraft {
    /// Where it was first named.
    place: Place,
    otlp: Option<Said<String>>,
    trace_sample: Option<Said<f64>>,
    trust_traceparent: Option<Said<bool>>,
}

/// `[telemetry]` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TelemetrySource {
    otlp: Option<Spanned<String>>,
    trace_sample: Option<Spanned<f64>>,
    trust_traceparent: Option<Spanned<bool>>,
}

impl TelemetrySource {
    pub(super) fn draft(source: Spanned<Self>, at: &At<'_>) -> TelemetryDraft {
        let place = at.place(source.span().start);
        let Self { otlp, trace_sample, trust_traceparent } = source.into_inner();
        TelemetryDraft {
            place,
            otlp: at.maybe(otlp),
            trace_sample: at.maybe(trace_sample),
            trust_traceparent: at.maybe(trust_traceparent),
        }
    }
}

/// Writes a variable of the environment.
pub(super) fn write(
    draft: &mut Option<TelemetryDraft>,
    place: &Place,
    key: &[&str],
    value: &str,
) -> Result<(), String> {
    let none =
        || TelemetryDraft { place: place.clone(), otlp: None, trace_sample: None, trust_traceparent: None };
    match key {
        ["OTLP"] => draft.get_or_insert_with(none).otlp = Some(Said::at(place, value.to_owned())),
        ["TRACE_SAMPLE"] => {
            let value = value.parse().map_err(|_| format!("it is a number from 0 to 1, not {value:?}"))?;
            draft.get_or_insert_with(none).trace_sample = Some(Said::at(place, value));
        }
        ["TRUST_TRACEPARENT"] => {
            let value = super::env::truth(place, value)?;
            draft.get_or_insert_with(none).trust_traceparent = Some(value);
        }
        _ => {
            return Err("there is no such setting of telemetry; there are OTLP, TRACE_SAMPLE and \
                        TRUST_TRACEPARENT"
                .to_owned());
        }
    }
    Ok(())
}

pub(super) fn resolve(draft: TelemetryDraft, faults: &mut Vec<Fault>) -> Option<TraceSettings> {
    let TelemetryDraft { place, otlp, trace_sample, trust_traceparent } = draft;
    if let Some(said) = trace_sample.as_ref().filter(|said| !(0.0..=1.0).contains(&said.value)) {
        faults.push(fault(&said.place, format!("trace_sample is from 0 to 1, not {}", said.value)));
    }
    let Some(otlp) = otlp else {
        let message = "traces need a collector: name it as otlp, such as http://127.0.0.1:4318";
        faults.push(fault(&place, message));
        return None;
    };
    if !cfg!(feature = "otlp") {
        let message =
            "this symbolon is built without traces; build it with --features otlp, or leave otlp out";
        faults.push(fault(&otlp.place, message));
        return None;
    }
    let collector = otlp.value.parse().map_err(|error| faults.push(fault(&otlp.place, error)));
    Some(TraceSettings {
        collector: collector.ok()?,
        sample: trace_sample.map_or(SAMPLE, |said| said.value),
        trust_parent: trust_traceparent.is_some_and(|said| said.value),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;

    #[cfg(feature = "otlp")]
    #[test]
    fn traces_are_set_in_the_file_and_in_the_environment() {
        assert_eq!(settings("", &[]).unwrap().traces, None);
        let said = settings("[telemetry]\notlp = \"http://127.0.0.1:4318\"", &[]).unwrap().traces.unwrap();
        assert_eq!(said.collector.to_string(), "http://127.0.0.1:4318");
        assert!((said.sample - 0.1).abs() < f64::EPSILON && !said.trust_parent);
        let text = "[telemetry]\notlp = \"http://a\"\ntrace_sample = 1\ntrust_traceparent = false";
        let variables = [
            ("SYMBOLON_CONFIG_TELEMETRY__OTLP", "http://b:1"),
            ("SYMBOLON_CONFIG_TELEMETRY__TRUST_TRACEPARENT", "true"),
        ];
        let said = settings(text, &variables).unwrap().traces.unwrap();
        assert_eq!(said.collector.to_string(), "http://b:1");
        assert!(said.sample > 0.99 && said.trust_parent);
        let variables = [("SYMBOLON_CONFIG_TELEMETRY__TRACE_SAMPLE", "0.5")];
        assert!(settings(text, &variables).unwrap().traces.unwrap().sample < 0.6);
    }

    #[cfg(feature = "otlp")]
    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, expected) in [
            (
                "otlp = \"http://a:4318/v1/traces\"",
                "conf/symbolon.toml:2: a collector is written http://host:port",
            ),
            ("otlp = \"https://a:4318\"", "conf/symbolon.toml:2: TLS to a collector is not supported"),
            ("trace_sample = 0.5", "conf/symbolon.toml:1: traces need a collector"),
            (
                "otlp = \"http://a\"\ntrace_sample = 1.5",
                "conf/symbolon.toml:3: trace_sample is from 0 to 1, not 1.5",
            ),
            (
                "otlp = \"http://a\"\ntrace_sample = nan",
                "conf/symbolon.toml:3: trace_sample is from 0 to 1, not NaN",
            ),
            ("otlp = \"http://a\"\ntrace_sample = \"all\"", "conf/symbolon.toml:3: invalid type"),
            ("collector = \"http://a\"", "conf/symbolon.toml:2: unknown field `collector`"),
        ] {
            let told = settings(&format!("[telemetry]\n{text}"), &[]).unwrap_err();
            assert!(told.starts_with(expected), "{text}: {told}");
        }
        let told = settings("", &[("SYMBOLON_CONFIG_TELEMETRY__TRACE_SAMPLE", "half")]).unwrap_err();
        assert!(told.contains("TELEMETRY__TRACE_SAMPLE: it is a number from 0 to 1, not \"half\""), "{told}");
        let told = settings("", &[("SYMBOLON_CONFIG_TELEMETRY__OTLP", "here")]).unwrap_err();
        assert!(told.contains("SYMBOLON_CONFIG_TELEMETRY__OTLP: a collector is written"), "{told}");
    }

    #[cfg(not(feature = "otlp"))]
    #[test]
    fn a_build_without_traces_says_so() {
        let told = settings("[telemetry]\notlp = \"http://127.0.0.1:4318\"", &[]).unwrap_err();
        assert!(told.starts_with("conf/symbolon.toml:2: this symbolon is built without traces"), "{told}");
    }
}
