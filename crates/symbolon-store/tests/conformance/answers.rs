//! Changes that are sent on once: one claim for a token's key, and what became of it.

use std::sync::Arc;

use symbolon_core::digest::Digest;
use symbolon_core::store::{
    AnswerBefore, AnswerClaim, AnswerOutcome, AuditQuery, KeptAnswer, Store, StoreError,
};

use super::{Place, make};

const DAY: i64 = 86_400_000;

/// A token's claim on a key, made at this moment for the request of a number.
pub(crate) fn claim(token: u32, key: &str, at: i64, request: u32) -> AnswerClaim {
    let fingerprint: Digest = make::digest(request);
    AnswerClaim { token: make::token_id(token), key: key.to_owned(), fingerprint, at: make::at(at) }
}

/// An answer in which every part says something.
pub(crate) fn kept() -> KeptAnswer {
    KeptAnswer {
        status: 201,
        content_type: Some("text/plain; q='\"".to_owned()),
        location: Some("/things/7".to_owned()),
        etag: Some("\"7\"".to_owned()),
        body: vec![0, 255, b'\'', b'\\'],
    }
}

/// What stands where this was to be claimed; nothing where it was.
async fn found(store: &dyn Store, claim: &AnswerClaim) -> Option<AnswerBefore> {
    match store.claim_answer(claim.clone()).await {
        Ok(()) => None,
        Err(StoreError::Answered(before)) => Some(*before),
        Err(other) => panic!("{other}"),
    }
}

fn before(claim: &AnswerClaim, outcome: Option<AnswerOutcome>) -> AnswerBefore {
    AnswerBefore { fingerprint: claim.fingerprint, at: claim.at, outcome }
}

async fn ended_already(store: &dyn Store, claim: &AnswerClaim) {
    let again = store.end_answer(claim.clone(), AnswerOutcome::NotKept).await.unwrap_err();
    assert!(matches!(again, StoreError::NotFound("that claim")), "{again}");
}

pub(crate) async fn what_became_of_a_claim_is_kept_over_restarts(place: &dyn Place) {
    let bare = KeptAnswer { content_type: None, location: None, etag: None, body: Vec::new(), ..kept() };
    let outcomes = [
        AnswerOutcome::Unknown,
        AnswerOutcome::NotKept,
        AnswerOutcome::Kept(kept()),
        AnswerOutcome::Kept(bare),
    ];
    let store = place.open().await;
    let open = claim(1, "k'\"%", 0, 1);
    assert_eq!(found(&*store, &open).await, None);
    for (number, outcome) in outcomes.iter().enumerate() {
        let one = claim(1, &number.to_string(), 0, 1);
        assert_eq!(found(&*store, &one).await, None);
        store.end_answer(one.clone(), outcome.clone()).await.unwrap();
        ended_already(&*store, &one).await;
    }
    store.close().await;

    let store = place.open().await;
    // Whatever the request is now: who asks compares.
    assert_eq!(found(&*store, &claim(1, &open.key, 5, 2)).await, Some(before(&open, None)));
    for (number, outcome) in outcomes.iter().enumerate() {
        let one = claim(1, &number.to_string(), 0, 1);
        assert_eq!(found(&*store, &one).await, Some(before(&one, Some(outcome.clone()))));
    }
    // Nobody hears of it, and nothing is said of it in the audit.
    assert!(place.changes().await.is_empty());
    let lines = store.audit(&AuditQuery { page: make::page(9), ..AuditQuery::default() }).await.unwrap();
    assert!(lines.items.is_empty());
    store.close().await;
}

pub(crate) async fn a_key_is_its_tokens_own(place: &dyn Place) {
    let store = place.open().await;
    let first = claim(1, "key", 0, 1);
    assert_eq!(found(&*store, &first).await, None);
    assert_eq!(found(&*store, &claim(2, "key", 0, 1)).await, None);
    assert_eq!(found(&*store, &claim(1, "KEY", 0, 1)).await, None);
    assert_eq!(found(&*store, &first).await, Some(before(&first, None)));
    store.close().await;
}

pub(crate) async fn what_had_no_effect_is_claimed_anew(place: &dyn Place) {
    let store = place.open().await;
    let first = claim(1, "key", 0, 1);
    assert_eq!(found(&*store, &first).await, None);
    store.release_answer(first.clone()).await.unwrap();
    store.release_answer(first.clone()).await.unwrap();
    let second = claim(1, "key", 1, 2);
    assert_eq!(found(&*store, &second).await, None);
    // The first has no say in what is another's by now.
    store.release_answer(first.clone()).await.unwrap();
    ended_already(&*store, &first).await;
    assert_eq!(found(&*store, &first).await, Some(before(&second, None)));
    // What has ended is not given up.
    store.end_answer(second.clone(), AnswerOutcome::NotKept).await.unwrap();
    store.release_answer(second.clone()).await.unwrap();
    assert_eq!(found(&*store, &first).await, Some(before(&second, Some(AnswerOutcome::NotKept))));
    store.close().await;
}

pub(crate) async fn a_lapsed_answer_is_forgotten(place: &dyn Place) {
    let store = place.open().await;
    let first = claim(1, "key", 0, 1);
    assert_eq!(found(&*store, &first).await, None);
    store.end_answer(first.clone(), AnswerOutcome::Kept(kept())).await.unwrap();
    let told = Some(before(&first, Some(AnswerOutcome::Kept(kept()))));
    assert_eq!(found(&*store, &claim(1, "key", DAY - 1, 2)).await, told);
    let second = claim(1, "key", DAY, 2);
    assert_eq!(found(&*store, &second).await, None);
    assert_eq!(found(&*store, &first).await, Some(before(&second, None)));

    assert_eq!(found(&*store, &claim(1, "older", 1, 1)).await, None);
    let left = async || {
        // Of what is not there any more every claim is a first one, at any time.
        let mut left = Vec::new();
        for key in ["key", "older"] {
            let again = claim(1, key, 2, 3);
            if found(&*store, &again).await.is_some() {
                left.push(key);
            } else {
                store.release_answer(again).await.unwrap();
            }
        }
        left
    };
    store.prune(make::at(DAY)).await.unwrap();
    assert_eq!(left().await, ["key", "older"]);
    store.prune(make::at(DAY + 1)).await.unwrap();
    assert_eq!(left().await, ["key"]);
    store.prune(make::at(2 * DAY)).await.unwrap();
    assert!(left().await.is_empty());
    store.close().await;
}

pub(crate) async fn of_many_claims_at_once_one_is_made(place: &dyn Place) {
    let store = place.open().await;
    let calls: Vec<_> = (0..16_u32)
        .map(|request| {
            let store: Arc<dyn Store> = store.clone();
            tokio::spawn(async move { (request, found(&*store, &claim(1, "key", 0, request)).await) })
        })
        .collect();
    let (mut made, mut told) = (Vec::new(), Vec::new());
    for call in calls {
        match call.await.unwrap() {
            (request, None) => made.push(request),
            (_, Some(before)) => told.push(before),
        }
    }
    assert_eq!((made.len(), told.len()), (1, 15));
    let first = claim(1, "key", 0, made[0]);
    assert!(told.iter().all(|found| *found == before(&first, None)));
    store.close().await;
}

pub(crate) async fn a_claim_whose_row_cannot_be_read_lets_nothing_pass(place: &dyn Place) {
    let store = place.open().await;
    let one = claim(1, "key", 0, 1);
    assert_eq!(found(&*store, &one).await, None);
    store.end_answer(one.clone(), AnswerOutcome::Kept(kept())).await.unwrap();
    place.meddle("UPDATE answers SET status = -1").await.unwrap();
    let refused = store.claim_answer(one).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    store.close().await;
}
