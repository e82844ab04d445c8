//! The first start: the built-in user, an administrator and a system key, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use symbolon_core::Catalog;
use symbolon_core::Timestamp;
use symbolon_core::id::{KeyId, UserId};
use symbolon_core::name::UserName;
use symbolon_core::random::Entropy;
use symbolon_core::record::{ActorId, AuditLine, Key, KeyKind, Origin, User};
use symbolon_core::store::{Change, Mutation};
use symbolon_core::token::{NewSecret, Prefix};

use crate::data_dir::Opened;
use crate::failure::Failure;
use crate::output::Output;
use crate::passwords;

/// What the first start is told.
pub(crate) struct First {
    /// The administrator's name.
    pub(crate) admin: UserName,
    /// A system key of the operator's own, in place of a new one.
    pub(crate) system_key: Option<SecretString>,
}

/// What is shown once.
pub(crate) struct FirstSecrets {
    admin: UserName,
    password: SecretString,
    /// `None` where the operator has it already.
    system_key: Option<NewSecret>,
}

impl Default for First {
    fn default() -> Self {
        let admin = "admin".parse().unwrap_or_else(|_| unreachable!("\"admin\" is a user's name"));
        Self { admin, system_key: None }
    }
}

impl First {
    /// Whether this can be: before anything is made.
    pub(crate) fn check(&self, catalogs: &[Arc<Catalog>]) -> Result<(), Failure> {
        if self.admin.as_str() == SYSTEM {
            return Err(Failure::new(
                "system is the built-in user without a login; name the administrator otherwise",
            ));
        }
        let Some(secret) = &self.system_key else { return Ok(()) };
        let prefixes: Vec<_> = catalogs.iter().map(|catalog| catalog.prefix.clone()).collect();
        symbolon_server::check_operator_secret(secret.expose_secret(), &prefixes)
            .map_err(|detail| Failure::new(format!("the system key cannot be used: {detail}")))
    }

    /// Makes the first users and the first key.
    pub(crate) async fn make(
        self,
        opened: &Opened,
        catalogs: &[Arc<Catalog>],
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<FirstSecrets, Failure> {
        let password = passwords::generate(entropy);
        let hash = symbolon_server::hash_password(password.expose_secret(), entropy).map_err(Failure::new)?;
        let system = User {
            id: UserId::SYSTEM,
            name: SYSTEM.parse().map_err(Failure::new)?,
            password: None,
            password_temporary: false,
            active: true,
            platform_admin: false,
            roles: BTreeMap::new(),
            created_at: now,
            revision: 1,
        };
        let strongest = |catalog: &Arc<Catalog>| {
            (catalog.service.clone(), catalog.roles.name(catalog.roles.strongest()).clone())
        };
        let admin = User {
            id: UserId::new(now, entropy),
            name: self.admin.clone(),
            password: Some(hash),
            password_temporary: true,
            platform_admin: true,
            roles: catalogs.iter().map(strongest).collect(),
            ..system.clone()
        };
        let made = self.system_key.is_none().then(|| NewSecret::generate(&Prefix::of_keys(), entropy));
        let pepper = &opened.keys.pepper;
        let digest = match (&made, &self.system_key) {
            (Some(made), _) => made.text().digest(pepper),
            (None, given) => pepper
                .digest(given.as_ref().map(|secret| secret.expose_secret().as_bytes()).unwrap_or_default()),
        };
        let key = Key {
            id: KeyId::new(now, entropy),
            kind: KeyKind::System,
            name: "first system key".to_owned(),
            key_prefix: made.as_ref().map(|made| made.text().token_prefix()),
            created_at: now,
            digest: (digest, pepper.id()),
        };
        let audit = vec![
            line(now, "user.create", system.id.to_string(), about_user(&system)),
            line(now, "user.create", admin.id.to_string(), about_user(&admin)),
            line(now, "key.create", key.id.to_string(), about_key(&key)),
        ];
        let changes = vec![Change::UserCreated(system), Change::UserCreated(admin), Change::KeyCreated(key)];
        opened.store.commit(Mutation::given(changes, audit, now)).await.map_err(Failure::new)?;
        Ok(FirstSecrets { admin: self.admin, password, system_key: made })
    }
}

/// The name of the built-in user.
const SYSTEM: &str = "system";

fn line(at: Timestamp, action: &'static str, subject: String, detail: Value) -> AuditLine {
    let origin = Origin { actor: ActorId::Local, client_ip: None, request: None };
    AuditLine { at, origin, action, subject, service: None, detail }
}

fn about_user(user: &User) -> Value {
    let roles: BTreeMap<_, _> =
        user.roles.iter().map(|(service, role)| (service.as_str(), role.as_str())).collect();
    json!({
        "name": user.name.as_str(),
        "login": user.password.is_some(),
        "password_temporary": user.password_temporary,
        "active": user.active,
        "platform_admin": user.platform_admin,
        "roles": roles,
    })
}

fn about_key(key: &Key) -> Value {
    let prefix = key.key_prefix.map(|prefix| prefix.to_string());
    json!({ "name": key.name, "kind": "system", "service": null, "key_prefix": prefix })
}

impl FirstSecrets {
    /// The administrator's password, and the system key unless the operator gave one.
    pub(crate) fn into_parts(self) -> (SecretString, Option<SecretString>) {
        (self.password, self.system_key.map(|key| key.reveal().into()))
    }

    /// Shows the secrets, this once.
    pub(crate) fn show(&self, output: Output) -> Result<(), Failure> {
        let (name, password) = (self.admin.as_str(), self.password.expose_secret());
        let key = self.system_key.as_ref().map(NewSecret::reveal);
        if output.json() {
            return output.document(&json!({
                "admin": { "username": name, "password": password },
                "system_key": key,
            }));
        }
        output.print(&format!(
            "administrator  {name}\npassword       {password}\nsystem key     {}\n",
            key.unwrap_or("the one that you gave")
        ))?;
        output.note(
            "Each is shown this once and kept nowhere. A lost password: `symbolon user reset-password`; a lost key: \
             `symbolon key create`.",
        );
        Ok(())
    }
}
