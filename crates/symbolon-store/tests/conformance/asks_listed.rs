//! Lists of asks: who knows of which, which wait for an answer, page by page.

use jiff::Timestamp;
use symbolon_core::ask::{Ask, MAX_ASKED, Said};
use symbolon_core::id::{AskId, TokenId, UserId};
use symbolon_core::name::ServiceName;
use symbolon_core::record::Token;
use symbolon_core::store::{AskQuery, Change, PageQuery, SeenAsks, Store};

use super::{Place, accept, make};

async fn listed(store: &dyn Store, query: &AskQuery) -> Vec<AskId> {
    store.asks(query).await.unwrap().items.into_iter().map(|ask| ask.id).collect()
}

/// What is known of an ask and of its token.
struct Known {
    ask: Ask,
    owner: UserId,
    revoked: bool,
}

impl Known {
    /// Whether it is listed, in the words of the contract.
    fn is_listed(&self, query: &AskQuery) -> bool {
        let ask = &self.ask;
        let seen = match &query.seen {
            SeenAsks::All => true,
            SeenAsks::Of { services, owner } => services.contains(&ask.service) || self.owner == *owner,
        };
        let open = ask.answer.is_none() && ask.made_at > query.open_since && !self.revoked;
        seen && (!query.open || open)
            && query.service.as_ref().is_none_or(|service| *service == ask.service)
            && query.token.is_none_or(|token| token == ask.token)
    }
}

pub(crate) async fn every_filter_narrows_alone_and_with_every_other(place: &dyn Place) {
    let store = place.open().await;
    let owners = [1, 2].map(make::user);
    let mut changes: Vec<_> = owners.iter().cloned().map(Change::UserCreated).collect();
    // Names of which one is in the other, either way.
    let services = ["odin", "odin-2", "2-odin"].map(make::service);
    let (mut known, mut revoked, mut number) = (Vec::new(), Vec::new(), 0);
    for service in &services {
        for owner in &owners {
            for gone in [false, true] {
                number += 1;
                let token = Token { service: service.clone(), ..make::token(number, owner) };
                changes.push(Change::TokenCreated(token.clone()));
                for (nth, said) in
                    [None, Some(Said::Denied), None, Some(Said::Withdrawn)].into_iter().enumerate()
                {
                    // Four to a moment, and in it not by the order in which they were made.
                    let nth = u32::try_from(nth).unwrap();
                    let made = make::ask(1_000 * nth + number * 7 % 13, &token, i64::from(number / 4 + nth));
                    changes.push(Change::AskMade(made.clone()));
                    let ask = said.map_or(made.clone(), |said| make::answered(&made, said));
                    if ask.answer.is_some() {
                        changes.push(Change::AskAnswered(ask.clone()));
                    }
                    known.push(Known { ask, owner: owner.id, revoked: gone });
                }
                if gone {
                    revoked.push(Change::TokenChanged(make::revoked(&token, make::at(99))));
                }
            }
        }
    }
    accept(&*store, make::mutation(changes)).await;
    accept(&*store, make::mutation(revoked)).await;
    known.sort_by_key(|known| std::cmp::Reverse((known.ask.made_at, known.ask.id)));

    let maybe = |service: &ServiceName| Some(service.clone());
    let mut lengths = Vec::new();
    for seen in seen(&services, &owners.map(|owner| owner.id)) {
        for service in services.iter().map(maybe).chain([None, Some(make::service("din"))]) {
            for token in (0..=number).map(|n| (n > 0).then(|| make::token_id(n))) {
                for (open, since) in [(false, Timestamp::MAX), (true, Timestamp::MIN), (true, make::at(2))] {
                    let (seen, service) = (seen.clone(), service.clone());
                    let query =
                        AskQuery { seen, service, token, open, open_since: since, page: make::page(1000) };
                    let expected: Vec<_> = known
                        .iter()
                        .filter(|known| known.is_listed(&query))
                        .map(|known| known.ask.id)
                        .collect();
                    assert_eq!(listed(&*store, &query).await, expected, "{query:?}");
                    lengths.push(expected.len());
                }
            }
        }
    }
    lengths.sort_unstable();
    lengths.dedup();
    assert_eq!((lengths[0], lengths[lengths.len() - 1]), (0, known.len()), "all and nothing, and some");
    assert!(lengths.len() > 8, "{lengths:?}");
    store.close().await;
}

fn seen(services: &[ServiceName], owners: &[UserId]) -> Vec<SeenAsks> {
    let of = |services: &[ServiceName], owner| SeenAsks::Of { services: services.to_vec(), owner };
    vec![
        SeenAsks::All,
        of(&[], owners[0]),
        of(&[], make::user_id(9)),
        of(&services[..1], make::user_id(9)),
        of(&services[1..], owners[1]),
        of(services, make::user_id(9)),
    ]
}

pub(crate) async fn whose_token_it_is_now_decides_who_knows_of_its_asks(place: &dyn Place) {
    let store = place.open().await;
    let (ann, ben) = (make::user(1), make::user(2));
    let token = make::token(1, &ann);
    let ask = make::ask(1, &token, 0);
    accept(
        &*store,
        make::mutation(vec![
            Change::UserCreated(ann.clone()),
            Change::UserCreated(ben.clone()),
            Change::TokenCreated(token.clone()),
            Change::AskMade(ask.clone()),
        ]),
    )
    .await;
    let of = async |owner: UserId, token: Option<TokenId>, open| {
        let seen = SeenAsks::Of { services: vec![make::service("blue")], owner };
        listed(&*store, &AskQuery { seen, token, open, ..make::all_asks() }).await
    };
    let all = |token: TokenId| [(None, false), (None, true), (Some(token), false), (Some(token), true)];
    for (asked, open) in all(token.id) {
        assert_eq!((of(ann.id, asked, open).await, of(ben.id, asked, open).await), (vec![ask.id], vec![]));
    }
    let given = Token { owner: ben.id, revision: 2, ..token.clone() };
    accept(&*store, make::mutation(vec![Change::TokenOwned(given)])).await;
    for (asked, open) in all(token.id) {
        assert_eq!((of(ann.id, asked, open).await, of(ben.id, asked, open).await), (vec![], vec![ask.id]));
    }
    // With its owner the token goes, and nobody is to answer any more.
    accept(&*store, make::mutation(vec![Change::UserRemoved(ben.id, make::at(9))])).await;
    for (asked, open) in all(token.id) {
        let left = if open { vec![] } else { vec![ask.id] };
        assert_eq!(of(ben.id, asked, open).await, left);
    }
    store.close().await;
}

pub(crate) async fn no_gap_and_no_double_while_others_ask(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let tokens = [1, 2, 3, 4].map(|n| make::token(n, &user));
    let mut changes = vec![Change::UserCreated(user)];
    changes.extend(tokens.iter().cloned().map(Change::TokenCreated));
    // Seven to a moment, so that pages end between asks of one.
    let count = MAX_ASKED * 2;
    let made = |n: u32, tokens: &[Token; 2]| make::ask(n, &tokens[n as usize % 2], i64::from(n / 7));
    let [first, second, third, fourth] = tokens;
    let (known, others) = ([first.clone(), second], [third, fourth]);
    changes.extend((0..count).map(|n| Change::AskMade(made(n, &known))));
    accept(&*store, make::mutation(changes)).await;

    for (nth, (token, open)) in
        [(None, false), (None, true), (Some(first.id), false), (Some(first.id), true)].into_iter().enumerate()
    {
        let (mut seen, mut after, mut lengths) = (Vec::new(), None, Vec::new());
        loop {
            let page = PageQuery { after, limit: 9 };
            let query = AskQuery { token, open, page, ..make::all_asks() };
            let page = store.asks(&query).await.unwrap();
            lengths.push(page.items.len());
            seen.extend(page.items.into_iter().filter(|ask| ask.id < make::ask_id(count)).map(|ask| ask.id));
            let Some(next) = page.next else { break };
            after = Some(next);
            let newest = 100 * (u32::try_from(nth).unwrap() + 1) + u32::try_from(lengths.len()).unwrap();
            accept(&*store, make::mutation(vec![Change::AskMade(made(newest, &others))])).await;
        }
        let of = |n: &u32| token.is_none() || n.is_multiple_of(2);
        assert_eq!(seen, (0..count).rev().filter(of).map(make::ask_id).collect::<Vec<_>>());
        let (last, whole) = lengths.split_last().unwrap();
        assert!(whole.iter().all(|length| *length == 9) && *last <= 9, "{lengths:?}");
    }
    store.close().await;
}
