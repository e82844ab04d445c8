//! Changes that are sent on once, by several nodes.

use symbolon_core::store::{AnswerOutcome, Answers, StoreError};
use symbolon_postgres_server::Version;

use crate::conformance::answers::{claim, kept};
use crate::{base, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_claim_a_key_at_once_one_gets_it_and_the_other_hears_of_it() {
    let base = base(Version::Debian);
    let url = base.database.url();
    let nodes = [open(&url).await.unwrap(), open(&url).await.unwrap()];
    for round in 0..20 {
        let key = round.to_string();
        let asked = |node: usize| {
            let mine = claim(1, &key, 0, u32::try_from(node).unwrap());
            nodes[node].claim_answer(mine)
        };
        let (first, second) = tokio::join!(asked(0), asked(1));
        let (winner, told) = match (first, second) {
            (Ok(()), Err(told)) => (0, told),
            (Err(told), Ok(())) => (1, told),
            other => panic!("{other:?}"),
        };
        let mine = claim(1, &key, 0, u32::try_from(winner).unwrap());
        let StoreError::Answered(before) = told else { panic!("{told}") };
        assert_eq!((before.fingerprint, before.outcome), (mine.fingerprint, None));
        nodes[winner].end_answer(mine.clone(), AnswerOutcome::Kept(kept())).await.unwrap();
        let told = nodes[1 - winner].claim_answer(mine).await.unwrap_err();
        let StoreError::Answered(before) = told else { panic!("{told}") };
        assert_eq!(before.outcome, Some(AnswerOutcome::Kept(kept())));
    }
    for node in &nodes {
        symbolon_core::store::Store::close(node).await;
    }
}

/// A claim waits for the one that is being made, and not for any mutation's turn.
#[tokio::test]
async fn a_claim_does_not_wait_for_the_clock_of_the_fleet() {
    let base = base(Version::Debian);
    let store = open(&base.database.url()).await.unwrap();
    let mut other = base.connection().await;
    sqlx::raw_sql("BEGIN; SELECT * FROM fleet_clock FOR UPDATE").execute(&mut other).await.unwrap();
    let one = claim(1, "key", 0, 1);
    store.claim_answer(one.clone()).await.unwrap();
    store.end_answer(one, AnswerOutcome::NotKept).await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    symbolon_core::store::Store::close(&store).await;
}
