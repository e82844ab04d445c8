//! What every door of HTTP does alike, whether it is the server's or stands in an application ([`symbolon-tower`]):
//! from a request's headers to what the rules read, and from a refusal to its answer. It decides nothing, listens
//! nowhere and knows no framework.
//!
//! [`symbolon-tower`]: https://docs.rs/symbolon-tower

mod answer;
pub mod incoming;
mod quota;

pub use answer::Answer;
pub use quota::{RATE_LIMIT, RATE_LIMIT_POLICY, token_quota};
