//! Where a page ends and the next begins: the key of its last row, wrapped so that nobody builds on its form.
//!
//! A key and not a count of rows: what is inserted or removed meanwhile shifts nothing, so no row is listed
//! twice and none that was there all along is left out.

use std::fmt::Write;

use symbolon_core::store::{StoreError, TokenOrder, TokenSort};

/// The list that a cursor belongs to. A cursor of one list is no cursor of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Tokens,
    Users,
    Sessions,
    Keys,
    Audit,
    Asks,
}

impl List {
    fn mark(self) -> char {
        match self {
            Self::Tokens => 't',
            Self::Users => 'u',
            Self::Sessions => 's',
            Self::Keys => 'k',
            Self::Audit => 'a',
            Self::Asks => 'q',
        }
    }
}

const NO_PAGE: StoreError = StoreError::NotFound("that page");

/// The cursor behind the row with this key.
pub(crate) fn print(list: List, key: &str) -> String {
    let mut text = String::with_capacity(2 * key.len() + 2);
    for byte in std::iter::once(list.mark() as u8).chain(key.bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The key that a cursor of this list stands for; `None` for the first page.
pub(crate) fn key(list: List, after: Option<&str>) -> Result<Option<String>, StoreError> {
    let Some(after) = after else { return Ok(None) };
    let bytes: Option<Vec<u8>> = after.as_bytes().chunks(2).map(byte).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(NO_PAGE)?;
    // No key has it, and PostgreSQL takes no text that does.
    if text.contains('\0') {
        return Err(NO_PAGE);
    }
    text.strip_prefix(list.mark()).map(|key| Some(key.to_owned())).ok_or(NO_PAGE)
}

fn byte(pair: &[u8]) -> Option<u8> {
    let digit = |b: &u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    }
}

/// The key of a row in a list by time: its moment in milliseconds and its id.
pub(crate) fn time_key(at: i64, id: &str) -> String {
    format!("{at}/{id}")
}

/// Before which row a page of a list by time, newest first, begins. The first page begins before a row that
/// is later than any.
pub(crate) fn before(list: List, after: Option<&str>) -> Result<(i64, String), StoreError> {
    let Some(key) = key(list, after)? else { return Ok((i64::MAX, String::new())) };
    let (at, id) = key.split_once('/').ok_or(NO_PAGE)?;
    Ok((number(at)?, id.to_owned()))
}

/// What a page of a sorted list is beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    Number(i64),
    Text(String),
    /// What every text is before.
    AfterText,
}

/// Beyond which key and id a page of tokens in this order begins. A row's key is written `{order}/{id}/{key}`.
pub(crate) fn sorted(sort: TokenSort, after: Option<&str>) -> Result<(Bound, String), StoreError> {
    let Some(key) = key(List::Tokens, after)? else {
        let first = match (sort.by, sort.descending) {
            (TokenOrder::Name, false) => Bound::Text(String::new()),
            (TokenOrder::Name, true) => Bound::AfterText,
            (_, false) => Bound::Number(i64::MIN),
            (_, true) => Bound::Number(i64::MAX),
        };
        return Ok((first, String::new()));
    };
    let key = key.strip_prefix(sort.as_str()).and_then(|key| key.strip_prefix('/')).ok_or(NO_PAGE)?;
    let (id, key) = key.split_once('/').ok_or(NO_PAGE)?;
    let bound = match sort.by {
        TokenOrder::Name => Bound::Text(key.to_owned()),
        TokenOrder::Created | TokenOrder::LastUsed | TokenOrder::Expires => Bound::Number(number(key)?),
    };
    Ok((bound, id.to_owned()))
}

/// Before which number a page of a numbered list, newest first, begins.
pub(crate) fn before_number(list: List, after: Option<&str>) -> Result<i64, StoreError> {
    key(list, after)?.map_or(Ok(i64::MAX), |key| number(&key))
}

/// A number in the one spelling that [`print()`] gives it: no plus sign, no leading zero.
fn number(text: &str) -> Result<i64, StoreError> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text).ok_or(NO_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_by_its_own_list_alone() {
        let cursor = print(List::Sessions, &time_key(-5, "ses_1/2"));
        assert_eq!(before(List::Sessions, Some(&cursor)).unwrap(), (-5, "ses_1/2".to_owned()));
        assert!(before(List::Keys, Some(&cursor)).is_err());
        assert_eq!(before_number(List::Audit, Some(&print(List::Audit, "17"))).unwrap(), 17);
        assert_eq!(before_number(List::Audit, None).unwrap(), i64::MAX);
    }

    #[test]
    fn a_cursor_of_one_order_is_no_page_of_another() {
        for made in TokenSort::ALL {
            let text = made.by == TokenOrder::Name;
            let key = if text { "a/b" } else { "-5" };
            let cursor = print(List::Tokens, &format!("{}/tok_1/{key}", made.as_str()));
            for asked in TokenSort::ALL {
                let found = sorted(asked, Some(&cursor));
                if asked == made {
                    let bound = if text { Bound::Text(key.to_owned()) } else { Bound::Number(-5) };
                    assert_eq!(found.unwrap(), (bound, "tok_1".to_owned()));
                } else {
                    assert!(found.is_err(), "{made:?} {asked:?}");
                }
            }
        }
    }

    #[test]
    fn what_the_store_did_not_make_is_no_page() {
        let forged = [
            "",
            "7",
            "zz",
            "74",
            "7F",
            "é",
            "74ff",
            &print(List::Tokens, "+5/tok"),
            &print(List::Tokens, "5/\0"),
            &"7".repeat(1 << 20),
        ];
        for text in forged {
            let fault = before(List::Tokens, Some(text)).unwrap_err();
            assert_eq!(fault.to_string(), "that page is not there", "{text:.20}");
        }
        for number in ["+17", "017", " 17", "17 ", "", "99999999999999999999"] {
            assert!(before_number(List::Audit, Some(&print(List::Audit, number))).is_err(), "{number}");
        }
    }
}
