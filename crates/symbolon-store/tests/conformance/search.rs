//! Which tokens a list holds.

use symbolon_core::record::Token;
use symbolon_core::record::TokenState::{Active, Disabled, Expired, Revoked};
use symbolon_core::store::{Change, Store, TokenQuery};

use super::{Place, accept, make};

async fn names(store: &dyn Store, query: TokenQuery) -> Vec<String> {
    let page = store.tokens(&query).await.unwrap();
    page.items.into_iter().map(|token| token.name).collect()
}

pub(crate) async fn states_are_those_of_the_moment(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let mut tokens = Vec::new();
    let mut changes = vec![Change::UserCreated(user.clone())];
    for (n, (ends, disabled, revoked)) in (0..).zip([
        (None, false, false),
        (None, true, false),
        (Some(1_000), false, false),
        (Some(1_000), true, false),
        (Some(1_000), true, true),
        (None, false, true),
    ]) {
        let token = Token { expires_at: ends.map(make::at), disabled, ..make::token(n, &user) };
        changes.push(Change::TokenCreated(token.clone()));
        if revoked {
            let token = make::revoked(&token, make::at(500));
            changes.push(Change::TokenChanged(token.clone()));
            tokens.push(token);
        } else {
            tokens.push(token);
        }
    }
    accept(&*store, make::mutation(changes)).await;

    for now in [999, 1_000, 1_001].map(make::at) {
        for state in [None, Some(Active), Some(Disabled), Some(Expired), Some(Revoked)] {
            let query = TokenQuery { state, ..make::tokens_of(make::odin(), now) };
            let wanted = |token: &&Token| match state {
                None => token.state(now) != Revoked,
                Some(state) => token.state(now) == state,
            };
            let expected: Vec<_> =
                tokens.iter().rev().filter(wanted).map(|token| token.name.clone()).collect();
            assert!(!expected.is_empty() || state == Some(Expired));
            assert_eq!(names(&*store, query).await, expected, "{state:?} at {now}");
        }
    }
    store.close().await;
}

pub(crate) async fn text_is_found_as_it_is_written(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let texts =
        ["100% sure", "snake_case", "it's \"quoted\"", "back\\slash", "Grafana", "Äpfel", "bell\u{7}here"];
    let mut changes = vec![Change::UserCreated(user.clone())];
    for (n, text) in (0..).zip(texts) {
        // Half say it in the name, half in the description.
        let token = make::token(n, &user);
        let token = if n % 2 == 0 {
            Token { name: text.to_owned(), ..token }
        } else {
            Token { name: format!("described {n}"), description: text.to_owned(), ..token }
        };
        changes.push(Change::TokenCreated(token));
    }
    let prefixed = Token { token_prefix: "7QhT2mXa".parse().unwrap(), ..make::token(99, &user) };
    changes.push(Change::TokenCreated(prefixed));
    accept(&*store, make::mutation(changes)).await;

    let found = async |text: &str| {
        let query = TokenQuery { text: Some(text.to_owned()), ..make::tokens_of(make::odin(), make::at(0)) };
        names(&*store, query).await.join(", ")
    };
    assert_eq!(found("%").await, "100% sure");
    assert_eq!(found("_").await, "described 1");
    assert_eq!(found("'s \"QUO").await, "it's \"quoted\"");
    assert_eq!(found("\\").await, "described 3");
    assert_eq!(found("gRAFANA").await, "Grafana");
    assert_eq!(found("Äp").await, "described 5");
    // Letter case is ignored in ASCII only.
    assert_eq!(found("äp").await, "");
    assert_eq!(found("\u{7}h").await, "bell\u{7}here");
    assert_eq!(found("qht2").await, "token 99");
    assert_eq!(found("%sure").await, "");
    assert_eq!(found("\0").await, "", "a character that no database has to take");
    assert_eq!(found(&"x".repeat(1 << 20)).await, "");
    assert_eq!(found("").await.split(", ").count(), texts.len() + 1);
    store.close().await;
}

pub(crate) async fn service_and_owner_narrow(place: &dyn Place) {
    let store = place.open().await;
    let (a, b) = (make::user(1), make::user(2));
    let odysseus = make::service("odysseus");
    let changes = vec![
        Change::UserCreated(a.clone()),
        Change::UserCreated(b.clone()),
        Change::TokenCreated(make::token(1, &a)),
        Change::TokenCreated(make::token(2, &b)),
        Change::TokenCreated(make::token(3, &b)),
        Change::TokenChanged(make::revoked(&make::token(3, &b), make::at(1))),
        Change::TokenCreated(Token { service: odysseus.clone(), ..make::token(4, &a) }),
    ];
    accept(&*store, make::mutation(changes)).await;

    let odin = make::tokens_of(make::odin(), make::at(0));
    assert_eq!(names(&*store, odin.clone()).await, ["token 2", "token 1"]);
    assert_eq!(names(&*store, make::tokens_of(odysseus, make::at(0))).await, ["token 4"]);
    assert_eq!(names(&*store, TokenQuery { owner: Some(a.id), ..odin.clone() }).await, ["token 1"]);
    let revoked = TokenQuery { state: Some(Revoked), ..odin };
    assert_eq!(names(&*store, TokenQuery { owner: Some(b.id), ..revoked.clone() }).await, ["token 3"]);
    assert_eq!(names(&*store, TokenQuery { owner: Some(a.id), ..revoked }).await, [""; 0]);
    store.close().await;
}

pub(crate) async fn prefix_use_and_age_narrow(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    // Made at 1, 2, 3 and 4.
    let changes = (1..=4).map(|number| Change::TokenCreated(make::token(number, &user)));
    let changes = std::iter::once(Change::UserCreated(user.clone())).chain(changes);
    accept(&*store, make::mutation(changes.collect())).await;
    store
        .note_used(vec![(make::token_id(1), make::at(50)), (make::token_id(2), make::at(40))])
        .await
        .unwrap();

    let odin = make::tokens_of(make::odin(), make::at(99));
    let prefixed = |prefix: &str| TokenQuery { prefix: Some(prefix.to_owned()), ..odin.clone() };
    assert_eq!(names(&*store, prefixed("00000003")).await, ["token 3"]);
    assert_eq!(names(&*store, prefixed("0000")).await.len(), 4);
    for other in ["0003", "3", "%", "000000033", "0000000_"] {
        assert_eq!(names(&*store, prefixed(other)).await, [""; 0], "{other}");
    }
    let unused = |at| TokenQuery { unused_since: Some(make::at(at)), ..odin.clone() };
    assert_eq!(names(&*store, unused(51)).await, ["token 4", "token 3", "token 2", "token 1"]);
    assert_eq!(names(&*store, unused(50)).await, ["token 4", "token 3", "token 2"]);
    assert_eq!(names(&*store, unused(40)).await, ["token 4", "token 3"]);
    assert_eq!(names(&*store, unused(4)).await, ["token 3"], "never used, and made earlier");
    let before = |at| TokenQuery { created_before: Some(make::at(at)), ..odin.clone() };
    assert_eq!(names(&*store, before(3)).await, ["token 2", "token 1"]);
    let both = TokenQuery { unused_since: Some(make::at(50)), ..before(3) };
    assert_eq!(names(&*store, both).await, ["token 2"]);
    store.close().await;
}
