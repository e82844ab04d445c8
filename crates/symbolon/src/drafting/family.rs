//! To which family an operation belongs, and whether the family is one that a token has no business with.

use super::document::Operation;

/// Segments that say nothing of a family.
const PREFIXES: [&str; 4] = ["api", "rest", "public", "services"];
/// The longest name of a family, so that `write:` and it are a scope's name.
const LONGEST: usize = 50;

/// Why a family is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closed {
    Credentials,
    People,
    Installation,
    Money,
    /// What may have to work before anyone can log in.
    BeforeLogin,
}

impl Closed {
    /// The comment over its blocks.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Credentials => {
                "Sign-in and credentials. Whoever can make or change one can become somebody else, so no token reaches\n\
                 # these: a token must not be able to turn into something stronger."
            }
            Self::People => {
                "People and their rights. A token that could change who may what would outgrow its own scopes."
            }
            Self::Installation => {
                "The installation itself: what is set here holds for everybody, and what is read here often holds\n\
                 # secrets. Open single operations with a scope of their own, if a script needs them."
            }
            Self::Money => "Money. Open single operations with a scope of their own, if a script needs them.",
            Self::BeforeLogin => {
                "These look as if they had to work before anyone can log in. Nothing is public in a draft: where one must\n\
                 # be, and tells nothing that strangers should not know, move it to a block with access = \"public\"."
            }
        }
    }
}

const BEFORE_LOGIN: [&str; 13] = [
    "health",
    "healthz",
    "healthcheck",
    "livez",
    "live",
    "readyz",
    "ready",
    "ping",
    "version",
    "login",
    "signin",
    "openapi",
    "favicon",
];
const CREDENTIALS: [&str; 31] = [
    "auth",
    "authenticate",
    "authentication",
    "authorization",
    "authorize",
    "oauth",
    "oauth2",
    "oidc",
    "saml",
    "sso",
    "ldap",
    "mfa",
    "2fa",
    "totp",
    "otp",
    "webauthn",
    "password",
    "session",
    "token",
    "apikey",
    "key",
    "secret",
    "credential",
    "certificate",
    "logout",
    "signout",
    "signup",
    "register",
    "registration",
    "jwt",
    "impersonate",
];
const PEOPLE: [&str; 15] = [
    "user",
    "account",
    "profile",
    "member",
    "membership",
    "role",
    "permission",
    "rbac",
    "acl",
    "group",
    "team",
    "tenant",
    "organization",
    "invite",
    "invitation",
];
const INSTALLATION: [&str; 30] = [
    "admin",
    "administration",
    "administrator",
    "backup",
    "restore",
    "setting",
    "config",
    "configuration",
    "license",
    "licence",
    "system",
    "setup",
    "install",
    "installation",
    "upgrade",
    "plugin",
    "extension",
    "webhook",
    "smtp",
    "log",
    "audit",
    "debug",
    "internal",
    "environment",
    "env",
    "shell",
    "exec",
    "terminal",
    "database",
    "preference",
];
const MONEY: [&str; 6] = ["billing", "payment", "invoice", "subscription", "payout", "refund"];

/// The words of a name: `apiKeys`, `api-keys` and `API keys` are two each, in lower case and the singular.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    let singular = match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    };
    known.contains(&word) || known.contains(&singular.as_str())
}

/// Why an operation is for people, if it is: by any word of its tag, or of a literal segment of its path.
pub(super) fn closed(operation: &Operation) -> Option<Closed> {
    let literals = operation.path.split('/').filter(|segment| !segment.contains('{'));
    let named: Vec<String> = literals.chain(operation.tag.as_deref()).flat_map(words).collect();
    let last = operation.path.rsplit('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    let before_login = words(last).iter().any(|word| BEFORE_LOGIN.contains(&word.as_str()));
    let kinds: [(&[&str], Closed); 4] = [
        (&CREDENTIALS, Closed::Credentials),
        (&PEOPLE, Closed::People),
        (&INSTALLATION, Closed::Installation),
        (&MONEY, Closed::Money),
    ];
    let found = kinds.into_iter().find(|(known, _)| named.iter().any(|word| is_one_of(word, known)));
    before_login.then_some(Closed::BeforeLogin).or(found.map(|(_, kind)| kind))
}

/// The family of an operation: its first tag, or the first segment of its path that says something.
pub(super) fn family(operation: &Operation) -> String {
    let tag = operation.tag.as_deref().map(slug).filter(|slug| !slug.is_empty());
    tag.unwrap_or_else(|| of_path(&operation.path))
}

/// The family of a path.
pub(super) fn of_path(path: &str) -> String {
    let says = |segment: &&str| {
        let version = segment.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        !segment.is_empty() && !segment.contains('{') && !PREFIXES.contains(segment) && !version
    };
    path.split('/').find(says).map(slug).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "root".to_owned())
}

/// A name as part of a scope's: letters and digits in lower case, with `-` between words.
pub(super) fn slug(name: &str) -> String {
    let mut slug = words(name).join("-");
    slug.truncate(LONGEST);
    slug.trim_end_matches('-').to_owned()
}

/// Whether an operation of this method reads.
pub(super) fn reads(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}
