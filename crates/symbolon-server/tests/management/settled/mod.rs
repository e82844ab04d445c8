//! Who asks for what is so already is not answered before it is so everywhere (DESIGN part 7, rule 7): each call that changes
//! something, made again while a node of the fleet says nothing.

mod hold;
mod twice;

use std::collections::BTreeSet;
use std::pin::pin;

use crate::document::operations;
use hold::Hold;
use twice::{Stage, twice};

/// Each call, what is done, and how it is answered first and again; or why it is not made twice.
const TABLE: &str = "
PATCH  /v1/services/{service}                     | a switch                             | 200 200
POST   /v1/services/{service}/tokens              | with its Idempotency-Key             | 201 409
POST   /v1/services/{service}/tokens              | another under its Idempotency-Key    | 201 422
POST   /v1/services/{service}/tokens/import       | the same rows                        | 200 200
POST   /v1/services/{service}/tokens/batch        | with its Idempotency-Key             | 201 409
POST   /v1/services/{service}/tokens/bulk         | with its plan                        | 200 409
POST   /v1/services/{service}/tokens/bulk         | with a plan of no change             | 200 200
PATCH  /v1/services/{service}/tokens/{id}         | narrowed                             | 200 200
DELETE /v1/services/{service}/tokens/{id}         | revoked                              | 204 204
DELETE /v1/services/{service}/tokens/{id}         | its owner is removed first           | 204 204
POST   /v1/services/{service}/tokens/{id}/disable | switched off                         | 200 200
POST   /v1/services/{service}/tokens/{id}/enable  | switched on                          | 200 200
POST   /v1/services/{service}/tokens/{id}/rotate  | with its Idempotency-Key             | 200 409
POST   /v1/services/{service}/verify              | -  it asks                           |
POST   /v1/services/{service}/verify/batch        | -  it asks                           |
POST   /v1/services/{service}/explain             | -  it asks                           |
POST   /oauth/introspect                          | -  it asks                           |
POST   /oauth/revoke                              | revoked                              | 200 200
DELETE /v1/self                                   | revoked                              | 204 401
POST   /v1/self/derive                            | with its Idempotency-Key             | 201 409
POST   /v1/asks                                   | asked                                | 201 200
POST   /v1/asks/{id}/approve                      | approved                             | 200 409
POST   /v1/asks/{id}/deny                         | denied                               | 200 409
DELETE /v1/asks/{id}                              | what was lent                        | 204 204
POST   /v1/self/password                          | changed                              | 204 401
POST   /v1/sessions                               | -  it begins another each time       |
DELETE /v1/sessions/current                       | ended                                | 204 401
DELETE /v1/sessions/{id}                          | ended                                | 204 404
POST   /v1/users                                  | with its Idempotency-Key             | 201 409
PATCH  /v1/users/{name}                           | deactivated                          | 200 200
PATCH  /v1/users/{name}                           | demoted by themselves                | 200 403
DELETE /v1/users/{name}                           | removed                              | 204 404
POST   /v1/keys                                   | with its Idempotency-Key             | 201 409
DELETE /v1/keys/{id}                              | taken back                           | 204 404
DELETE /v1/keys/{id}                              | taken back by itself                 | 204 401
POST   /v1/leaks                                  | a token                              | 200 200
POST   /v1/leaks                                  | a key                                | 200 200
POST   /v1/leaks                                  | a token, after one that lives        | 200 200
POST   /v1/leaks/github                           | a token                              | 200 200
POST   /v1/server-keys/peppers                    | -  it makes another each time        |
POST   /v1/server-keys/sessions                   | -  it makes another each time        |
DELETE /v1/server-keys/peppers/{id}               | retired                              | 204 404
POST   /v1/webhooks/{name}/test                   | -  it sends, and changes nothing     |
POST   /v1/webhooks/{name}/retry                  | -  it takes nothing from anybody     |
";

struct Row {
    call: &'static str,
    what: &'static str,
    /// How it is answered; `None` where it is not made twice.
    statuses: Option<[u16; 2]>,
}

impl Row {
    fn name(&self) -> String {
        self.call.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let [call, what, statuses] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let statuses: Vec<u16> = statuses.split_whitespace().map(|one| one.parse().unwrap()).collect();
            assert_eq!(statuses.is_empty(), what.starts_with('-'), "{line}");
            Row { call, what, statuses: statuses.try_into().ok() }
        })
        .collect()
}

/// What is wrong with how a call is answered when it is made again, if anything is.
async fn wrong(row: &Row, statuses: [u16; 2]) -> Option<String> {
    let hold = Hold::default();
    let stage = Stage::set(&hold).await;
    let [first, again] = twice(&stage, &row.name(), row.what).await;
    let done = first.send(&stage).await;
    hold.hold();
    let mut again = pin!(again.send(&stage));
    tokio::select! {
        biased;
        answer = &mut again => return Some(format!("answered {} at once", answer.status)),
        () = hold.waited_for() => {}
    }
    hold.release();
    let answer = again.await;
    if [done.status, answer.status] != statuses {
        return Some(format!("answered {} and {}: {}", done.status, answer.status, answer.text()));
    }
    hold.read_since().then(|| "read what it answered by after it had waited".to_owned())
}

#[tokio::test]
async fn so_already_is_never_said_before_it_is_so_everywhere() {
    let mut told = Vec::new();
    for row in rows() {
        if let Some(statuses) = row.statuses
            && let Some(wrong) = wrong(&row, statuses).await
        {
            told.push(format!("{} ({}): {wrong}", row.name(), row.what));
        }
    }
    assert!(told.is_empty(), "answered otherwise:\n{}", told.join("\n"));
}

#[test]
fn the_table_has_every_call_that_may_change_something() {
    let named: BTreeSet<_> = rows().iter().map(Row::name).collect();
    let documented: BTreeSet<_> = operations()
        .iter()
        .filter(|operation| operation.method != "GET")
        .map(crate::document::Operation::name)
        .collect();
    assert_eq!(named, documented);
}
