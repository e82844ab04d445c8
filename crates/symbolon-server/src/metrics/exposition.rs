//! The text that Prometheus reads. The library knows its form; here is only what is written.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use symbolon_core::durations::Durations;

/// What the text is, in its answer's header.
pub(crate) use prometheus_text::CONTENT_TYPE;

/// Names and values that tell one series of a family from the others.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A number, or a distribution.
#[derive(Debug)]
pub(super) enum Value {
    Counter(u64),
    Gauge(f64),
    Durations(Durations),
}

/// Series of one name.
#[derive(Debug)]
pub(super) struct Family {
    /// Without the `_total` of a counter.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) series: Vec<(Labels, Value)>,
}

#[derive(Debug)]
struct Snapshot(Vec<Family>);

/// The text of these families; those without a series are left out.
pub(super) fn text(families: Vec<Family>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Snapshot(families)));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in &self.0 {
            let kind = match family.series.first() {
                Some((_, Value::Counter(_))) => MetricType::Counter,
                Some((_, Value::Gauge(_))) => MetricType::Gauge,
                Some((_, Value::Durations(_))) => MetricType::Histogram,
                None => continue,
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            for (labels, value) in &family.series {
                if labels.is_empty() {
                    value.encode(&mut metric)?;
                } else {
                    value.encode(&mut metric.encode_family(labels)?)?;
                }
            }
        }
        Ok(())
    }
}

impl Value {
    fn encode(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Counter(value) => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
            Self::Gauge(value) => encoder.encode_gauge(value),
            Self::Durations(read) => {
                encoder.encode_histogram::<NoLabelSet>(read.sum, read.count, &read.classes, None)
            }
        }
    }
}
