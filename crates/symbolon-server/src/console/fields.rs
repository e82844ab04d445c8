//! What a reader typed: the fields of a form, or of a query.

use form_urlencoded::parse;

/// How many are read. No form of ours has nearly as many.
const MOST: usize = 500;

/// Names and values, as they came and in their order. A name may be there many times, as checkboxes are.
#[derive(Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// From a body of `application/x-www-form-urlencoded`, or a query.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(parse(bytes).into_owned().take(MOST).collect())
    }

    /// The first value of this name, without the space around it; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of this name as it was typed: for passwords, in which a space counts.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The first value of this name, if one was typed.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Every value of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box of this name was ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Every name, as often as it is there.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The word that makes sending a form again harmless, if it is one of ours: of [`super::Site::random_word`].
    pub(super) fn once(&self) -> &str {
        let word = self.raw("once");
        if word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit()) { word } else { "" }
    }

    /// Without those of this name.
    #[must_use]
    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// With one more.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }
}
