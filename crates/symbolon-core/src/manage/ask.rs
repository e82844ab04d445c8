//! Asking for scopes, and lending them: a token says what it lacks, and somebody who could grant it lends it for a while.

use jiff::Timestamp;

use super::{Asking, Operator, changed, living, some_scopes};
use crate::ask::{Answer, Ask, AskState, MAX_SCOPES, MAX_TEXT, Said};
use crate::catalog::Catalog;
use crate::code::{Code, Refusal};
use crate::decision::Keys;
use crate::derived::Loan;
use crate::digest::Digest;
use crate::id::AskId;
use crate::leak;
use crate::lifetime::Lifetime;
use crate::name::ScopeName;
use crate::random::Entropy;
use crate::record::{Token, TokenState, User};

/// What a token asks for.
#[derive(Debug, Clone)]
pub struct NewAsk {
    /// Scopes that it has not.
    pub scopes: Vec<ScopeName>,
    /// For how long.
    pub lasts: Lifetime,
    /// What for.
    pub reason: String,
    /// The id of who asks.
    pub by: String,
}

/// What an approval says.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Some of what was asked for; `None`: all of it.
    pub scopes: Option<Vec<ScopeName>>,
    /// No longer than was asked for; `None`: as long.
    pub lasts: Option<Lifetime>,
    /// A word to who asked.
    pub note: String,
    /// The id of who approves.
    pub by: String,
}

/// An ask that somebody answers, and all that the answer depends on.
#[derive(Debug, Clone, Copy)]
pub struct Answering<'a> {
    /// The catalog of the token's service.
    pub catalog: &'a Catalog,
    /// Who answers.
    pub operator: Operator<'a>,
    /// The token's owner.
    pub owner: &'a User,
    /// The token that is to be lent something.
    pub token: &'a Token,
    /// How that stands, by its catalog too.
    pub state: TokenState,
    /// What it has asked.
    pub ask: &'a Ask,
    /// Now.
    pub now: Timestamp,
}

/// An ask as it was approved, and the token that has the loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaned {
    /// The ask, answered.
    pub ask: Ask,
    /// The token's next state.
    pub token: Token,
}

/// An ask of a token, for scopes that could be lent to it.
///
/// What nobody could lend is refused here, and not when a person has thought about it: a scope above the role of the token's
/// owner, or one that it has. A token that was derived asks for nothing. What is lent goes no further than to the token itself,
/// so that it could not be more than the one that it comes from; and that one can ask.
pub fn ask(
    catalog: &Catalog,
    Asking { token, state, owner, effective, .. }: Asking<'_>,
    new: NewAsk,
    now: Timestamp,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<Ask, Refusal> {
    let longest = may_borrow(catalog, token, state, owner)?;
    if new.scopes.is_empty() {
        let field = Some("scopes".to_owned());
        return Err(Refusal {
            field,
            ..Refusal::new(Code::ScopesRequired, "name at least one scope that the token lacks")
        });
    }
    if new.scopes.len() > MAX_SCOPES {
        return Err(Refusal::field("scopes", format!("at most {MAX_SCOPES} scopes are asked for at once")));
    }
    for (index, scope) in new.scopes.iter().enumerate() {
        let field = format!("scopes[{index}]");
        // Whoever could grant everything could grant this to the owner.
        Operator::System.grants(catalog, owner, scope, &field)?;
        if catalog.set([scope]).is_subset(&effective) {
            return Err(Refusal::field(field, format!("the token has {scope}; ask for what it lacks")));
        }
    }
    let scopes = some_scopes(new.scopes)?;
    let lasts = within(new.lasts, longest)?;
    let reason = text("reason", &new.reason)?;
    if reason.is_empty() {
        return Err(Refusal::field("reason", "say what for: a person reads it"));
    }
    let ask = Ask {
        id: AskId::new(now, entropy),
        service: catalog.service.clone(),
        token: token.id,
        scopes,
        lasts,
        reason,
        by: new.by,
        made_at: now,
        mark: Digest::from_bytes([0; 32]),
        answer: None,
        revision: 1,
    };
    Ok(Ask { mark: ask.marked(&keys.pepper), ..ask })
}

/// Lends what was asked for, or less of it and for a shorter time. Who lends it could have granted it: the rules are those of an
/// edit that adds the scopes, so nothing is lent that the token's owner, or who approves, could not hold.
pub fn approve(
    Answering { catalog, operator, owner, token, state, ask, now }: Answering<'_>,
    keys: &Keys,
    approval: Approval,
) -> Result<Loaned, Refusal> {
    operator.gives_rights_to(catalog, owner)?;
    unanswered(ask, token, now)?;
    if !ask.is_whole(keys) {
        let detail = "the record of this ask was changed outside Symbolon, or by a key that is retired; deny it, and have it \
                      asked for anew";
        return Err(Refusal::new(Code::Conflict, detail));
    }
    let longest = may_borrow(catalog, token, state, owner)?;
    let scopes = some_scopes(approval.scopes.unwrap_or_else(|| ask.scopes.clone()))?;
    let asked = catalog.closure(&ask.scopes);
    for (index, scope) in scopes.iter().enumerate() {
        let field = format!("scopes[{index}]");
        operator.grants(catalog, owner, scope, &field)?;
        if !catalog.set([scope]).is_subset(&asked) {
            return Err(Refusal::field(
                field,
                format!("{scope} was not asked for, and is in nothing that was"),
            ));
        }
    }
    let lasts = approval.lasts.unwrap_or(ask.lasts);
    if lasts > ask.lasts {
        return Err(Refusal::field("duration", format!("{} was asked for, and no more is lent", ask.lasts)));
    }
    let lasts = within(lasts, longest.min(catalog.longest(&scopes).lifetime))?;
    let until = lasts.end(now).ok_or_else(|| Refusal::field("duration", "no calendar has its end"))?;
    let until = token.expires_at.map_or(until, |end| end.min(until));
    let note = text("note", &approval.note)?;
    let loan = Loan { scopes: scopes.clone(), until, by: approval.by.clone(), ask: ask.id.to_string() };
    let loans = token.loans.iter().filter(|loan| loan.holds(now)).cloned().chain([loan]).collect();
    let next =
        changed(token, Token { loans, ..token.clone() }, token.updated_at).unwrap_or_else(|| token.clone());
    let said = Said::Approved { scopes, until };
    Ok(Loaned { ask: answered(ask, said, approval.by, note, now), token: next })
}

/// Denies what was asked for. Whoever manages the owner's tokens may do that: it gives nobody anything.
pub fn deny(
    Answering { catalog, operator, owner, token, ask, now, .. }: Answering<'_>,
    by: String,
    note: &str,
) -> Result<Ask, Refusal> {
    operator.manages_tokens_of(catalog, owner)?;
    unanswered(ask, token, now)?;
    Ok(answered(ask, Said::Denied, by, text("note", note)?, now))
}

/// Takes an ask back that was not answered. For who may ask.
pub fn withdraw(token: &Token, ask: &Ask, by: String, now: Timestamp) -> Result<Ask, Refusal> {
    unanswered(ask, token, now)?;
    Ok(answered(ask, Said::Withdrawn, by, String::new(), now))
}

/// The ask, and the token without what was lent to it by that. It is taken whatever the clock says here, for another node's may be
/// behind. Taking is no sign of life: one that has lain unused for too long does not live again by it.
pub fn end_loan(token: &Token, ask: &Ask, now: Timestamp) -> Result<(Ask, Token), Refusal> {
    living(token)?;
    let loans = token.loans.iter().filter(|loan| loan.ask != ask.id.to_string()).cloned().collect();
    let next = changed(token, Token { loans, ..token.clone() }, token.updated_at);
    let mut ended = Ask { revision: ask.revision + 1, ..ask.clone() };
    if let Some(Answer { said: Said::Approved { until, .. }, .. }) = &mut ended.answer {
        *until = now.min(*until);
    }
    Ok((ended, next.unwrap_or_else(|| token.clone())))
}

/// For how long something may be lent to this token, if at all.
fn may_borrow(
    catalog: &Catalog,
    token: &Token,
    state: TokenState,
    owner: &User,
) -> Result<Lifetime, Refusal> {
    let Some(longest) = catalog.policy.max_loan else {
        let detail = format!("no token of {} may ask: its catalog says max_loan = \"off\"", catalog.service);
        return Err(Refusal::new(Code::MayNotAsk, detail));
    };
    if token.parent.is_some() {
        let detail = "a token that was derived asks for nothing, for what is lent goes no further than to one token; let the \
                      one that a person made ask, and use that";
        return Err(Refusal::new(Code::MayNotAsk, detail));
    }
    if state != TokenState::Active || !owner.active {
        return Err(Refusal::new(Code::Conflict, "the token does not work any more, or is switched off"));
    }
    Ok(longest)
}

fn unanswered(ask: &Ask, token: &Token, now: Timestamp) -> Result<(), Refusal> {
    let said = match ask.state(Some(token), now) {
        AskState::Open => return Ok(()),
        AskState::Approved | AskState::Ended => "it was approved",
        AskState::Denied => "it was denied",
        AskState::Withdrawn => "who asked has taken it back",
        AskState::Lapsed => "it has lapsed: nobody answered in time, or the token is revoked",
    };
    Err(Refusal::new(
        Code::Conflict,
        format!("{said} already; what is wanted still has to be asked for anew"),
    ))
}

fn answered(ask: &Ask, said: Said, by: String, note: String, now: Timestamp) -> Ask {
    Ask { answer: Some(Answer { said, by, at: now, note }), revision: ask.revision + 1, ..ask.clone() }
}

fn within(lasts: Lifetime, longest: Lifetime) -> Result<Lifetime, Refusal> {
    if lasts > longest {
        return Err(Refusal::field(
            "duration",
            format!("these scopes are lent for at most {longest}; say for how long, such as 10m"),
        ));
    }
    Ok(lasts)
}

/// Text for a person, or from one: without the ends' blanks, and without a token or key, which whoever writes may have put into
/// it.
fn text(field: &str, text: &str) -> Result<String, Refusal> {
    let text = leak::redacted(text.trim());
    // What cannot be seen, or has the rest read in another order, is of use to who means to mislead.
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if text.chars().count() > MAX_TEXT || text.chars().any(hidden) {
        let detail = format!("at most {MAX_TEXT} characters, none of them hidden but a line's end");
        return Err(Refusal::field(field, detail));
    }
    Ok(text)
}
