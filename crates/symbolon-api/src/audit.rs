use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who: an id, `local` (at the machine), `github`, `symbolon` or `anonymous`.
    pub actor: String,
    /// The actor's name as it is now, if it is a user who is still there.
    pub actor_name: Option<String>,
    /// The sign-in by which a user acted, `ses_…`. In a token's audit it is left to administrators, and to whoever it was.
    pub session: Option<String>,
    /// From where, if known. In a token's audit it is left to administrators, and to whoever it was.
    pub client_ip: Option<String>,
    /// By which request, if over HTTP. In a token's audit it is left to administrators, and to whoever it was.
    pub request_id: Option<String>,
    /// `noun.verb`, such as `token.create`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// Its name: a user's as it is now, anything else's as the line has it; `null` where it has none.
    pub subject_name: Option<String>,
    /// The service concerned, if one is.
    pub service: Option<String>,
    /// What changed.
    pub detail: serde_json::Value,
    /// SHA-256 over the line before and this one, in hexadecimal digits.
    pub hash: String,
}

/// One line of the audit as it is exported: all that its hash is over, as it was written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedLine {
    /// Its number: 1, 2, 3 and so on.
    pub seq: u64,
    /// When, to the millisecond.
    pub at: String,
    /// Who: an id, `local` (at the machine), `github`, `symbolon` or `anonymous`.
    pub actor: String,
    /// The sign-in by which a user acted.
    pub session: Option<String>,
    /// From where, if known.
    pub client_ip: Option<String>,
    /// By which request, if over HTTP.
    pub request_id: Option<String>,
    /// `noun.verb`, such as `token.create`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// The service concerned, if one is.
    pub service: Option<String>,
    /// What changed. The hash is over these very bytes: whoever writes it down anew, with other spaces, breaks the chain.
    #[schema(value_type = Object)]
    pub detail: Box<RawValue>,
    /// SHA-256 over the line before and this one, in hexadecimal digits.
    pub hash: String,
}

/// A line of the audit that cannot be read; it stands in the export for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnreadableLine {
    /// Its number.
    pub seq: u64,
    /// What is wrong.
    pub fault: String,
}

/// A line of an export.
#[derive(Debug, Clone)]
pub enum Exported {
    /// As it was written.
    Line(Box<ExportedLine>),
    /// It cannot be read.
    Unreadable(UnreadableLine),
}

impl Exported {
    /// Reads one line of an export. Whatever is not exactly one is an error.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Peek {
            fault: Option<String>,
        }
        if serde_json::from_str::<Peek>(text)?.fault.is_some() {
            return serde_json::from_str(text).map(Self::Unreadable);
        }
        serde_json::from_str(text).map(Box::new).map(Self::Line)
    }
}

/// A line of the audit, signed with Ed25519 (RFC 8032), to be kept where whoever can write to the record cannot write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditCheckpoint {
    /// The line's number; 0 where there is none.
    pub seq: u64,
    /// The line's hash, in hexadecimal digits.
    pub hash: String,
    /// When it was signed, to the millisecond.
    pub at: String,
    /// What the key is called that signed it.
    pub key: String,
    /// The base64 of the signature's 64 bytes.
    pub signature: String,
}

/// With what checkpoints are verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditKeyInfo {
    /// What the key is called: the first 16 hexadecimal digits of its SHA-256.
    pub key: String,
    /// The base64 of its 32 bytes.
    pub public_key: String,
    /// Public keys whose checkpoints are valid still, and which sign no more.
    pub former: Vec<String>,
}
