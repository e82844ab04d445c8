//! Any history: who followed the feed from the start knows the same as who loads at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, Store};
use tokio::runtime::Handle;

use super::mirror::{Live, Mirror, assert_heard};
use super::{Place, commit, make};

/// A change that somebody wants; whether it fits what is there is for the store to say.
#[derive(Debug, Clone)]
enum Wish {
    CreateUser(u32),
    SwitchUser(u32, bool),
    RemoveUser(u32),
    CreateToken(u32, u32),
    EditToken(u32, bool),
    GiveToken(u32, u32),
    RevokeToken(u32),
    StartSession(u32, u32),
    EndSession(u32),
    EndSessions(u32),
    CreateKey(u32),
    RemoveKey(u32),
    Switch(bool),
}

impl Wish {
    /// The change, from what its maker last saw. It may have been taken back or overtaken since, in the same
    /// mutation.
    fn change(&self, seen: &Live) -> Change {
        let token = |n: u32| seen.tokens.get(&make::token_id(n)).cloned();
        let unseen = |n: u32| make::token(n, &make::user(1));
        match *self {
            Self::CreateUser(n) => Change::UserCreated(make::user(n)),
            Self::SwitchUser(n, active) => {
                let user = seen.users.get(&make::user_id(n)).cloned().unwrap_or_else(|| make::user(n));
                Change::UserChanged(User { active, revision: user.revision + 1, ..user })
            }
            Self::RemoveUser(n) => Change::UserRemoved(make::user_id(n), make::at(99)),
            Self::CreateToken(n, owner) => Change::TokenCreated(make::token(n, &make::user(owner))),
            Self::EditToken(n, disabled) => {
                let token = token(n).unwrap_or_else(|| unseen(n));
                Change::TokenChanged(Token { disabled, revision: token.revision + 1, ..token })
            }
            Self::GiveToken(n, owner) => {
                let token = token(n).unwrap_or_else(|| unseen(n));
                let owner = make::user(owner).id;
                Change::TokenOwned(Token { owner, revision: token.revision + 1, ..token })
            }
            Self::RevokeToken(n) => {
                let token = token(n).unwrap_or_else(|| unseen(n));
                Change::TokenChanged(make::revoked(&token, make::at(98)))
            }
            Self::StartSession(n, user) => Change::SessionStarted(make::session(n, &make::user(user))),
            Self::EndSession(n) => Change::SessionEnded(make::session_id(n)),
            Self::EndSessions(user) => Change::SessionsEnded(make::user_id(user)),
            Self::CreateKey(n) => Change::KeyCreated(make::key(n)),
            Self::RemoveKey(n) => Change::KeyRemoved(make::key_id(n)),
            Self::Switch(enforce) => Change::EnforcementSwitched(make::switched("odin", enforce, 0)),
        }
    }
}

fn wish() -> impl Strategy<Value = Wish> {
    let (user, thing) = (0..3_u32, 0..6_u32);
    prop_oneof![
        4 => user.clone().prop_map(Wish::CreateUser),
        2 => (user.clone(), any::<bool>()).prop_map(|(n, active)| Wish::SwitchUser(n, active)),
        1 => user.clone().prop_map(Wish::RemoveUser),
        8 => (thing.clone(), user.clone()).prop_map(|(n, owner)| Wish::CreateToken(n, owner)),
        4 => (thing.clone(), any::<bool>()).prop_map(|(n, disabled)| Wish::EditToken(n, disabled)),
        3 => (thing.clone(), user.clone()).prop_map(|(n, owner)| Wish::GiveToken(n, owner)),
        2 => thing.clone().prop_map(Wish::RevokeToken),
        3 => (thing.clone(), user.clone()).prop_map(|(n, user)| Wish::StartSession(n, user)),
        1 => thing.clone().prop_map(Wish::EndSession),
        1 => user.prop_map(Wish::EndSessions),
        2 => thing.clone().prop_map(Wish::CreateKey),
        1 => thing.prop_map(Wish::RemoveKey),
        1 => any::<bool>().prop_map(Wish::Switch),
    ]
}

pub(crate) async fn the_feed_and_the_load_agree(place: &dyn Place) {
    let histories = prop::collection::vec(prop::collection::vec(wish(), 1..4), 1..40);
    tokio::task::block_in_place(|| {
        TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() })
            .run(&histories, |history| {
                Handle::current()
                    .block_on(live_through(&*Handle::current().block_on(place.another()), history))
            })
            .unwrap();
    });
}

async fn live_through(place: &dyn Place, history: Vec<Vec<Wish>>) -> Result<(), TestCaseError> {
    let store = place.open().await;
    let followed = Arc::new(Mirror::default());
    store.attach(followed.clone()).await.unwrap();
    for wishes in history {
        let before = followed.live();
        let changes: Vec<_> = wishes.iter().map(|wish| wish.change(&before)).collect();
        let heard = followed.heard().len();
        let heard_now = if commit(&*store, changes).await.is_ok() { heard + wishes.len() } else { heard };
        prop_assert_eq!(followed.heard().len(), heard_now);
    }
    // Nothing lists what is switched: the gate alone asks for it.
    let enforcement = followed.live().enforcement;
    let listed = Live { enforcement, ..listed(&*store).await };
    prop_assert_eq!(&listed, &followed.live());
    assert_heard(&followed.heard(), &place.changes().await, place.tells_what_holds());
    store.check().await.unwrap();
    store.close().await;

    let store = place.open().await;
    let loaded = Arc::new(Mirror::default());
    store.attach(loaded.clone()).await.unwrap();
    prop_assert_eq!(loaded.live(), followed.live());
    store.close().await;
    Ok(())
}

/// What the lists say is live.
async fn listed(store: &dyn Store) -> Live {
    let all = make::page(100);
    let now = make::at(0);
    let tokens = store.tokens(&make::tokens_of(make::odin(), now)).await.unwrap().items;
    let users = store.users(&all).await.unwrap().items;
    let sessions = store.sessions(None, now, &all).await.unwrap().items;
    let keys = store.keys(&all).await.unwrap().items;
    Live {
        tokens: tokens.into_iter().map(|token| (token.id, token)).collect(),
        users: users.into_iter().map(|user| (user.id, user)).collect(),
        sessions: sessions.into_iter().map(|session| (session.id, session)).collect(),
        keys: keys.into_iter().map(|key| (key.id, key)).collect(),
        enforcement: BTreeMap::new(),
    }
}
