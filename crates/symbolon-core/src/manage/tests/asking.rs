//! What is lent to a token that asks: no more than was asked for, than could be granted, and not for longer.

use jiff::SignedDuration;

use super::*;
use crate::ask::{Answer, Ask, AskState, MAX_SCOPES, MAX_TEXT, OPEN, Said};
use crate::digest::Digest;
use crate::id::AskId;
use crate::lifetime::Lifetime;
use crate::record::TokenState;
use crate::scope::ScopeSet;

fn later(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// An ask as if it had been made, whatever it is for.
pub(super) fn asked_by(token: &Token, scopes: &[&str]) -> Ask {
    let mut scopes = names(scopes);
    scopes.sort();
    let ask = Ask {
        id: AskId::new(now(), &Seeded::default()),
        service: token.service.clone(),
        token: token.id,
        scopes,
        lasts: lasts("1h"),
        reason: "why".to_owned(),
        by: token.id.to_string(),
        made_at: now(),
        mark: Digest::from_bytes([0; 32]),
        answer: None,
        revision: 1,
    };
    marked(ask)
}

/// The same with the MAC that it has to have.
fn marked(ask: Ask) -> Ask {
    Ask { mark: ask.marked(&keys().pepper), ..ask }
}

/// Who answers whose ask, at this moment.
pub(super) fn answering<'a>(
    catalog: &'a Catalog,
    operator: Operator<'a>,
    owner: &'a User,
    token: &'a Token,
    ask: &'a Ask,
) -> Answering<'a> {
    Answering { catalog, operator, owner, token, state: token.state(now()), ask, now: now() }
}

pub(super) fn approval() -> Approval {
    Approval { scopes: None, lasts: None, note: String::new(), by: "usr_a".to_owned() }
}

fn lasts(text: &str) -> Lifetime {
    text.parse().unwrap()
}

fn wanting(scopes: &[&str]) -> NewAsk {
    NewAsk { scopes: names(scopes), lasts: lasts("1h"), reason: "why".to_owned(), by: "tok_a".to_owned() }
}

fn effective(token: &Token, owner: &User) -> ScopeSet {
    shop().effective(shop().closure(&token.scopes), shop().role_of(owner))
}

fn made(token: &Token, owner: &User, new: NewAsk) -> Result<Ask, Refusal> {
    let asking =
        Asking { token, state: token.state(now()), owner, effective: effective(token, owner), rate: None };
    ask(&shop(), asking, new, now(), &keys(), &Seeded::default())
}

fn approved(by: &User, owner: &User, token: &Token, ask: &Ask, how: Approval) -> Result<Loaned, Refusal> {
    approve(answering(&shop(), Operator::User(by), owner, token, ask), &keys(), how)
}

#[test]
fn what_nobody_could_lend_is_not_asked_for() {
    let (ann, bob) = (user(1, Some("admin")), user(2, Some("user")));
    let (hers, his) = (holding(&ann, &["items:write"]), holding(&bob, &["items:read"]));
    assert_eq!(made(&his, &bob, wanting(&["items:write"])).unwrap().scopes, names(&["items:write"]));
    let field = |refused: Refusal| refused.field.unwrap();
    // It has it, by another.
    assert_eq!(field(made(&hers, &ann, wanting(&["users:read", "items:read"])).unwrap_err()), "scopes[1]");
    let above = made(&his, &bob, wanting(&["users:read"])).unwrap_err();
    assert_eq!((above.code, above.field.as_deref()), (Code::InsufficientRole, Some("scopes[0]")));
    assert_eq!(field(made(&hers, &ann, wanting(&["dropped"])).unwrap_err()), "scopes[0]");
    assert_eq!(made(&hers, &ann, wanting(&[])).unwrap_err().code, Code::ScopesRequired);
    let many = NewAsk { scopes: vec!["users:read".parse().unwrap(); MAX_SCOPES + 1], ..wanting(&[]) };
    assert_eq!(field(made(&hers, &ann, many).unwrap_err()), "scopes");
    let twice = made(&hers, &ann, wanting(&["users:read", "users:read"])).unwrap();
    assert_eq!(twice.scopes, names(&["users:read"]));
}

#[test]
fn an_ask_says_what_for_and_for_how_long() {
    let ann = user(1, Some("admin"));
    let token = holding(&ann, &["items:write"]);
    let ask = |lasts_: &str, reason: &str| {
        let new = NewAsk { lasts: lasts(lasts_), reason: reason.to_owned(), ..wanting(&["users:read"]) };
        made(&token, &ann, new)
    };
    for (long, reason, field) in [
        ("25h", "why", "duration"),
        ("none", "why", "duration"),
        ("1h", "", "reason"),
        ("1h", " \n ", "reason"),
        ("1h", "a\u{1b}[2J", "reason"),
        ("1h", "read \u{202e}srebmun", "reason"),
        ("1h", "a\u{200b}b", "reason"),
        ("1h", &"ü".repeat(MAX_TEXT + 1), "reason"),
    ] {
        assert_eq!(ask(long, reason).unwrap_err().field.as_deref(), Some(field), "{long} {reason:.9}");
    }
    assert_eq!(ask("1d", " two\nlines ").unwrap().reason, "two\nlines");
    assert_eq!(ask("1s", &"ü".repeat(MAX_TEXT)).unwrap().reason.chars().count(), MAX_TEXT);
    let secret = crate::token::NewSecret::generate(&shop().prefix, &Seeded::default());
    let told = ask("1h", &format!("with {}", secret.reveal())).unwrap().reason;
    assert!(told.starts_with("with shop_") && told.ends_with('…') && told.len() < 30, "{told}");
    let asked = asked_by(&token, &["users:read"]);
    let note = Approval { note: format!("not with {}", secret.reveal()), ..approval() };
    let answered = approved(&ann, &ann, &token, &asked, note).unwrap().ask.answer.unwrap();
    assert!(answered.note.starts_with("not with shop_") && answered.note.len() < 30, "{}", answered.note);
}

#[test]
fn a_token_that_does_not_work_or_was_derived_asks_for_nothing_and_is_lent_nothing() {
    let ann = user(1, Some("admin"));
    let token = holding(&ann, &["items:write"]);
    let parent = Some(crate::derived::Parent { id: token.id, depth: 1 });
    let inactive = User { active: false, ..ann.clone() };
    for (over, owner, code) in [
        (Token { disabled: true, ..token.clone() }, &ann, Code::Conflict),
        (Token { expires_at: Some(now()), ..token.clone() }, &ann, Code::Conflict),
        (Token { revoked_at: Some(now()), ..token.clone() }, &ann, Code::Conflict),
        (Token { parent, ..token.clone() }, &ann, Code::MayNotAsk),
        (token.clone(), &inactive, Code::Conflict),
    ] {
        assert_eq!(made(&over, owner, wanting(&["users:read"])).unwrap_err().code, code);
        let ask = asked_by(&token, &["users:read"]);
        let refused = approve(answering(&shop(), Operator::System, owner, &over, &ask), &keys(), approval());
        assert_eq!(refused.unwrap_err().code, code);
    }
    let silent = SHOP.replace("[scopes]", "[tokens]\nmax_loan = \"off\"\n[scopes]");
    let silent = Catalog::compile("test.toml", &silent).unwrap();
    let asking = Asking {
        token: &token,
        state: TokenState::Active,
        owner: &ann,
        effective: effective(&token, &ann),
        rate: None,
    };
    let refused = ask(&silent, asking, wanting(&["users:read"]), now(), &keys(), &Seeded::default());
    assert_eq!(refused.unwrap_err().code, Code::MayNotAsk);
    let ask = asked_by(&token, &["users:read"]);
    let refused = approve(answering(&silent, Operator::System, &ann, &token, &ask), &keys(), approval());
    assert_eq!(refused.unwrap_err().code, Code::MayNotAsk, "which was asked before");
}

#[test]
fn what_is_lent_was_asked_for_and_ends() {
    let ann = user(1, Some("admin"));
    let token = holding(&ann, &["items:read"]);
    let ask = made(&token, &ann, wanting(&["users:write", "items:write"])).unwrap();
    let less = Approval { scopes: Some(names(&["users:read"])), lasts: Some(lasts("10m")), ..approval() };
    let Loaned { ask: after, token: next } = approved(&ann, &ann, &token, &ask, less).unwrap();
    let [loan] = &next.loans[..] else { panic!("{:?}", next.loans) };
    assert_eq!(
        (&loan.scopes, loan.until, &loan.ask),
        (&names(&["users:read"]), later(600), &ask.id.to_string())
    );
    assert_eq!((&next.scopes, next.revision, after.revision), (&token.scopes, 2, 2));
    assert_eq!(after.state(Some(&next), later(599)), AskState::Approved);
    assert_eq!(after.state(Some(&next), later(600)), AskState::Ended);
    assert_eq!(after.state(Some(&token), later(1)), AskState::Ended, "it has not got the loan any more");
    let all = approved(&ann, &ann, &token, &ask, approval()).unwrap().token.loans;
    assert_eq!((&all[0].scopes, all[0].until), (&ask.scopes, later(3600)));
    for (scopes, long, field) in [
        (Some(&["all:write"][..]), None, "scopes[0]"),
        (None, Some("61m"), "duration"),
        (None, Some("none"), "duration"),
        (Some(&["dropped"]), None, "scopes[0]"),
    ] {
        let how = Approval { scopes: scopes.map(names), lasts: long.map(lasts), ..approval() };
        let refused = approved(&ann, &ann, &token, &ask, how).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some(field), "{refused}");
    }
    let none = Approval { scopes: Some(Vec::new()), ..approval() };
    assert_eq!(approved(&ann, &ann, &token, &ask, none).unwrap_err().code, Code::ScopesRequired);
    let wordy = Approval { note: "n".repeat(MAX_TEXT + 1), ..approval() };
    assert_eq!(approved(&ann, &ann, &token, &ask, wordy).unwrap_err().field.as_deref(), Some("note"));
}

#[test]
fn who_lends_could_have_granted_it() {
    let (ann, bob, guest) = (user(1, Some("admin")), user(2, Some("user")), user(3, Some("guest")));
    let hers = holding(&ann, &["items:read"]);
    let ask = asked_by(&hers, &["users:read"]);
    for by in [&bob, &guest] {
        let refused = approved(by, &ann, &hers, &ask, approval()).unwrap_err();
        assert_eq!(refused.code, Code::InsufficientRole);
        let refused = deny(answering(&shop(), Operator::User(by), &ann, &hers, &ask), String::new(), "");
        assert_eq!(refused.unwrap_err().code, Code::InsufficientRole);
    }
    // To the token of somebody whose role does not reach it, it is lent by nobody.
    let his = holding(&bob, &["items:read"]);
    let ask = asked_by(&his, &["users:read", "items:write"]);
    for operator in [Operator::System, Operator::User(&ann), Operator::User(&bob)] {
        let refused =
            approve(answering(&shop(), operator, &bob, &his, &ask), &keys(), approval()).unwrap_err();
        assert_eq!(refused.code, Code::InsufficientRole, "{operator:?}");
    }
    let part = Approval { scopes: Some(names(&["items:write"])), ..approval() };
    assert!(approved(&bob, &bob, &his, &ask, part).is_ok(), "his own, as an edit would");
}

#[test]
fn an_answer_is_the_last() {
    let ann = user(1, Some("admin"));
    let token = holding(&ann, &["items:read"]);
    let open = asked_by(&token, &["items:write"]);
    let key = Operator::System;
    let denied = deny(answering(&shop(), key, &ann, &token, &open), "usr_b".to_owned(), " no ").unwrap();
    let Some(Answer { said: Said::Denied, by, note, .. }) = &denied.answer else { panic!("{denied:?}") };
    assert_eq!((by.as_str(), note.as_str(), denied.revision), ("usr_b", "no", 2));
    let withdrawn = withdraw(&token, &open, "tok_a".to_owned(), now()).unwrap();
    let Loaned { ask: lent, token: next } =
        approve(answering(&shop(), key, &ann, &token, &open), &keys(), approval()).unwrap();
    let lapsed = Ask { made_at: now().checked_sub(OPEN).unwrap(), ..open.clone() };
    for (ask, token, state) in [
        (denied, &token, AskState::Denied),
        (withdrawn, &token, AskState::Withdrawn),
        (lent, &next, AskState::Approved),
        (lapsed, &token, AskState::Lapsed),
    ] {
        assert_eq!(ask.state(Some(token), now()), state);
        let shop = shop();
        let answering = answering(&shop, key, &ann, token, &ask);
        let again = approve(answering, &keys(), approval());
        assert_eq!(again.unwrap_err().code, Code::Conflict, "{state}");
        assert_eq!(deny(answering, String::new(), "").unwrap_err().code, Code::Conflict);
        assert_eq!(withdraw(token, &ask, String::new(), now()).unwrap_err().code, Code::Conflict);
    }
    assert_eq!(open.state(Some(&token), now()), AskState::Open);
    let revoked = Token { revoked_at: Some(now()), ..token };
    assert_eq!(open.state(Some(&revoked), now()), AskState::Lapsed);
}

#[test]
fn a_loan_is_ended_alone_and_what_is_taken_away_is_taken_however_it_is_held() {
    let ann = user(1, Some("admin"));
    let token = Token { profile: Some("clerk".to_owned()), ..holding(&ann, &["items:read"]) };
    let ask =
        |scopes: &[&str], number| Ask { id: AskId::from_bytes([number; 16]), ..asked_by(&token, scopes) };
    let ask = |scopes: &[&str], number| marked(ask(scopes, number));
    let (one, two) = (ask(&["users:read", "items:write"], 1), ask(&["users:write"], 2));
    let lend = |token: &Token, ask| {
        approve(answering(&shop(), Operator::System, &ann, token, ask), &keys(), approval()).unwrap().token
    };
    let both = lend(&lend(&token, &one), &two);
    assert_eq!(both.loans.len(), 2);
    let answered =
        approve(answering(&shop(), Operator::System, &ann, &token, &one), &keys(), approval()).unwrap();
    let (ended, left) = end_loan(&both, &answered.ask, later(1)).unwrap();
    let Some(Answer { said: Said::Approved { until, .. }, .. }) = ended.answer else { panic!("{ended:?}") };
    assert_eq!(until, later(1), "it says when it ended");
    assert_eq!(left.loans, both.loans[1..]);
    assert_eq!(left.updated_at, both.updated_at, "that is no sign of life");
    assert_eq!(end_loan(&left, &one, later(2)).unwrap().1, left);
    // A later loan sweeps out what has ended.
    let much_later = approve(
        Answering {
            now: later(3600),
            ..answering(&shop(), Operator::System, &ann, &both, &ask(&["items:write"], 3))
        },
        &keys(),
        approval(),
    );
    assert_eq!(much_later.unwrap().token.loans.len(), 1);

    let scopes = |token: &Token| token.loans.iter().map(|loan| loan.scopes.clone()).collect::<Vec<_>>();
    let by = Operator::User(&ann);
    let narrowed = |how| narrow(&shop(), by, &ann, &both, &how).unwrap();
    let without = narrowed(Narrowing::Remove(names(&["users:read"]))).unwrap();
    assert_eq!(scopes(&without), [names(&["items:write"])], "users:write includes it");
    assert_eq!((&without.scopes, &without.profile), (&both.scopes, &both.profile));
    let to = narrowed(Narrowing::To(names(&["items:read", "users:read"]))).unwrap();
    assert_eq!(scopes(&to), [names(&["users:read"])]);
    assert_eq!(narrowed(Narrowing::Remove(names(&["all:write"]))), None);
    let edited = TokenEdit { scopes: Some(names(&["users:write"])), ..TokenEdit::default() };
    let edited = edit(&shop(), by, &ann, &both, edited, now()).unwrap().unwrap();
    assert_eq!(scopes(&edited), [names(&["users:read"]), names(&["users:write"])], "items:read went");
}

#[test]
fn what_somebody_wrote_into_the_record_is_not_approved() {
    let ann = user(1, Some("admin"));
    let token = holding(&ann, &["items:read"]);
    let asked = made(&token, &ann, wanting(&["items:write"])).unwrap();
    let approved = |ask: &Ask, keys: &Keys| {
        approve(answering(&shop(), Operator::System, &ann, &token, ask), keys, approval())
    };
    assert!(approved(&asked, &keys()).is_ok());
    let other = user(2, None).id.to_string();
    for forged in [
        Ask { scopes: names(&["items:write", "users:write"]), ..asked.clone() },
        Ask { lasts: lasts("1d"), ..asked.clone() },
        Ask { reason: "a good one".to_owned(), ..asked.clone() },
        Ask { by: other, ..asked.clone() },
        Ask { token: holding(&ann, &["users:read"]).id, id: AskId::from_bytes([9; 16]), ..asked.clone() },
        Ask { made_at: later(1), ..asked.clone() },
        Ask { mark: Digest::from_bytes([0; 32]), ..asked.clone() },
    ] {
        let refused = approved(&forged, &keys()).unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{forged:?}");
        let denied = deny(answering(&shop(), Operator::System, &ann, &token, &forged), String::new(), "");
        assert!(denied.is_ok(), "it can be denied");
    }
    // Under a former pepper it is what it was, and under another it is not.
    let other = Pepper::new(2, &Zeroizing::new([9; 32]));
    let session = || SessionKey::new(&Zeroizing::new([8; 32]));
    let rotated = Keys { former_peppers: vec![keys().pepper], ..Keys::new(other.clone(), session()) };
    assert!(approved(&asked, &rotated).is_ok());
    assert!(approved(&asked, &Keys::new(other, session())).is_err());
}

#[test]
fn a_token_that_lay_unused_for_too_long_is_not_woken_by_a_loan() {
    let ann = user(1, Some("admin"));
    let token = holding(&ann, &["items:read"]);
    let asked = asked_by(&token, &["items:write"]);
    let (shop, expired) = (shop(), TokenState::Expired);
    let answering = answering(&shop, Operator::System, &ann, &token, &asked);
    let refused = approve(Answering { state: expired, ..answering }, &keys(), approval()).unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
    let asking =
        Asking { token: &token, state: expired, owner: &ann, effective: effective(&token, &ann), rate: None };
    let refused = ask(&shop, asking, wanting(&["items:write"]), now(), &keys(), &Seeded::default());
    assert_eq!(refused.unwrap_err().code, Code::Conflict);
    let lent = approve(answering, &keys(), approval()).unwrap().token;
    assert_eq!(lent.updated_at, token.updated_at, "and a loan is no sign of life");
}

/// Whoever rotates has the secret.
#[test]
fn who_rotates_gets_no_loan_that_they_could_not_make() {
    let (ann, bob) = (user(1, Some("admin")), user(2, Some("admin")));
    let token = holding(&bob, &["items:read"]);
    let lend = |token: &Token, scope, number| {
        let ask = marked(Ask { id: AskId::from_bytes([number; 16]), ..asked_by(token, &[scope]) });
        approve(answering(&shop(), Operator::System, &bob, token, &ask), &keys(), approval()).unwrap().token
    };
    let both = lend(&lend(&token, "users:read", 1), "items:write", 2);
    let asked = || Rotate { old_ends: crate::rotation::OldEnds::Now, end: None };
    let rotated = |by: Operator<'_>, owner: &User| {
        let entropy = Seeded::default();
        let rotated = rotate(&shop(), by, owner, &both, asked(), None, now(), &keys(), &entropy);
        rotated.unwrap().0.loans.into_iter().flat_map(|loan| loan.scopes).collect::<Vec<_>>()
    };
    assert_eq!(rotated(Operator::User(&ann), &bob), names(&["users:read", "items:write"]));
    let demoted = user(2, Some("user"));
    assert_eq!(rotated(Operator::User(&demoted), &demoted), names(&["items:write"]));
}

#[test]
fn what_is_lent_does_not_go_along_to_another_owner() {
    let (ann, bob) = (user(1, Some("admin")), user(2, Some("admin")));
    let token = holding(&ann, &["items:read"]);
    let asked = asked_by(&token, &["items:write"]);
    let lent = approve(answering(&shop(), Operator::System, &ann, &token, &asked), &keys(), approval());
    let lent = lent.unwrap().token;
    let edited =
        |asked: TokenEdit| edit(&shop(), Operator::System, &ann, &lent, asked, now()).unwrap().unwrap();
    let renamed = TokenEdit { name: Some("renamed".to_owned()), ..TokenEdit::default() };
    assert_eq!(edited(renamed).loans, lent.loans);
    let given = TokenEdit { owner: Some(Arc::new(bob.clone())), ..TokenEdit::default() };
    let given = edited(given);
    assert_eq!((given.owner, given.loans.len()), (bob.id, 0));
}
