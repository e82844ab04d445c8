//! The sink hears what the record holds, in its order, before the caller is answered.

use std::sync::Arc;

use symbolon_core::record::Token;
use symbolon_core::store::Change;

use super::mirror::{Mirror, assert_heard};
use super::{Place, accept, commit, make};

const CALLERS: u32 = 32;
const ROUNDS: u32 = 12;

pub(crate) async fn the_sink_hears_in_the_order_of_the_record(place: &dyn Place) {
    let store = place.open().await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;

    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (store, mirror, user) = (store.clone(), mirror.clone(), user.clone());
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let number = caller * ROUNDS + round;
                    let token = make::token(number, &user);
                    let disabled = Token { disabled: true, revision: 2, ..token.clone() };
                    let changes = vec![Change::TokenCreated(token), Change::TokenChanged(disabled)];
                    commit(&*store, changes).await.unwrap();
                    assert!(
                        mirror.live().tokens[&make::token_id(number)].disabled,
                        "answered before applied"
                    );
                    // Some are refused in between, and must not be heard.
                    assert!(commit(&*store, vec![Change::KeyRemoved(make::key_id(number))]).await.is_err());
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let heard = mirror.heard();
    assert_eq!(heard.len(), (1 + 2 * CALLERS * ROUNDS) as usize);
    assert_heard(&heard, &place.changes().await, place.tells_what_holds());
    store.close().await;
}
