//! JSON of strangers, before it becomes a value.
//!
//! The library that reads it takes an object whose first name is one of its own words for something else: with the feature by
//! which texts are kept as they came, for JSON within a text, which it reads anew and so to any depth. Whoever sends that has
//! the stack of the thread that reads it, and a process that ends with all its doors.

/// How the names begin that the library has for itself.
const OWN: &[u8] = b"$serde_json::private::";

/// Whether no object's first name is the library's own. To be asked before bytes of strangers are read into a value, and not
/// into a type that says which fields there are. Of what is no JSON it says what holds up to there.
pub fn is_plain_json(json: &[u8]) -> bool {
    let (mut rest, mut begun) = (json, false);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => {
                if begun && begins_with_own(after) {
                    return false;
                }
                begun = false;
                rest = behind_text(after);
            }
            b'{' => begun = true,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => begun = false,
        }
    }
    true
}

/// What follows a text's closing quotation mark; the text begins behind its opening one.
fn behind_text(mut rest: &[u8]) -> &[u8] {
    while let Some((byte, after)) = rest.split_first() {
        match byte {
            b'"' => return after,
            b'\\' => rest = after.get(1..).unwrap_or_default(),
            _ => rest = after,
        }
    }
    rest
}

/// Whether a text says one of the library's own names, however it is spelt.
fn begins_with_own(mut rest: &[u8]) -> bool {
    for wanted in OWN {
        let (said, after) = match rest {
            [b'\\', b'u', digits @ ..] => {
                let number =
                    digits.get(..4).and_then(|hex| u16::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
                (number, digits.get(4..).unwrap_or_default())
            }
            // None of the other escapes stands for a character of theirs.
            [byte, after @ ..] => (Some(u16::from(*byte)), after),
            [] => return false,
        };
        if said != Some(u16::from(*wanted)) {
            return false;
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_librarys_own_is_found_however_it_is_spelt_and_wherever_it_stands() {
        for bad in [
            r#"{"$serde_json::private::RawValue":"1"}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
            r#" { "$serde_json::private::RawValue" : "1" } "#,
            "{\r\n\t\"$serde_json::private::RawValue\":\"1\"}",
            r#"{"\u0024serde_json::private::RawValue":"1"}"#,
            r#"{"\u0024\u0073\u0065\u0072\u0064\u0065_json\u003A\u003a\u0070rivate::RawValue":"1"}"#,
            r#"[1,{"a":[{"$serde_json::private::RawValue":"1"}]}]"#,
            r#"{"a":"\"}","b":{"$serde_json::private::RawValue":"1"}}"#,
            r#"{"a":"\\","b":{"$serde_json::private::RawValue":"1"}}"#,
            // It is read before what is wrong behind it is.
            r#"{"$serde_json::private::RawValue":"1"} nonsense"#,
        ] {
            assert!(!is_plain_json(bad.as_bytes()), "{bad}");
        }
        for good in [
            "",
            "{}",
            "{",
            r#"{""#,
            r#"{"\u00"#,
            r#"{"\"#,
            r#"{"a":"$serde_json::private::RawValue"}"#,
            r#"["$serde_json::private::RawValue"]"#,
            r#""{\"$serde_json::private::RawValue\":1}""#,
            r#"{"a":"{","$serde_json::private::RawValue":1}"#,
            r#"{"$serde_json":1}"#,
        ] {
            assert!(is_plain_json(good.as_bytes()), "{good}");
        }
    }

    /// What it is for: of all that passes, nothing is read anew.
    #[test]
    fn what_passes_is_read_once() {
        let nested = r#"{"$serde_json::private::RawValue":"[1]"}"#;
        let read: serde_json::Value = serde_json::from_str(nested).unwrap();
        assert!(read.is_array() && !is_plain_json(nested.as_bytes()), "the library has changed: {read}");
    }
}
