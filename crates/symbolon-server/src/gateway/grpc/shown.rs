//! What Envoy shows of the request that it asks about.

use std::net::IpAddr;

use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::messages::{AttributeContext, CheckRequest, HttpRequest};
use crate::gateway::family::{Shown, parsed};
use crate::incoming::is_credential;

/// The request, and the client's headers. The error says what is missing, and then nothing is guessed.
pub(super) fn read(question: &CheckRequest) -> Result<(Shown<'_>, HeaderMap), &'static str> {
    let attributes = question.attributes.as_ref().ok_or("the question has no attributes")?;
    let http = attributes.request.as_ref().and_then(|request| request.http.as_ref());
    let http = http.ok_or("the question shows no HTTP request")?;
    Method::from_bytes(http.method.as_bytes()).map_err(|_| "the question shows no method")?;
    let (target, headers) = match &http.header_map {
        Some(raw) if !raw.headers.is_empty() => as_they_came(raw)?,
        _ => joined(http)?,
    };
    let client = client(attributes)?;
    Ok((Shown { method: &http.method, target, client }, headers))
}

type TargetAndHeaders<'a> = (&'a [u8], HeaderMap);

/// With `encode_raw_headers`: each header as often as it came, byte by byte, and the target among them.
fn as_they_came(raw: &super::messages::HeaderMap) -> Result<TargetAndHeaders<'_>, &'static str> {
    let (mut target, mut headers) = (None, HeaderMap::new());
    for header in &raw.headers {
        let value =
            if header.raw_value.is_empty() { header.value.as_bytes() } else { header.raw_value.as_slice() };
        match header.key.as_str() {
            ":path" if target.is_some() => return Err("the question shows more than one path"),
            ":path" => target = Some(value),
            ":authority" => add(&mut headers, HOST.as_str(), value)?,
            pseudo if pseudo.starts_with(':') => {}
            name => add(&mut headers, name, value)?,
        }
    }
    let target = target.filter(|target| !target.is_empty()).ok_or("the question shows no path")?;
    Ok((target, headers))
}

/// Without: several values of a name are one, and `!` may stand for what could not be written.
fn joined(http: &HttpRequest) -> Result<TargetAndHeaders<'_>, &'static str> {
    let target = http.path.as_bytes();
    let path = target.split(|b| *b == b'?').next().unwrap_or_default();
    if path.is_empty() {
        return Err("the question shows no path");
    }
    if path.contains(&b'!') {
        // The application would get another path than was decided about.
        return Err(
            "the path has a ! that may stand for another byte; Envoy's encode_raw_headers shows which",
        );
    }
    let mut headers = HeaderMap::new();
    for (name, value) in http.headers.iter().filter(|(name, _)| !name.starts_with(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BAD_HEADER)?;
        if is_credential(&name) {
            // No credential of ours has a comma. With one, there were two.
            for part in value.split(',') {
                add(&mut headers, name.as_str(), part.trim_ascii().as_bytes())?;
            }
        } else {
            add(&mut headers, name.as_str(), value.as_bytes())?;
        }
    }
    if !http.host.is_empty() {
        headers.remove(HOST);
        add(&mut headers, HOST.as_str(), http.host.as_bytes())?;
    }
    Ok((target, headers))
}

const BAD_HEADER: &str = "the question shows a header that is none";

fn add(headers: &mut HeaderMap, name: &str, value: &[u8]) -> Result<(), &'static str> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BAD_HEADER)?;
    let value = HeaderValue::from_bytes(value).map_err(|_| BAD_HEADER)?;
    headers.try_append(name, value).map(drop).map_err(|_| BAD_HEADER)
}

/// The client's address, as Envoy's own settings make it out; none where the client came by a pipe.
fn client(attributes: &AttributeContext) -> Result<Option<IpAddr>, &'static str> {
    let address = attributes.source.as_ref().and_then(|source| source.address.as_ref());
    let address = address.and_then(|address| address.socket_address.as_ref());
    address.map(|address| parsed(address.address.as_bytes())).transpose()
}
