//! From what is known of an application to its catalog: a draft from its OpenAPI document, what of the document a
//! catalog misses, and routes for what was seen. What is drafted is closed where there is doubt, says why in comments,
//! and is for a person to read before it is used.

mod catalog;
mod coverage;
mod document;
mod family;
mod observed;
mod pattern;
#[cfg(test)]
mod tests;
mod tools;

pub(crate) use catalog::{Names, draft};
pub(crate) use coverage::coverage;
pub(crate) use document::Document;
pub(crate) use observed::missing_routes;
