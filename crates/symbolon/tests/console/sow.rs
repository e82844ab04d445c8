//! Tokens put into the record of a server that is not running. Made one by one over HTTP they would take a minute.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use symbolon_core::decision::Keys;
use symbolon_core::digest::{Digest, Pepper};
use symbolon_core::id::UserId;
use symbolon_core::record::{ActorId, AuditLine, Origin, Token};
use symbolon_core::session::SessionKey;
use symbolon_core::store::{Change, Mutation, Store};
use symbolon_store::SqliteStore;
use zeroize::Zeroizing;

/// How many are written in one transaction.
const BATCH: usize = 2_000;

/// `count` tokens of O.D.I.N. made a minute apart up to now, of each owner and in each state: of ten one is disabled,
/// of twenty one has expired and one is revoked. Half were used. The digests are of no secret.
pub(super) async fn sow(record: &Path, keys: &Path, count: u32) {
    let owners = owners(record).await;
    let keys = read(keys);
    let store = SqliteStore::open(record, &keys).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the server that will read them goes by this clock")]
    let now = Timestamp::now();
    // As random as every digest is, for the server's index relies on that; in their order, so that SQLite, which is not
    // optimized in tests, writes them side by side.
    let mut digests: Vec<_> = (0..count).map(|i| keys.pepper.digest(&i.to_be_bytes())).collect();
    digests.sort_unstable_by_key(|digest| *digest.as_bytes());
    let made = |(i, digest)| (i, token(i, owners[i as usize % owners.len()], digest, now));
    let tokens: Vec<_> = (0..count).zip(digests).map(made).collect();
    for some in tokens.chunks(BATCH) {
        let revoked = some.iter().filter(|(i, _)| i % 20 == 5).map(|(_, token)| Token {
            revoked_at: Some(after(token.created_at, 2)),
            revision: 2,
            digest: None,
            ..token.clone()
        });
        let mut changes: Vec<_> = some.iter().map(|(_, token)| Change::TokenCreated(token.clone())).collect();
        changes.extend(revoked.map(Change::TokenChanged));
        let line = AuditLine {
            at: now,
            origin: Origin { actor: ActorId::Local, client_ip: None, request: None },
            action: "test.sow",
            subject: "test".to_owned(),
            service: None,
            detail: json!({}),
        };
        store.commit(Mutation::given(changes, vec![line], now)).await.unwrap();
    }
    store.close().await;
}

fn token(i: u32, owner: UserId, digest: Digest, now: Timestamp) -> Token {
    let made = after(now, -60 * i64::from(i) - 60);
    let scopes: &[&str] = match i % 3 {
        0 => &["read:printers"],
        1 => &["read:jobs", "read:printers"],
        _ => &["agent:read"],
    };
    Token {
        id: format!("tok_{:012x}7{:03x}8{i:015x}", made.as_millisecond(), i % 4_096).parse().unwrap(),
        service: "odin".parse().unwrap(),
        name: format!("token-{i:06}"),
        description: String::new(),
        metadata: symbolon_core::metadata::Metadata::default(),
        owner,
        token_prefix: format!("T{i:07}").parse().unwrap(),
        scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
        profile: None,
        disabled: i % 10 == 7,
        created_at: made,
        updated_at: made,
        expires_at: match i % 20 {
            3 => Some(after(made, 1)),
            _ => (i % 2 == 1).then(|| after(made, 31_536_000)),
        },
        last_used_at: i.is_multiple_of(2).then(|| after(made, 1)),
        revoked_at: None,
        revision: 1,
        digest: Some((digest, 1)),
        rotation: symbolon_core::rotation::Rotation::default(),
        rate_limit: None,
        restrictions: symbolon_core::restriction::Restrictions::default(),
        imported: None,
        parent: None,
        derive: 0,
        change_limit: None,
        loans: Vec::new(),
    }
}

fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    moment + SignedDuration::from_secs(seconds)
}

async fn owners(record: &Path) -> Vec<UserId> {
    let mut record = SqliteConnectOptions::new().filename(record).connect().await.unwrap();
    let query = sqlx::query_scalar("SELECT id FROM users WHERE active = 1 ORDER BY name");
    let owners: Vec<String> = query.fetch_all(&mut record).await.unwrap();
    record.close().await.unwrap();
    owners.iter().map(|owner| owner.parse().unwrap()).collect()
}

/// The keys that rows are sealed with, of a `keys.toml` that was never rotated.
fn read(keys: &Path) -> Keys {
    let file: toml::Table = fs::read_to_string(keys).unwrap().parse().unwrap();
    let key = |kind: &str| {
        let key = BASE64.decode(file[kind][0]["key"].as_str().unwrap()).unwrap();
        Zeroizing::new(<[u8; 32]>::try_from(key).unwrap())
    };
    Keys::new(Pepper::new(1, &key("peppers")), SessionKey::new(&key("session_keys")))
}
