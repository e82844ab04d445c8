//! What is lent to a token for a while, and asking for more.

use symbolon_api::{LoanRecord, ServiceInfo, TokenRecord};

use crate::console::asks::answered_by;
use crate::console::moment::Moment;
use crate::console::page;
use crate::console::reader::Reader;
use crate::console::text::{EN, fill};

/// What a token's page says of that.
pub(super) struct Lent {
    /// What is lent now.
    pub(super) loans: Vec<Loan>,
    /// Where its owner asks for more; `None` where that is of no use, or the reader is somebody else.
    pub(super) asking: Option<String>,
    /// Where what was asked for stands.
    pub(super) asked: String,
}

/// Something that is lent.
pub(super) struct Loan {
    pub(super) scopes: Vec<String>,
    pub(super) until: Moment,
    /// Who lent it, in words.
    pub(super) by: String,
    /// The page of the ask.
    pub(super) href: String,
}

impl Lent {
    pub(super) async fn of(reader: &Reader, catalog: &ServiceInfo, token: &TokenRecord) -> Self {
        let mut loans = Vec::with_capacity(token.loans.len());
        for loan in &token.loans {
            loans.push(Loan::of(reader, loan).await);
        }
        let works = token.state == "active" && token.parent.is_none();
        let asks = works && catalog.max_loan.is_some() && token.owner == reader.name();
        let named = [("service", token.service.as_str()), ("token", token.id.as_str())];
        Self {
            loans,
            asking: asks.then(|| page::further("/asks/new", &named)),
            asked: page::further("/asks", &named),
        }
    }
}

impl Loan {
    /// A loan knows its lender's id; the ask that it answers knows the name.
    async fn of(reader: &Reader, loan: &LoanRecord) -> Self {
        let ask = reader.api.get_ask(&loan.ask, None).await.ok();
        let by = answered_by(&ask.and_then(|ask| ask.answered_by).unwrap_or_else(|| loan.by.clone()));
        Self {
            scopes: loan.scopes.clone(),
            until: Moment::read(&loan.until),
            by: fill(EN.lent_by, &[("name", &by)]),
            href: format!("/asks/{}", loan.ask),
        }
    }
}
