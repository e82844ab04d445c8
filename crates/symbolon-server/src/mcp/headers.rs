//! What headers say of a message, beside what its body says. Whoever stands in between may have judged by them, so both must
//! say the same: in version 2026-07-28 they must be there, which the library looks at; where they are there they must be
//! true, in any version.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use rmcp::ErrorData;
use rmcp::model::ErrorCode;

/// The specification's code for a header that does not agree with the body.
const HEADER_MISMATCH: ErrorCode = ErrorCode(-32020);

/// Refuses headers that say something else than a message of this method, about the tool of this name.
pub(super) fn agree(headers: &HeaderMap, method: &str, name: Option<&str>) -> Result<(), ErrorData> {
    for (header, own) in [("mcp-method", Some(method)), ("mcp-name", name)] {
        for value in headers.get_all(header) {
            if value.to_str().ok().and_then(plain).as_deref() != own {
                let detail = format!("{header} does not say what the body says");
                return Err(ErrorData::new(HEADER_MISMATCH, detail, None));
            }
        }
    }
    Ok(())
}

/// A value as it is meant: what no header can say is sent as `=?base64?…?=`.
fn plain(value: &str) -> Option<Cow<'_, str>> {
    let Some(coded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Some(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(coded).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_header_that_is_there_says_what_the_body_says() {
        for (said, good) in [
            (&[][..], true),
            (&[("mcp-method", "tools/call"), ("mcp-name", "list_jobs")], true),
            (&[("mcp-name", "=?base64?bGlzdF9qb2Jz?=")], true),
            (&[("mcp-method", "tools/list")], false),
            (&[("mcp-method", "Tools/Call")], false),
            (&[("mcp-name", "cancel_job")], false),
            (&[("mcp-name", "list_jobs"), ("mcp-name", "cancel_job")], false),
            (&[("mcp-name", "=?base64?!?=")], false),
            (&[("mcp-name", "")], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in said {
                headers.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(agree(&headers, "tools/call", Some("list_jobs")).is_ok(), good, "{said:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("mcp-name", HeaderValue::from_static("list_jobs"));
        assert!(agree(&headers, "tools/list", None).is_err());
    }
}
