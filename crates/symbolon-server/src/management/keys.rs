//! System and verifier keys. For platform administrators and the system key.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use symbolon_api::{CreateKey, CreatedKey, KeyRecord, List};
use symbolon_core::id::KeyId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, KeyKind};
use symbolon_core::seal::Kind;
use symbolon_core::session::SessionKey;
use symbolon_core::store::Change;
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_core::{Code, Refusal, manage};

use super::body::Body;
use super::broken::{Lost, is_broken};
use super::caller::Caller;
use super::commit::{Deed, IdempotencyKey, Terms};
use super::parameters::{OfKey, Paging, PathOf, QueryOf, found};
use super::{detail, wire};
use crate::answer::ApiError;
use crate::app::App;

/// List the keys, newest first.
#[utoipa::path(
    get, path = "/v1/keys", tag = "keys",
    params(Paging),
    responses((status = 200, body = List<KeyRecord>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<Paging>,
) -> Result<Json<List<KeyRecord>>, ApiError> {
    caller.administrator()?;
    let keys = found(app.store().keys(&query.page()?).await)?;
    Ok(Json(wire::list(keys, |key| wire::key_record(&key))))
}

/// Create a key. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/keys", tag = "keys",
    params(IdempotencyKey),
    request_body = CreateKey,
    responses((status = 201, body = CreatedKey)),
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    idempotency: IdempotencyKey,
    Body { value, bytes }: Body<CreateKey>,
) -> Result<impl IntoResponse, ApiError> {
    caller.administrator()?;
    manage::check_name(&value.name)?;
    let kind = match (value.kind.as_str(), &value.service) {
        ("system", None) => KeyKind::System,
        ("system", Some(_)) => {
            return Err(Refusal::field("service", "a system key is for no one service").into());
        }
        ("verifier", Some(service)) => {
            let service = app.gate().service(service);
            let service =
                service.ok_or_else(|| Refusal::field("service", "there is no service of this name"))?;
            KeyKind::Verifier(service.catalog.service.clone())
        }
        ("verifier", None) => {
            return Err(Refusal::field("service", "a verifier key is for one service; name it").into());
        }
        _ => return Err(Refusal::field("kind", "kind is system or verifier").into()),
    };
    if let Some(secret) = &value.secret {
        acceptable(&app, secret)?;
    }
    let now = app.now();
    let claiming = idempotency.begin(&app, &caller, "keys", &bytes, now).await?;
    let made = value.secret.is_none().then(|| NewSecret::generate(&Prefix::of_keys(), app.entropy()));
    let server_keys = app.keys();
    let pepper = &server_keys.pepper;
    let digest = match (&made, &value.secret) {
        (Some(made), _) => made.text().digest(pepper),
        (None, secret) => pepper.digest(secret.as_deref().unwrap_or_default().as_bytes()),
    };
    let key = Key {
        id: KeyId::new(now, app.entropy()),
        kind,
        name: value.name,
        key_prefix: made.as_ref().map(|made| made.text().token_prefix()),
        created_at: now,
        digest: (digest, pepper.id()),
    };
    let record = wire::key_record(&key);
    let detail = detail::of_key(&key);
    let service = service_of(&key.kind).cloned();
    let deed = Deed { action: "key.create", subject: record.id.clone(), service: service.as_ref(), detail };
    let done = app.record(caller.by(), deed, vec![Change::KeyCreated(key)], claiming.of(&record.id)).await;
    done.map_err(|error| claiming.failed(error))?;
    let created = CreatedKey { record, key: made.map(|made| made.reveal().to_owned()) };
    Ok((StatusCode::CREATED, Json(created)))
}

/// A secret of the operator's own: long, one word, and not to be taken for anything else.
fn acceptable(app: &App, secret: &str) -> Result<(), Refusal> {
    let services = app.gate().services();
    let prefixes = services.iter().map(|service| service.catalog.prefix.clone()).collect::<Vec<_>>();
    check_operator_secret(secret, &prefixes).map_err(|detail| Refusal::field("secret", detail))
}

/// Whether a secret that the operator gives may be a key (DESIGN part 5): 32 to 1,024 visible ASCII characters
/// without a comma, and without the form of a token, key or JWT. The error says what would be right.
pub fn check_operator_secret(secret: &str, prefixes: &[Prefix]) -> Result<(), &'static str> {
    let bytes = secret.as_bytes();
    if !(32..=1_024).contains(&bytes.len()) || !bytes.iter().all(|b| matches!(b, 0x21..=0x7e) && *b != b',') {
        return Err("a key has 32 to 1024 visible ASCII characters, without space or comma");
    }
    let claimed = prefixes.iter().any(|prefix| prefix.claims(bytes)) || Prefix::of_keys().claims(bytes);
    if claimed || SessionKey::claims(bytes) || is_jwt(secret) {
        return Err("a key must not have the form of a token, a key of Symbolon's or a JWT");
    }
    Ok(())
}

/// Three parts of base64url, the first beginning like `{"` in base64.
fn is_jwt(secret: &str) -> bool {
    let base64url = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    secret.starts_with("ey") && secret.split('.').count() == 3 && secret.split('.').all(base64url)
}

/// Show a key's record.
#[utoipa::path(
    get, path = "/v1/keys/{id}", tag = "keys",
    params(OfKey),
    responses((status = 200, body = KeyRecord)),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfKey>,
) -> Result<Json<KeyRecord>, ApiError> {
    caller.administrator()?;
    Ok(Json(wire::key_record(&find(&app, &of.id).await?)))
}

/// Take a key back. It opens nothing that is decided after this answer.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "keys",
    params(OfKey),
    responses((status = 204, description = "It is taken back")),
)]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfKey>,
) -> Result<StatusCode, ApiError> {
    caller.administrator()?;
    let key = match find(&app, &of.id).await {
        Err(_) if is_broken(&app, Kind::Key, &of.id) => return take_broken(&app, &caller, &of.id).await,
        Err(error) if error.code() == Code::NotFound => {
            return take_rowless(&app, &caller, &of.id, error).await;
        }
        found => found?,
    };
    let detail = detail::of_key(&key);
    let service = service_of(&key.kind);
    let deed = Deed { action: "key.revoke", subject: key.id.to_string(), service, detail };
    app.record(caller.by(), deed, vec![Change::KeyRemoved(key.id)], Terms::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back a key whose record is not what was written.
async fn take_broken(app: &App, caller: &Caller, id: &str) -> Result<StatusCode, ApiError> {
    let id: KeyId = id.parse().map_err(|_| not_there())?;
    let detail = Lost::Broken.detail(None);
    let deed = Deed { action: "key.revoke", subject: id.to_string(), service: None, detail };
    app.record(caller.by(), deed, vec![Change::KeyRemoved(id)], Terms::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back a key of which the record has no row, if the gate knows it.
async fn take_rowless(app: &App, caller: &Caller, id: &str, error: ApiError) -> Result<StatusCode, ApiError> {
    // Where somebody else has taken it back just now, the gate knows of it a moment after the record.
    app.store().applied().await?;
    let Some(key) = id.parse().ok().and_then(|id| app.gate().key(id)) else { return Err(error) };
    let detail = Lost::Gone.detail(Some(&key.name));
    let (service, subject) = (service_of(&key.kind), key.id.to_string());
    let deed = Deed { action: "key.revoke", subject, service, detail };
    app.record(caller.by(), deed, Vec::new(), Terms::default()).await?;
    app.gate().forget_key(key.id);
    tracing::error!(key = %key.id, "a key whose row is gone was live; it was revoked");
    Ok(StatusCode::NO_CONTENT)
}

fn not_there() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such key")
}

fn service_of(kind: &KeyKind) -> Option<&ServiceName> {
    match kind {
        KeyKind::Verifier(service) => Some(service),
        KeyKind::System => None,
    }
}

async fn find(app: &App, id: &str) -> Result<Key, ApiError> {
    let id: KeyId = id.parse().map_err(|_| not_there())?;
    app.store().key(id).await?.ok_or_else(not_there)
}
