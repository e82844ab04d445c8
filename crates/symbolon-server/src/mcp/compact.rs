//! JSON without the space between its words, by one reading and with no value made of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One text of JSON, written so; as the only field of an object where that field's `name` is given. The order of fields stays.
///
/// # Errors
/// It is no JSON, or one that nobody need be able to read: nested too deeply, or with a number beyond what a float holds.
pub(super) fn compact(json: &[u8], name: Option<&str>) -> serde_json::Result<Box<RawValue>> {
    let mut written = Vec::with_capacity(json.len() + 64);
    if let Some(name) = name {
        written.push(b'{');
        serde_json::to_writer(&mut written, name)?;
        written.push(b':');
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    Copied(&mut written).deserialize(&mut reader)?;
    reader.end()?;
    if name.is_some() {
        written.push(b'}');
    }
    serde_json::from_slice(&written)
}

/// A value that is written here as it is read.
struct Copied<'w>(&'w mut Vec<u8>);

impl Copied<'_> {
    fn write<E: Error>(self, value: impl serde::Serialize) -> Result<(), E> {
        serde_json::to_writer(self.0, &value).map_err(E::custom)
    }

    /// Ends a list or an object, after each of whose entries is a comma.
    fn close(self, end: u8) {
        self.0.pop_if(|last| *last == b',');
        self.0.push(end);
    }
}

impl<'de> DeserializeSeed<'de> for Copied<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Copied<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.write(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.write(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        while list.next_element_seed(Copied(self.0))?.is_some() {
            self.0.push(b',');
        }
        self.close(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        self.0.push(b'{');
        while fields.next_key_seed(Copied(self.0))?.is_some() {
            self.0.push(b':');
            fields.next_value_seed(Copied(self.0))?;
            self.0.push(b',');
        }
        self.close(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_written_says_what_was_read_in_its_order() {
        for (read, written) in [
            ("null", "null"),
            (" [ ] ", "[]"),
            ("{ }", "{}"),
            ("[[],{}]", "[[],{}]"),
            ("{\n  \"b\": 1,\n  \"a\": [true, false, null]\n}", r#"{"b":1,"a":[true,false,null]}"#),
            ("[-1, 18446744073709551615, 1.50, 1e3]", "[-1,18446744073709551615,1.5,1000.0]"),
            (r#"["\u00e9\n\"\\\/,", "]"]"#, r#"["é\n\"\\/,","]"]"#),
            (r#"{"a,": ","}"#, r#"{"a,":","}"#),
        ] {
            let found = compact(read.as_bytes(), None).unwrap();
            assert_eq!(found.get(), written);
            assert_eq!(
                serde_json::from_str::<Value>(found.get()).unwrap(),
                serde_json::from_str::<Value>(read).unwrap()
            );
        }
        assert_eq!(compact(b"[1, 2]", Some("all \"of\" it")).unwrap().get(), r#"{"all \"of\" it":[1,2]}"#);
    }

    /// As where a value is made of it: what comes of it goes to others, who have to read it.
    #[test]
    fn what_is_no_json_is_none_here_either() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for bad in [
            &b""[..],
            b"{",
            b"[1,]",
            b"[1] 2",
            b"{\"a\" 1}",
            b"nul",
            b"1e999",
            b"[\"\\ud800\"]",
            b"[\"\xff\"]",
            deep.as_bytes(),
        ] {
            assert!(serde_json::from_slice::<Value>(bad).is_err());
            assert!(compact(bad, None).is_err(), "{}", String::from_utf8_lossy(bad));
            assert!(compact(bad, Some("list")).is_err());
        }
    }
}
