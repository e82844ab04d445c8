//! Notices: what webhooks are told of tokens, in which words, when again, and proven how. The form is that of Standard
//! Webhooks 1.0.0 (<https://www.standardwebhooks.com>).

mod ending;
mod event;
mod message;
mod progress;
mod schedule;
mod secret;

pub use ending::{Told, due};
pub use event::{Event, EventFault};
pub use message::{About, Message, Names};
pub use progress::{Answer, Meaning, Outcome, progress};
pub use schedule::retry_at;
pub use secret::{SecretFault, WebhookSecret};
