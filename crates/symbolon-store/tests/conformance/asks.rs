//! What tokens ask for: made, answered once, forgotten.

use std::sync::Arc;

use symbolon_core::ask::{Ask, KEPT, MAX_ASKED, Said};
use symbolon_core::derived::Loan;
use symbolon_core::lifetime::Lifetime;
use symbolon_core::name::ScopeName;
use symbolon_core::record::Token;
use symbolon_core::store::{AuditQuery, Change, Mutation, Store, StoreError};

use super::mirror::Mirror;
use super::{Place, accept, commit, make, refuse};

const DAY: i64 = 86_400_000;

/// One that nobody has answered, and one for each thing that may be said.
pub(crate) fn of_every_kind(token: &Token) -> [Ask; 4] {
    let scope = |name: &str| name.parse::<ScopeName>().unwrap();
    let open = Ask {
        scopes: vec![scope("read:users"), scope("write:jobs")],
        lasts: Lifetime::Seconds(86_400),
        reason: "é e\u{301} \u{1f5dd} \u{202e}x\n{\"a\",NULL} $1 '; -- \\\r\n\u{ffff}".to_owned(),
        by: "usr_é'\"".to_owned(),
        ..make::ask(1, token, 1)
    };
    let of = |number, said: Said| {
        let made = Ask { id: make::ask_id(number), lasts: Lifetime::Seconds(1), ..open.clone() };
        make::answered(&made, said)
    };
    let approved = of(2, Said::Approved { scopes: vec![scope("read:users")], until: make::at(9) });
    [open.clone(), approved, of(3, Said::Denied), of(4, Said::Withdrawn)]
}

/// As it was made.
fn unanswered(ask: &Ask) -> Ask {
    Ask { answer: None, revision: 1, ..ask.clone() }
}

/// A store with a user and their token.
async fn with_token(place: &dyn Place) -> (Arc<dyn Store>, Token) {
    let store = place.open().await;
    let user = make::user(1);
    let token = make::token(1, &user);
    accept(&*store, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())]))
        .await;
    (store, token)
}

async fn listed(store: &dyn Store) -> Vec<Ask> {
    store.asks(&make::all_asks()).await.unwrap().items
}

async fn lines(store: &dyn Store) -> Vec<(String, String)> {
    let query = AuditQuery { page: make::page(1000), ..AuditQuery::default() };
    let lines = store.audit(&query).await.unwrap().items;
    lines.into_iter().map(|line| (line.action, line.subject)).collect()
}

pub(crate) async fn an_ask_is_kept_whole_with_what_was_said_to_it(place: &dyn Place) {
    let (store, token) = with_token(place).await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    let live = mirror.live();
    let asks = of_every_kind(&token);
    for ask in &asks {
        let said = |action| vec![make::line(action, &ask.id.to_string())];
        let made = unanswered(ask);
        let change = vec![Change::AskMade(made.clone())];
        accept(&*store, Mutation::given(change, said("ask.make"), make::at(1))).await;
        assert_eq!(store.ask(ask.id).await.unwrap(), Some(made));
        assert_eq!(lines(&*store).await[0], ("ask.make".to_owned(), ask.id.to_string()));
        if ask.answer.is_some() {
            let change = vec![Change::AskAnswered(ask.clone())];
            accept(&*store, Mutation::given(change, said("ask.answer"), make::at(2))).await;
            assert_eq!(lines(&*store).await[0], ("ask.answer".to_owned(), ask.id.to_string()));
        }
        assert_eq!(store.ask(ask.id).await.unwrap().as_ref(), Some(ask));
    }
    assert_eq!(store.ask(make::ask_id(9)).await.unwrap(), None);
    assert_eq!(mirror.live(), live, "no check depends on it");
    store.close().await;

    let store = place.open().await;
    assert_eq!(listed(&*store).await, asks.into_iter().rev().collect::<Vec<_>>());
    store.check().await.unwrap();
    store.close().await;
}

pub(crate) async fn a_token_that_does_not_live_in_its_service_asks_for_nothing(place: &dyn Place) {
    let (store, token) = with_token(place).await;
    let (other, gone) = (make::user(2), make::token(2, &make::user(1)));
    let theirs = make::token(3, &other);
    accept(
        &*store,
        make::mutation(vec![
            Change::UserCreated(other.clone()),
            Change::TokenCreated(gone.clone()),
            Change::TokenCreated(theirs.clone()),
            Change::TokenChanged(make::revoked(&gone, make::at(9))),
            Change::UserRemoved(other.id, make::at(9)),
        ]),
    )
    .await;
    let elsewhere = Token { service: make::service("odin-2"), ..token.clone() };
    for token in [&make::token(9, &make::user(1)), &elsewhere, &gone, &theirs] {
        refuse(&*store, Change::AskMade(make::ask(1, token, 0)), "the token is not there").await;
    }
    let ask = make::ask(1, &token, 0);
    let answered = make::answered(&ask, Said::Denied);
    refuse(&*store, Change::AskMade(answered.clone()), "nobody has answered a new ask").await;
    let endless = Ask { lasts: Lifetime::Never, ..ask.clone() };
    refuse(&*store, Change::AskMade(endless), "what is lent has an end").await;
    refuse(&*store, Change::AskAnswered(answered.clone()), "that ask is not there").await;
    assert_eq!(listed(&*store).await, []);

    // A derived token's ask is for core to refuse, and one that is switched off may ask: nothing of that is the record's.
    accept(&*store, make::mutation(vec![Change::AskMade(ask.clone())])).await;
    refuse(&*store, Change::AskMade(Ask { reason: "x".to_owned(), ..ask.clone() }), "that ask id is taken")
        .await;
    let unsaid = Ask { revision: 2, ..ask.clone() };
    refuse(&*store, Change::AskAnswered(unsaid), "an ask that was answered has an answer").await;
    assert_eq!(listed(&*store).await, std::slice::from_ref(&ask));
    // What was asked before is still there to be answered: denied, by whoever tidies up.
    let revoked = make::revoked(&token, make::at(9));
    accept(&*store, make::mutation(vec![Change::TokenChanged(revoked)])).await;
    accept(&*store, make::mutation(vec![Change::AskAnswered(answered.clone())])).await;
    assert_eq!(listed(&*store).await, [answered]);
    store.close().await;
}

pub(crate) async fn a_token_asks_so_often_in_a_day_and_no_more(place: &dyn Place) {
    const TOO_OFTEN: &str =
        "that token has asked as often as one may in a day; wait, or speak with whoever answers";
    let (store, token) = with_token(place).await;
    let other = make::token(2, &make::user(1));
    accept(&*store, make::mutation(vec![Change::TokenCreated(other.clone())])).await;
    // All in one mutation but the last; whatever becomes of them.
    let mut changes: Vec<_> =
        (1..MAX_ASKED).map(|n| Change::AskMade(make::ask(n, &token, i64::from(n)))).collect();
    let first = make::ask(1, &token, 1);
    changes.push(Change::AskAnswered(make::answered(&first, Said::Withdrawn)));
    accept(&*store, make::mutation(changes)).await;
    let next = |number, at| Change::AskMade(make::ask(number, &token, at));
    accept(&*store, make::mutation(vec![next(MAX_ASKED, 50)])).await;
    refuse(&*store, next(100, 51), TOO_OFTEN).await;
    // By a clock that is behind, too.
    refuse(&*store, next(100, 0), TOO_OFTEN).await;
    accept(&*store, make::mutation(vec![Change::AskMade(make::ask(101, &other, 51))])).await;
    // The first was asked at 1.
    refuse(&*store, next(100, DAY), TOO_OFTEN).await;
    accept(&*store, make::mutation(vec![next(100, DAY + 1)])).await;
    refuse(&*store, next(102, DAY + 1), TOO_OFTEN).await;
    accept(&*store, make::mutation(vec![next(102, DAY + 2)])).await;
    assert_eq!(listed(&*store).await.len(), usize::try_from(MAX_ASKED).unwrap() + 3);
    store.close().await;
}

/// The token with what was approved lent to it, in its next state.
fn lent(token: &Token, ask: &Ask, by: &str) -> Token {
    let until = make::at(605_000);
    let loan = Loan { scopes: ask.scopes.clone(), until, by: by.to_owned(), ask: ask.id.to_string() };
    Token { loans: vec![loan], revision: token.revision + 1, ..token.clone() }
}

pub(crate) async fn an_approval_is_given_whole_or_not_at_all(place: &dyn Place) {
    let (store, token) = with_token(place).await;
    let asks = [1, 2].map(|n| make::ask(n, &token, i64::from(n)));
    accept(&*store, make::mutation(asks.iter().cloned().map(Change::AskMade).collect())).await;
    let approval = |ask: &Ask, token: &Token| {
        let answered = make::answered(ask, make::approved(ask));
        [Change::AskAnswered(answered), Change::TokenChanged(lent(token, ask, "usr"))]
    };
    let first = approval(&asks[0], &token);
    accept(&*store, make::mutation(first.to_vec())).await;
    let holds = lent(&token, &asks[0], "usr");
    let (approved, before) = (make::answered(&asks[0], make::approved(&asks[0])), lines(&*store).await);

    // The ask was answered meanwhile: nothing is lent, in whichever order it is written.
    let late = [
        Change::AskAnswered(make::answered(&asks[0], make::approved(&asks[0]))),
        Change::TokenChanged(Token { revision: 3, loans: Vec::new(), ..holds.clone() }),
    ];
    for late in [late.to_vec(), late.iter().rev().cloned().collect()] {
        let refusal = commit(&*store, late).await.unwrap_err();
        assert_eq!(refusal.to_string(), "that ask was changed meanwhile");
    }
    let denied = make::answered(&asks[0], Said::Denied);
    refuse(&*store, Change::AskAnswered(denied), "that ask was changed meanwhile").await;
    // The token was changed meanwhile: nothing was answered.
    let refusal = commit(&*store, approval(&asks[1], &token).to_vec()).await.unwrap_err();
    assert_eq!(refusal.to_string(), "that token was changed meanwhile");

    assert_eq!(store.token(&token.service, token.id).await.unwrap(), Some(holds));
    assert_eq!(listed(&*store).await, [asks[1].clone(), approved]);
    assert_eq!(lines(&*store).await, before);
    store.close().await;
}

pub(crate) async fn of_many_answers_at_once_one_is_given(place: &dyn Place) {
    let (store, token) = with_token(place).await;
    let ask = make::ask(1, &token, 0);
    accept(&*store, make::mutation(vec![Change::AskMade(ask.clone())])).await;
    let calls: Vec<_> = (0..16)
        .map(|number| {
            let by = format!("usr_{number}");
            let mut answered = make::answered(&ask, make::approved(&ask));
            answered.answer.as_mut().unwrap().by.clone_from(&by);
            let token = lent(&token, &ask, &by);
            let (store, both) = (store.clone(), (answered, token));
            tokio::spawn(async move {
                let changes = vec![Change::AskAnswered(both.0.clone()), Change::TokenChanged(both.1.clone())];
                (commit(&*store, changes).await, both)
            })
        })
        .collect();
    let mut given = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            (Ok(()), both) => given.push(both),
            (Err(refusal), _) => {
                assert!(
                    matches!(refusal, StoreError::Conflict("that ask was changed meanwhile")),
                    "{refusal}"
                );
            }
        }
    }
    let [(answered, token)] = given.as_slice() else { panic!("{given:?}") };
    assert_eq!(store.ask(ask.id).await.unwrap().as_ref(), Some(answered));
    assert_eq!(store.token(&token.service, token.id).await.unwrap().as_ref(), Some(token));
    store.close().await;
}

pub(crate) async fn asks_are_kept_for_so_long_and_no_longer(place: &dyn Place) {
    let (store, token) = with_token(place).await;
    let asks = [1, 2, 3].map(|n| make::ask(n, &token, i64::from(n)));
    let denied = make::answered(&asks[0], Said::Denied);
    let mut changes: Vec<_> = asks.iter().cloned().map(Change::AskMade).collect();
    changes.push(Change::AskAnswered(denied.clone()));
    accept(&*store, make::mutation(changes)).await;
    let (said, kept) = (lines(&*store).await, i64::try_from(KEPT.as_millis()).unwrap());
    store.prune(make::at(kept)).await.unwrap();
    assert_eq!(listed(&*store).await, [asks[2].clone(), asks[1].clone(), denied]);
    store.prune(make::at(kept + 2)).await.unwrap();
    assert_eq!(listed(&*store).await, [asks[2].clone()]);
    store.prune(make::at(kept + 3)).await.unwrap();
    assert_eq!(listed(&*store).await, []);
    assert_eq!(lines(&*store).await, said);
    store.close().await;
}

pub(crate) async fn an_ask_that_cannot_be_read_is_no_ask(place: &dyn Place) {
    let (store, token) = with_token(place).await;
    let asks = [1, 2, 3].map(|n| make::ask(n, &token, i64::from(n)));
    accept(&*store, make::mutation(asks.iter().cloned().map(Change::AskMade).collect())).await;
    place.meddle("UPDATE asks SET scopes = '[\"\"]' WHERE made_at = 1700000000002").await.unwrap();
    let refused = store.ask(asks[1].id).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert_eq!(listed(&*store).await, [asks[2].clone(), asks[0].clone()]);
    // What cannot be: an answer without what belongs to it.
    for wrong in [
        "answer = 'denied'",
        "answer = 'approved', answered_by = '', answered_at = 1, note = ''",
        "answer = 'denied', answered_by = '', answered_at = 1, note = '', until = 1",
        "answer = 'denied', answered_by = '', answered_at = 1, note = '', lent = '[]'",
        "answer = 'perhaps', answered_by = '', answered_at = 1, note = ''",
        "answer = 'approved', answered_by = '', answered_at = 1, note = '', until = 1, lent = '{}'",
        "note = ''",
        "lasts = 0",
    ] {
        place.meddle(&format!("UPDATE asks SET {wrong}")).await.expect_err(wrong);
    }
    store.close().await;
}
