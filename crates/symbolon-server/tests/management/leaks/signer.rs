//! Somebody who signs as GitHub does.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::world::{Answer, Call, World};

/// What stands before the point in the DER of a public key on P-256 (RFC 5480).
const P256: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

pub(crate) struct Signer {
    pub(crate) id: String,
    pair: EcdsaKeyPair,
}

impl Signer {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap() }
    }

    /// Its entry in GitHub's document of keys.
    pub(crate) fn entry(&self, current: bool) -> Value {
        let head = (0..P256.len()).step_by(2).map(|at| u8::from_str_radix(&P256[at..at + 2], 16).unwrap());
        let der: Vec<u8> = head.chain(self.pair.public_key().as_ref().iter().copied()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        json!({ "key_identifier": self.id, "key": pem, "is_current": current })
    }

    /// The signature over a body, in base64.
    pub(crate) fn sign(&self, body: &str) -> String {
        STANDARD.encode(self.pair.sign(&SystemRandom::new(), body.as_bytes()).unwrap())
    }

    /// Sends an alert that it has signed.
    pub(crate) async fn alert(&self, world: &World, body: &str) -> Answer {
        alert(world, &self.id, &self.sign(body), body).send().await
    }
}

pub(crate) fn document(entries: &[Value]) -> String {
    json!({ "public_keys": entries }).to_string()
}

/// An alert, with these headers.
pub(crate) fn alert<'w>(world: &'w World, id: &str, signature: &str, body: &str) -> Call<'w> {
    let call = Call::new(world, "POST", "/v1/leaks/github").header("content-type", "application/json");
    call.header("github-public-key-identifier", id)
        .header("github-public-key-signature", signature)
        .body(body)
}
