//! Made by others: libxcrypt, the reference implementation of argon2, Python's hashlib.

use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"odin_secret-of-the-test";

const MADE: [&str; 8] = [
    "$2b$04$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di",
    "$2a$04$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di",
    "$2y$04$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di",
    "pbkdf2_sha256$1000$saltsalt$ArwIJq2gWAB3113aZFcBsdD1l9ndgfZDUBb87bJGYLE=",
    "4e9b0ad191f4b9f34a5fb7c7a66ec80dbeb7519a280bb8e1a59efcbb4fe5c4cf",
    "4E9B0AD191F4B9F34A5FB7C7A66EC80DBEB7519A280BB8E1A59EFCBB4FE5C4CF",
    "sha256$pepper$6ff98b782770949ab1c730157506c734f7ed84bd4fa958152f79270906ab4228",
    "sha512$$d449e47bf5aecae3aeecb33cdf570f6949406a83a13887a026387d861369c6a80711c238125c6cb2a45f2c1fe27a5f8bbdf3fa158cf9a83133e2c87b02debb72",
];

#[test]
fn each_kind_is_checked_by_its_own_rule() {
    for text in MADE {
        let hash = ForeignHash::parse(text).unwrap();
        assert!(hash.is_of(SECRET), "{text}");
        for other in [&b""[..], b"odin_secret-of-the-tesT", &SECRET[1..]] {
            assert!(!hash.is_of(other), "{text}");
        }
        assert_eq!(hash.as_text(), text);
    }
    let argon2 = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hash = ForeignHash::parse(argon2).unwrap();
    assert!(hash.is_of(b"password") && !hash.is_of(b"passwore"));
}

#[test]
fn what_costs_too_much_is_refused() {
    let bcrypt = |cost: &str| format!("$2b${cost}$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di");
    assert!(ForeignHash::parse(&bcrypt("15")).is_ok());
    for cost in ["16", "31", "99"] {
        assert!(matches!(ForeignHash::parse(&bcrypt(cost)), Err(ForeignFault::Dear(_))), "{cost}");
    }
    let argon2 =
        |cost: &str| format!("$argon2id$v=19${cost}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    assert!(ForeignHash::parse(&argon2("m=262144,t=4,p=1")).is_ok());
    for cost in
        ["m=262145,t=1,p=1", "m=4194304,t=1,p=1", "m=64,t=17,p=1", "m=1024,t=1,p=17", "m=262144,t=5,p=1"]
    {
        assert!(matches!(ForeignHash::parse(&argon2(cost)), Err(ForeignFault::Dear(_))), "{cost}");
    }
    let django =
        |count: &str| format!("pbkdf2_sha256${count}$salt$ArwIJq2gWAB3113aZFcBsdD1l9ndgfZDUBb87bJGYLE=");
    assert!(ForeignHash::parse(&django("3000000")).is_ok());
    assert!(matches!(ForeignHash::parse(&django("3000001")), Err(ForeignFault::Dear(_))));
}

#[test]
fn what_is_no_hash_is_refused_and_not_repeated() {
    for text in [
        "",
        "plain-secret",
        "$2x$04$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di",
        "$2b$4$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di",
        "$2b$03$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di",
        "$2b$04$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8D",
        "$argon2id$v=19$m=64,t=1,p=1",
        "$argon2x$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "pbkdf2_sha256$0$salt$ArwIJq2gWAB3113aZFcBsdD1l9ndgfZDUBb87bJGYLE=",
        "pbkdf2_sha256$1000$salt$short",
        "pbkdf2_sha1$1000$salt$ArwIJq2gWAB3113aZFcBsdD1l9k=",
        "sha256$salt$6ff98b78",
        "sha512$$6ff98b782770949ab1c730157506c734f7ed84bd4fa958152f79270906ab4228",
        "6ff98b782770949ab1c730157506c734f7ed84bd4fa958152f79270906ab422g",
        "md5$salt$d41d8cd98f00b204e9800998ecf8427e",
    ] {
        let fault = ForeignHash::parse(text).unwrap_err();
        assert!(text.is_empty() || !fault.to_string().contains(text), "{fault}");
    }
}

#[test]
fn it_does_not_print() {
    for text in MADE {
        let printed = format!("{:?}", ForeignHash::parse(text).unwrap());
        assert!(
            !text.split('$').filter(|part| part.len() > 8).any(|part| printed.contains(part)),
            "{printed}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\$|[a-z0-9$=,./+]){0,90}", secret in prop::collection::vec(any::<u8>(), 0..90)) {
        if let Ok(hash) = ForeignHash::parse(&text) {
            prop_assert!(!hash.is_of(&secret));
        }
    }
}
