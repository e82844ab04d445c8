//! Whether those are told who are to be told.

use symbolon_api::client::Client;

use super::Findings;
use crate::failure::Failure;
use crate::output::maybe;

const CHECK: &str = "webhook";

pub(super) async fn look(client: &Client, findings: &mut Findings) -> Result<(), Failure> {
    for webhook in client.webhooks().await?.items {
        let name = &webhook.name;
        let answer = maybe(webhook.last_answer.as_ref(), "nothing");
        let since = maybe(webhook.waiting_since.as_ref(), "now");
        match webhook.state.as_str() {
            "disabled" => findings.warn(
                CHECK,
                format!(
                    "{name}: its receiver said that it is gone (410), and it is told nothing since {}; where it is there \
                     again: symbolon webhook retry {name}; otherwise take it out of the configuration",
                    maybe(webhook.disabled_at.as_ref(), "then")
                ),
            ),
            "retrying" => findings.warn(
                CHECK,
                format!(
                    "{name}: what happened at {since} was not taken ({answer}), and what came after it waits; the next \
                     attempt is at {}; mend the receiver, then: symbolon webhook retry {name}",
                    maybe(webhook.next_attempt_at.as_ref(), "once")
                ),
            ),
            "not_begun" => findings.ok(CHECK, format!("{name}: begins when the server is started with it")),
            _ => findings.ok(CHECK, format!("{name}: {}, {} lines behind", webhook.url, webhook.behind)),
        }
    }
    Ok(())
}
