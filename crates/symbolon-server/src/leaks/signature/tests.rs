//! GitHub's own samples, as its documentation has had them ("Secret scanning partner program", "Implement signature
//! verification in your secret alert service"), and what is nearly one.

use serde_json::json;

use super::*;

struct Sample {
    id: &'static str,
    key: &'static str,
    body: &'static str,
    signature: &'static str,
}

const SAMPLES: [Sample; 4] = [
    Sample {
        id: "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c",
        key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\n\
              AjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==",
        body: r#"[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]"#,
        signature: "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg==",
    },
    Sample {
        id: "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d",
        key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\n\
              HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==",
        body: r#"[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]"#,
        signature: "MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY=",
    },
    Sample {
        id: "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d",
        key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\n\
              HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==",
        body: r#"[{"token":"NMIfyYncKcRALEXAMPLE","type":"mycompany_api_token","url":"https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt","source":"content"}]"#,
        signature: "MEUCIQDfLvT8/zM8F1aB3cM0ZwyeWF1m5YR6IhcUIv1OKQYL0wIgBZ5lVXB3gHK+dT8+xt0WgRVLqvsTPFiDO9QP/7eJ4yE=",
    },
    Sample {
        id: "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a",
        key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\n\
              kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==",
        body: r#"[{"token":"some_token","type":"some_type","url":"some_url"}]"#,
        signature: "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=",
    },
];

fn pem(key: &str) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")
}

fn set(entries: &[(&str, &str, bool)]) -> Option<KeySet> {
    let entry = |(id, key, current): &(&str, &str, bool)| json!({ "key_identifier": id, "key": key, "is_current": current });
    let document = json!({ "public_keys": entries.iter().map(entry).collect::<Vec<_>>(), "more": 1 });
    KeySet::read(document.to_string().as_bytes())
}

fn key(sample: &Sample) -> PublicKey {
    set(&[(sample.id, &pem(sample.key), true)]).unwrap().key(sample.id).unwrap()
}

#[test]
fn githubs_published_samples_verify() {
    for sample in &SAMPLES {
        assert!(key(sample).verifies(sample.body.as_bytes(), sample.signature), "{}", sample.body);
    }
}

#[test]
fn a_changed_byte_is_refused() {
    for sample in &SAMPLES {
        let (key, body) = (key(sample), sample.body.as_bytes());
        for at in 0..body.len() {
            let mut changed = body.to_vec();
            changed[at] ^= 1;
            assert!(!key.verifies(&changed, sample.signature), "{at}");
        }
        for changed in [&body[1..], &body[..body.len() - 1], &[body, b"\n"].concat(), b""] {
            assert!(!key.verifies(changed, sample.signature));
        }
        let signature = STANDARD.decode(sample.signature).unwrap();
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!key.verifies(body, &STANDARD.encode(changed)), "{at}");
        }
        for bad in ["", "x", "MEUC", &sample.signature[4..], &format!("{}\n", sample.signature), "AAAA"] {
            assert!(!key.verifies(body, bad), "{bad}");
        }
    }
}

#[test]
fn a_wrong_key_is_refused() {
    let (first, second) = (&SAMPLES[0], &SAMPLES[1]);
    assert!(!key(second).verifies(first.body.as_bytes(), first.signature));
    assert!(!key(first).verifies(second.body.as_bytes(), second.signature));
    let both = set(&[(first.id, &pem(first.key), true), (second.id, &pem(second.key), true)]).unwrap();
    assert!(both.key(SAMPLES[3].id).is_none());
    assert!(both.key(first.id).unwrap().verifies(first.body.as_bytes(), first.signature));
}

#[test]
fn a_key_that_is_not_current_any_more_signs_nothing() {
    let (old, new) = (&SAMPLES[3], &SAMPLES[0]);
    let keys = set(&[(old.id, &pem(old.key), false), (new.id, &pem(new.key), true)]).unwrap();
    assert!(keys.key(old.id).is_none() && keys.key(new.id).is_some());
    assert!(set(&[(old.id, &pem(old.key), false)]).is_none());
}

#[test]
fn what_is_no_document_of_keys_is_not_taken() {
    for text in ["", "[]", "{}", "{\"public_keys\": []}", "{\"public_keys\": [{\"key_identifier\": \"x\"}]}"]
    {
        assert!(KeySet::read(text.as_bytes()).is_none(), "{text}");
    }
    let sample = &SAMPLES[0];
    // Other curves, and what is no key: left out, and nothing is left.
    let p384 = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEaMC/oSGYBYiNMVFqLJ0p5A/T1Zq4Dnyz\n\
                wyAIcGVgYLj1c3RhIQ2Zbh4lQ8vBWyhwVHbhqhM3zkVZ0xWYVMHqYlRVY1pJ5+Fx\n\
                Jm4LJ3PsE7O2kDUmQ0RJb0rYw6tFVYhZ";
    for key in ["", "x", &pem("AAAA"), &pem(p384), &pem(&sample.key[..60])] {
        assert!(set(&[(sample.id, key, true)]).is_none(), "{key}");
    }
}
