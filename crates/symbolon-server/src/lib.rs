//! The doors. Each parses bytes into types, asks the gate or a rule of core, and renders the outcome from one
//! table. [`management`] is the API, and the console its pages; [`proxy`] stands in front of an application, [`mcp`] offers agents what is behind it as tools, and [`gateway`] is asked by
//! whatever stands there already; [`listen`] serves them all.

mod access;
mod answer;
mod app;
mod ask_link;
mod console;
mod deciding;
pub mod gateway;
mod host_port;
mod idempotency;
mod identity;
mod incoming;
mod inside;
mod keyring;
mod leaks;
pub mod listen;
pub mod management;
pub mod mcp;
mod metrics;
mod notices;
mod observed;
mod others;
mod outside;
mod passwords;
mod plain_json;
mod proving;
pub mod proxy;
mod public_url;
mod pulse;
mod refusals;
mod refused_calls;
mod secrets;
mod throttle;
mod traces;
mod trusted;
mod used;
mod verdict;

pub use access::{AccessLog, AccessTarget};
pub use answer::ApiError;
pub use app::{App, Clock, Parts};
pub use console::router as site;
pub use identity::IDENTITY_HEADERS;
pub use incoming::{AtTheMachine, OverTls, Peer};
pub use inside::in_process;
pub use keyring::{Announce, KeptKey, KeptKeys, KeyKeeper};
pub use leaks::{GitHubAlerts, OnLeak, PublicKeys, PublicKeysFault};
pub use management::{check_operator_secret, document, router};
pub use notices::{WEBHOOK_TIMEOUT, Webhook, WebhookUrl, WebhookUrlFault};
pub use others::OtherCredentials;
pub use passwords::{PasswordFault, hash_password};
pub use plain_json::is_plain_json;
pub use public_url::{PublicUrl, PublicUrlFault};
pub use pulse::Door;
pub use traces::{Collector, CollectorFault, TraceSettings, Traces};
pub use trusted::TrustedProxies;
