//! What is told of tokens' ends.

use jiff::Timestamp;
use symbolon_core::notice::Told;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Store};

use super::{Place, accept, make, refuse};

const TOLD_BEFORE: &str = "that was told of the token's end, or it is another by now";

async fn ends(store: &dyn Store, until: Timestamp) -> Vec<(Token, Option<Told>)> {
    let endings = store.endings(until, None).await.unwrap();
    endings.into_iter().map(|ending| (ending.token, ending.told)).collect()
}

pub(crate) async fn an_end_is_told_once_and_another_end_anew(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let token = Token { expires_at: Some(make::at(100)), ..make::token(1, &user) };
    accept(&*store, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())]))
        .await;
    let told = |end: i64, days| Told { expires_at: make::at(end), days };
    let tell = |end, days| Change::EndingTold(token.id, told(end, days));
    assert_eq!(ends(&*store, make::at(100)).await, [(token.clone(), None)]);
    accept(&*store, make::mutation(vec![tell(100, 7)])).await;
    for (end, days) in [(100, 7), (100, 30), (99, 1)] {
        refuse(&*store, tell(end, days), TOLD_BEFORE).await;
    }
    store.close().await;

    let store = place.open().await;
    assert_eq!(ends(&*store, make::at(100)).await, [(token.clone(), Some(told(100, 7)))]);
    accept(&*store, make::mutation(vec![tell(100, 1)])).await;
    let later = Token { expires_at: Some(make::at(200)), revision: 2, ..token.clone() };
    accept(&*store, make::mutation(vec![Change::TokenChanged(later.clone())])).await;
    assert_eq!(ends(&*store, make::at(200)).await, [(later.clone(), Some(told(100, 1)))]);
    refuse(&*store, tell(100, 0), TOLD_BEFORE).await;
    accept(&*store, make::mutation(vec![tell(200, 30)])).await;
    accept(&*store, make::mutation(vec![Change::TokenChanged(make::revoked(&later, make::at(9)))])).await;
    refuse(&*store, tell(200, 0), TOLD_BEFORE).await;
    assert!(place.changes().await.contains(&("ending.told".to_owned(), token.id.to_string())));
    store.close().await;
}

pub(crate) async fn what_is_told_is_walked_over_no_more(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let ending =
        |number: u32, end: Option<i64>| Token { expires_at: end.map(make::at), ..make::token(number, &user) };
    let tokens: Vec<_> = (0..1_200).map(|number| ending(number, Some(i64::from(number / 2)))).collect();
    let mut changes = vec![Change::UserCreated(user.clone())];
    changes.extend(tokens.iter().cloned().map(Change::TokenCreated));
    changes.push(Change::TokenCreated(ending(5_000, None)));
    accept(&*store, make::mutation(changes)).await;

    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = store.endings(make::at(598), after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.token.expires_at.unwrap(), last.token.id));
        seen.extend(page.into_iter().map(|ending| ending.token.id));
    }
    let wanted: Vec<_> = tokens[..1_198].iter().map(|token| token.id).collect();
    assert_eq!(seen, wanted, "each once, the first to end first");

    let over = tokens[1..]
        .iter()
        .map(|token| Change::EndingTold(token.id, Told { expires_at: token.expires_at.unwrap(), days: 0 }));
    accept(&*store, make::mutation(over.collect())).await;
    let left = ends(&*store, make::at(9_999)).await;
    assert_eq!(left, [(tokens[0].clone(), None)]);
    store.close().await;
}

pub(crate) async fn of_a_token_that_was_edited_no_end_is_told(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let token = Token { expires_at: Some(make::at(100)), ..make::token(1, &user) };
    accept(&*store, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token)])).await;
    place.meddle("UPDATE tokens SET name = 'another'").await.unwrap();
    assert_eq!(ends(&*store, make::at(100)).await, []);
    assert_eq!(store.broken_seals().len(), 1);
    store.close().await;
}
