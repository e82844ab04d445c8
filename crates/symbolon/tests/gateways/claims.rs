//! What a caller says of who it is by the headers of other proxies does not arrive with what Symbolon has decided: an
//! application that once stood behind one of them may believe them still.

use crate::gateway::Kind;
use crate::stage::Stage;
use crate::wire::Message;

crate::every_gateway!(what_other_proxies_would_say_of_a_caller_never_arrives);

const CLAIMS: [&str; 36] = [
    "Remote-User",
    "Remote_User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "X-Remote-User",
    "X-Remote-Group",
    "X-Auth-Request-User",
    "X_Auth_Request_User",
    "X-Auth-Request-Email",
    "X-Forwarded-User",
    "X_Forwarded_User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Access-Token",
    "X-Authenticated-User",
    "X-Authentik-Username",
    "X-WebAuth-User",
    "X-Consumer-Username",
    "X-Vouch-User",
    "X-Pomerium-Jwt-Assertion",
    "X-Amzn-Oidc-Identity",
    "X-Goog-Authenticated-User-Email",
    "X-Goog-Iap-Jwt-Assertion",
    "X-MS-Client-Principal",
    "Cf-Access-Authenticated-User-Email",
    "Tailscale-User-Login",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "X-Original-Forwarded-For",
    "X-Script-Name",
    "X-URL-Scheme",
];

/// What sounds like one of them and is an application's own.
const KEPT: [&str; 5] = ["X-Client-Version", "X-Goog-Meta-Note", "X-Real-Note", "X-Url-Note", "X-Kept"];

fn what_other_proxies_would_say_of_a_caller_never_arrives(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    let plain: Vec<_> =
        CLAIMS.iter().filter(|name| !name.contains('_')).map(|name| (*name, "evil")).collect();
    let twins: Vec<_> = CLAIMS.iter().filter(|name| name.contains('_')).map(|name| (*name, "evil")).collect();
    for headers in
        [&[&plain[..], &[("X-Real-IP", "192.0.2.66")], &KEPT.map(|name| (name, "kept"))].concat(), &twins]
    {
        let answers =
            [stage.ask("GET /api/version", headers), stage.ask_as(&secret, "GET /api/printers", headers)];
        let seen = stage.application.seen();
        if *headers == twins && answers.iter().all(|answer| answer.status() == 400) {
            assert!(seen.is_empty(), "{kind:?} {seen:?}");
            continue;
        }
        assert_eq!((answers.each_ref().map(Message::status), seen.len()), ([200, 200], 2), "{kind:?}");
        for seen in seen {
            let claimed: Vec<_> =
                seen.headers.iter().filter(|(_, value)| value == "evil" || value == "192.0.2.66").collect();
            assert!(claimed.is_empty(), "{kind:?} {claimed:?}");
            for name in KEPT {
                let expected = (*headers != twins).then_some("kept");
                assert_eq!(seen.header(&name.to_ascii_lowercase()), expected, "{kind:?} {name} {seen:?}");
            }
        }
    }
}
