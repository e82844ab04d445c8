//! From domain values to the wire. Nothing secret has a place to go to here.

use std::collections::BTreeMap;

use serde_json::Value;
use symbolon_api::{
    AuditEntry, ImportedSecret, KeyRecord, List, LoanRecord, OldFormInfo, OldSecret, ProfileInfo,
    Restrictions, RouteInfo, ScopeInfo, ServiceInfo, SessionRecord, TokenRecord, UserRecord,
};
use symbolon_core::Catalog;
use symbolon_core::Timestamp;
use symbolon_core::audit::Line;
use symbolon_core::catalog::{Access, OnReuse};
use symbolon_core::derived::Loan;
use symbolon_core::id::{TokenId, UserId};
use symbolon_core::lifetime::Lifetime;
use symbolon_core::rate::Rate;
use symbolon_core::record::{Key, KeyKind, Session, Token, User};
use symbolon_core::restriction;
use symbolon_core::store::{Page, StoreError};

use crate::app::App;

fn time(at: Timestamp) -> String {
    at.to_string()
}

fn restrictions(restrictions: &restriction::Restrictions) -> Restrictions {
    let restriction::Given { networks, methods, paths, parameters } = restrictions.clone().into();
    Restrictions { networks, methods, paths, parameters }
}

pub(super) fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn loan(Loan { scopes, until, by, ask }: &Loan) -> LoanRecord {
    LoanRecord { scopes: texts(scopes), until: time(*until), by: by.clone(), ask: ask.clone() }
}

/// A page of domain values as a page of the wire's.
pub(super) fn list<T, U>(page: Page<T>, item: impl Fn(T) -> U) -> List<U> {
    List { items: page.items.into_iter().map(item).collect(), next_cursor: page.next }
}

impl App {
    /// A user's name; of one who was removed, the id.
    pub(super) fn user_name(&self, id: UserId) -> String {
        self.gate().user(id).map_or_else(|| id.to_string(), |user| user.name.to_string())
    }

    /// A token's record as it is now.
    /// The record of a token that the gate knows; `None` for one that has gone since.
    pub(super) fn shown(&self, id: TokenId) -> Option<TokenRecord> {
        self.gate().token(id).map(|token| self.token_record(&token))
    }

    pub(super) fn token_record(&self, token: &Token) -> TokenRecord {
        let service = self.gate().service(token.service.as_str());
        let owner = self.gate().user(token.owner);
        let (mut effective, mut inert) = (Vec::new(), texts(&token.scopes));
        if let Some(service) = service {
            let catalog = &service.catalog;
            effective = texts(catalog.names(self.gate().effective(catalog, token, Some(self.now()))));
            inert = texts(token.scopes.iter().filter(|scope| catalog.scope(scope).is_none()));
        }
        let last_used = self.gate().last_used(token.id).max(token.last_used_at);
        TokenRecord {
            id: token.id.to_string(),
            service: token.service.to_string(),
            name: token.name.clone(),
            description: token.description.clone(),
            metadata: token.metadata.entries().clone(),
            owner: owner.map_or_else(|| token.owner.to_string(), |owner| owner.name.to_string()),
            token_prefix: token.token_prefix.to_string(),
            scopes: texts(&token.scopes),
            effective_scopes: effective,
            inert_scopes: inert,
            profile: token.profile.clone(),
            state: self.gate().state(token, self.now()).as_str().to_owned(),
            created_at: time(token.created_at),
            expires_at: token.expires_at.map(time),
            last_used_at: last_used.map(time),
            requests: None,
            rotated_at: token.rotation.at.map(time),
            old_secret: self.old_secret(token),
            reused_at: token.rotation.reused_at.map(time),
            rate_limit: token.rate_limit.map(|rate| rate.to_string()),
            effective_rate_limit: self.gate().rate(token.id).map(|rate| rate.to_string()),
            restrictions: restrictions(&token.restrictions),
            change_limit: token.change_limit.map(|rate| rate.to_string()),
            parent: token.parent.map(|parent| parent.id.to_string()),
            depth: token.parent.map_or(0, |parent| parent.depth),
            derive: token.derive,
            children: None,
            loans: token.loans.iter().filter(|loan| loan.holds(self.now())).map(loan).collect(),
            imported: self.imported_secret(token),
        }
    }

    /// The same with what takes a look at the record: how many that were derived from it live.
    pub(super) async fn whole_token_record(&self, token: &Token) -> Result<TokenRecord, StoreError> {
        let children = self.store().children(token.id, self.now()).await?;
        Ok(TokenRecord { children: Some(children).filter(|count| *count > 0), ..self.token_record(token) })
    }

    /// The old secret of a token, if it still works.
    fn old_secret(&self, token: &Token) -> Option<OldSecret> {
        let first_use = self.gate().first_use(token.id);
        let old = token.rotation.old.filter(|_| token.rotation.old_works(first_use, self.now()))?;
        Some(OldSecret {
            ends_at: token.rotation.old_ends_at(first_use).map(time),
            grace: old.grace.map(|grace| grace.to_string()),
        })
    }

    fn imported_secret(&self, token: &Token) -> Option<ImportedSecret> {
        let imported = token.imported.as_ref().filter(|_| token.is_of_old_form())?;
        let service = self.gate().service(token.service.as_str());
        let form = service.as_ref().and_then(|service| service.catalog.old_form.as_ref());
        Some(ImportedSecret {
            prefix: imported.old_prefix.as_str().to_owned(),
            upgraded: token.foreign().is_none(),
            until: form.map(|form| time(form.until)),
        })
    }

    pub(super) fn session_record(&self, session: &Session) -> SessionRecord {
        SessionRecord {
            id: session.id.to_string(),
            user: self.user_name(session.user),
            created_at: time(session.created_at),
            expires_at: time(session.expires_at),
            client_ip: session.client_ip.map(|ip| ip.to_string()),
        }
    }
}

impl App {
    /// A line of the audit, with the names of today beside its ids.
    pub(super) fn audit_entry(&self, line: Line) -> AuditEntry {
        // What is no JSON nothing of ours has written; it is shown as what it is.
        let detail = serde_json::from_str(&line.detail).unwrap_or(Value::String(line.detail));
        let user = |id: &str| self.gate().user(id.parse::<UserId>().ok()?).map(|user| user.name.to_string());
        let named = || detail.get("name")?.as_str().map(str::to_owned);
        AuditEntry {
            seq: line.seq,
            at: time(line.at),
            actor_name: user(&line.actor),
            subject_name: user(&line.subject).or_else(named),
            actor: line.actor,
            session: line.session,
            client_ip: line.client_ip,
            request_id: line.request_id,
            action: line.action,
            subject: line.subject,
            service: line.service,
            detail,
            hash: line.hash.to_string(),
        }
    }
}

pub(super) fn user_record(user: &User) -> UserRecord {
    let roles: BTreeMap<_, _> =
        user.roles.iter().map(|(service, role)| (service.to_string(), role.to_string())).collect();
    UserRecord {
        id: user.id.to_string(),
        name: user.name.to_string(),
        login: user.password.is_some(),
        password_temporary: user.password_temporary,
        active: user.active,
        platform_admin: user.platform_admin,
        roles,
        created_at: time(user.created_at),
    }
}

pub(super) fn key_record(key: &Key) -> KeyRecord {
    let (kind, service) = match &key.kind {
        KeyKind::System => ("system", None),
        KeyKind::Verifier(service) => ("verifier", Some(service.to_string())),
    };
    KeyRecord {
        id: key.id.to_string(),
        kind: kind.to_owned(),
        name: key.name.clone(),
        service,
        key_prefix: key.key_prefix.map(|prefix| prefix.to_string()),
        created_at: time(key.created_at),
    }
}

/// A catalog as data, without `url` and as enforced: of these a catalog does not know.
pub(crate) fn service_info(catalog: &Catalog) -> ServiceInfo {
    let role = |role| catalog.roles.name(role).to_string();
    let rate = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
    let scopes = catalog.scopes().iter().map(|scope| ScopeInfo {
        name: scope.name.to_string(),
        grants: scope.grants.clone(),
        implies: texts(&scope.implies),
        min_role: scope.min_role.map(role),
        max_lifetime: scope.max_lifetime.map(|lifetime| lifetime.to_string()),
    });
    let profiles = catalog
        .profiles
        .iter()
        .map(|profile| ProfileInfo { name: profile.name.clone(), scopes: texts(&profile.scopes) });
    let routes = catalog.routes.iter().map(|route| RouteInfo {
        method: route.method.clone(),
        path: route.path.clone(),
        access: match route.access {
            Access::Public => "public",
            Access::Human => "human",
            Access::System => "system",
            Access::Scopes(_) => "scopes",
        }
        .to_owned(),
        scopes: catalog.alternatives(route).into_iter().map(texts).collect(),
        role: role(route.role),
    });
    ServiceInfo {
        service: catalog.service.to_string(),
        title: catalog.title.clone(),
        url: None,
        enforced: true,
        token_prefix: catalog.prefix.as_str().to_owned(),
        roles: catalog.roles.iter().map(|(_, name)| name.to_string()).collect(),
        token_managers: role(catalog.token_managers),
        token_admins: role(catalog.token_admins),
        default_lifetime: catalog.policy.default_lifetime.to_string(),
        max_lifetime: catalog.policy.max_lifetime.to_string(),
        never_expires: catalog.policy.never_expires && catalog.policy.max_lifetime == Lifetime::Never,
        max_live: catalog.policy.max_live,
        on_reuse: match catalog.policy.on_reuse {
            OnReuse::Record => "record",
            OnReuse::Quarantine => "quarantine",
        }
        .to_owned(),
        idle_expiry: Some(catalog.policy.idle_expiry)
            .filter(|idle| *idle != Lifetime::Never)
            .map(|idle| idle.to_string()),
        max_loan: catalog.policy.max_loan.map(|longest| longest.to_string()),
        scopes: scopes.collect(),
        profiles: profiles.collect(),
        mounts: catalog.mounts.clone(),
        routes: routes.collect(),
        rate_limit: rate(catalog.limits.service),
        token_rate_limit: rate(catalog.limits.token),
        max_token_rate_limit: rate(catalog.limits.max_token),
        old_form: catalog.old_form.as_ref().map(|form| OldFormInfo {
            prefix: form.prefix.clone(),
            length: form.length as u64,
            lookup: form.lookup as u64,
            until: time(form.until),
        }),
    }
}
