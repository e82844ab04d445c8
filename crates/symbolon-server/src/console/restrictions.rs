//! What a token is restricted to: as a form has it, a line for each entry, and in words.

use std::collections::BTreeMap;

use serde_json::Value;
use symbolon_api::{Restrictions, ServiceInfo};

use super::fields::Fields;
use super::text::{EN, fill};

/// The fields of a form, by the names of the API.
pub(super) const FIELDS: [&str; 4] =
    ["restrictions.networks", "restrictions.methods", "restrictions.paths", "restrictions.parameters"];

/// One kind of restriction as a field.
pub(super) struct Kind {
    /// Its name in the form.
    pub(super) field: &'static str,
    /// Where a problem with it leads.
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: String,
    pub(super) typed: String,
    /// What the form showed at first, where it edits.
    pub(super) was: Option<String>,
}

/// The fields with what was typed.
pub(super) fn kinds(service: &ServiceInfo, fields: &Fields) -> [Kind; 4] {
    let t = &EN;
    let names = parameters(service);
    let hint = match names.as_str() {
        "" => t.restrict_parameters_none.to_owned(),
        names => fill(t.restrict_parameters_hint, &[("names", names)]),
    };
    let texts = [
        (t.restrict_networks, t.restrict_networks_hint.to_owned()),
        (t.restrict_methods, t.restrict_methods_hint.to_owned()),
        (t.restrict_paths, t.restrict_paths_hint.to_owned()),
        (t.restrict_parameters, hint),
    ];
    let mut texts = texts.into_iter();
    FIELDS.map(|field| {
        let (label, hint) = texts.next().unwrap_or_default();
        let was = format!("was.{field}");
        Kind {
            field,
            id: field.split_once('.').map_or(field, |(_, id)| id),
            label,
            hint,
            typed: fields.raw(field).to_owned(),
            was: fields.has(&was).then(|| fields.raw(&was).to_owned()),
        }
    })
}

/// The parameters of the routes that a token may call, by name.
fn parameters(service: &ServiceInfo) -> String {
    let routes = service.routes.iter().filter(|route| route.access == "scopes");
    let named = routes.flat_map(|route| route.path.split('/')).filter_map(|segment| {
        segment.strip_prefix('{')?.strip_suffix('}').map(|name| name.trim_start_matches('*'))
    });
    let mut all: Vec<&str> = named.collect();
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

/// The fields of a form that edits a token with these.
pub(super) fn filled(restrictions: &Restrictions, fields: Fields) -> Fields {
    let lines =
        |list: &Option<Vec<String>>| list.iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n");
    let values = restrictions.parameters.iter().flatten();
    let values = values.flat_map(|(name, values)| values.iter().map(move |value| format!("{name}={value}")));
    let shown = [
        lines(&restrictions.networks),
        lines(&restrictions.methods),
        lines(&restrictions.paths),
        values.collect::<Vec<_>>().join("\n"),
    ];
    FIELDS
        .iter()
        .zip(shown)
        .fold(fields, |fields, (field, text)| fields.with(field, &text).with(&format!("was.{field}"), &text))
}

/// What was typed; `None` where nothing was.
pub(super) fn read(fields: &Fields) -> Option<Restrictions> {
    let lines = |field: &str| {
        let lines = fields.text(field).lines().map(str::trim).filter(|line| !line.is_empty());
        Some(lines.map(str::to_owned).collect::<Vec<_>>()).filter(|lines| !lines.is_empty())
    };
    let [networks, methods, paths, parameters] = FIELDS.map(lines);
    let parameters = parameters.map(|lines| {
        let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines {
            // A line without `=` is a name without a value; what is none is for the API to say.
            let (name, value) = line.split_once('=').unwrap_or((&line, ""));
            parameters.entry(name.trim().to_owned()).or_default().push(value.trim().to_owned());
        }
        parameters
    });
    let restrictions = Restrictions { networks, methods, paths, parameters };
    Some(restrictions).filter(|restrictions| !restrictions.is_empty())
}

/// All of them anew, where any field is other than the form showed. A form that did not bring every field takes none away.
#[expect(clippy::option_option, reason = "as the API has it: left alone, taken away, given")]
pub(super) fn changed(fields: &Fields) -> Option<Option<Restrictions>> {
    let whole = FIELDS.iter().all(|field| fields.has(field));
    let plain = |name: &str| fields.text(name).replace("\r\n", "\n");
    let other = FIELDS.iter().any(|field| plain(field) != plain(&format!("was.{field}")));
    (whole && other).then(|| read(fields))
}

/// In words, one kind after the other; empty where there are none.
pub(super) fn says(restrictions: &Restrictions) -> Vec<String> {
    let t = &EN;
    let kind = |text: &str, list: &Option<Vec<String>>| {
        list.as_ref().map(|list| fill(text, &[("what", &list.join(", "))]))
    };
    let kinds = [
        kind(t.restricted_from, &restrictions.networks),
        kind(t.restricted_by, &restrictions.methods),
        kind(t.restricted_under, &restrictions.paths),
    ];
    let parameters = restrictions.parameters.iter().flatten();
    let parameters = parameters.map(|(name, values)| {
        fill(t.restricted_where, &[("name", name.as_str()), ("what", &values.join(", "))])
    });
    kinds.into_iter().flatten().chain(parameters).collect()
}

/// As the audit has them, in words; what is not understood, as it is.
pub(super) fn told(kept: &Value) -> String {
    let Ok(restrictions) = serde_json::from_value(kept.clone()) else { return kept.to_string() };
    let says = says(&restrictions);
    if says.is_empty() { EN.restricted_none.to_owned() } else { says.join("; ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(ToString::to_string).collect()
    }

    fn some() -> Restrictions {
        let values = BTreeMap::from([("printer_id".to_owned(), list(&["1", "a=b"]))]);
        Restrictions {
            networks: Some(list(&["10.0.0.0/8", "::1"])),
            parameters: Some(values),
            ..Restrictions::default()
        }
    }

    #[test]
    fn a_form_brings_back_what_it_showed() {
        let fields = filled(&some(), Fields::default());
        assert_eq!(fields.raw("restrictions.parameters"), "printer_id=1\nprinter_id=a=b");
        assert_eq!(read(&fields), Some(some()));
        assert_eq!(changed(&fields), None, "what was not touched is not sent");
        assert_eq!(read(&filled(&Restrictions::default(), Fields::default())), None);
    }

    #[test]
    fn a_change_is_sent_whole_and_emptied_fields_take_all_away() {
        let fields = filled(&some(), Fields::default());
        let edited =
            fields.clone().without("restrictions.methods").with("restrictions.methods", " GET \r\n\r\n");
        assert_eq!(changed(&edited), Some(Some(Restrictions { methods: Some(list(&["GET"])), ..some() })));
        let emptied =
            FIELDS.iter().fold(fields.clone(), |fields, field| fields.without(field).with(field, ""));
        assert_eq!(changed(&emptied), Some(None));
        // A browser sends every field; what was cut off on the way opens nothing.
        let cut = FIELDS.iter().fold(fields, |fields, field| fields.without(field));
        assert_eq!(changed(&cut), None);
    }

    #[test]
    fn they_are_told_in_words() {
        assert_eq!(says(&some()), ["from 10.0.0.0/8, ::1", "where printer_id is 1, a=b"]);
        assert_eq!(says(&Restrictions::default()), [""; 0]);
        assert_eq!(told(&json!(some())), "from 10.0.0.0/8, ::1; where printer_id is 1, a=b");
        assert_eq!((told(&json!({})), told(&json!(3))), ("restricted to nothing".to_owned(), "3".to_owned()));
    }
}
