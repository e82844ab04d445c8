//! The doors. Each parses bytes into types, asks the gate or a rule of core, and renders the outcome from one
//! table. [`management`] is the API, and the console its pages; [`proxy`] stands in front of an application, and [`gateway`] is asked by whatever stands there already; [`listen`] serves them all.

mod access;
mod answer;
mod app;
mod console;
pub mod gateway;
mod host_port;
mod identity;
mod incoming;
mod inside;
pub mod listen;
pub mod management;
mod metrics;
mod notices;
mod observed;
mod others;
mod outside;
mod passwords;
pub mod proxy;
mod public_url;
mod pulse;
mod refusals;
mod throttle;
mod traces;
mod verdict;

pub use access::{AccessLog, AccessTarget};
pub use answer::ApiError;
pub use app::{App, Clock, Parts};
pub use console::router as site;
pub use identity::IDENTITY_HEADERS;
pub use incoming::{AtTheMachine, OverTls, Peer};
pub use inside::in_process;
pub use management::{check_operator_secret, document, router};
pub use notices::{WEBHOOK_TIMEOUT, Webhook, WebhookUrl, WebhookUrlFault};
pub use others::OtherCredentials;
pub use passwords::{PasswordFault, check_password, hash_password};
pub use public_url::{PublicUrl, PublicUrlFault};
pub use pulse::Door;
pub use traces::{Collector, CollectorFault, TraceSettings, Traces};
