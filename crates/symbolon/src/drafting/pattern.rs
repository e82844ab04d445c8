//! The path templates of OpenAPI as patterns of a catalog, which has whole segments as parameters and canonical paths.

use symbolon_core::target::Target;

/// What stands for a parameter when a template is tried against a catalog: no literal that somebody writes.
const SAMPLE: &str = "0sample0";

/// The pattern of a template. The error says what cannot be expressed.
pub(super) fn pattern(template: &str) -> Result<String, String> {
    if !template.starts_with('/') {
        return Err("it does not begin with /".to_owned());
    }
    let mut names: Vec<String> = Vec::new();
    let mut segments = Vec::new();
    for segment in template[1..].split('/') {
        let whole = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match whole.filter(|name| !name.contains(['{', '}'])) {
            Some(name) => segments.push(format!("{{{}}}", parameter(name, &mut names))),
            None if segment.contains(['{', '}']) => {
                return Err(format!(
                    "{segment:?} is a parameter in part only, and a parameter is a whole segment"
                ));
            }
            None if segment.contains('*') => return Err(format!("{segment:?} is no literal")),
            None => segments.push(segment.to_owned()),
        }
    }
    let pattern = format!("/{}", segments.join("/"));
    let sample = pattern.replace(['{', '}'], "");
    match Target::parse(sample.as_bytes()) {
        Ok(target) if target.path() == sample && target.query().is_none() => Ok(pattern),
        Ok(target) => Err(format!("it is not canonical; a request for it reads {:?}", target.path())),
        Err(fault) => Err(fault.to_string()),
    }
}

/// A parameter's name as a catalog writes it: letters, digits and `_`, each name once.
fn parameter(name: &str, names: &mut Vec<String>) -> String {
    // A catalog has the star for a tail, which a template cannot say.
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(64).collect();
    let plain = if plain.is_empty() { "id".to_owned() } else { plain };
    let mut unique = plain.clone();
    let mut number = 1;
    while names.contains(&unique) {
        number += 1;
        unique = format!("{plain}{number}");
    }
    names.push(unique.clone());
    unique
}

/// A pattern without the names of its parameters: two that have the same claim the same requests.
pub(super) fn shape(pattern: &str) -> String {
    let segments = pattern.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// A path that a template or pattern describes.
pub(super) fn sample(template: &str) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        path.push_str(SAMPLE);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    path + rest
}

/// Whether a template describes a path that [`sample`] made. One that is a parameter in part matches as a whole.
pub(super) fn describes(template: &str, path: &str) -> bool {
    let (mut segments, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (segments.next(), path.next()) {
            (None, None) => return true,
            (Some(segment), Some(literal)) if segment.contains('{') && !literal.is_empty() => {}
            (Some(segment), Some(literal)) if segment == literal => {}
            _ => return false,
        }
    }
}
