//! What to make of a request and what came of it.

use symbolon_core::target::Target;
use symbolon_server::IDENTITY_HEADERS;

use super::corpus::{FORGED, OWN_COOKIE, Places};
use super::fault::Fault;
use super::reading::could_mean;
use super::report::{Report, bytes, folded};

/// The signed form of the identity, which is not always there.
const SIGNED: &str = "x-symbolon-identity";
/// The methods that a route may have.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// Headers by which some frameworks replace the path.
const PATHS: [&str; 2] = ["x-original-url", "x-rewrite-url"];

/// One request.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) target: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Whether Symbolon refuses it when it comes with a token, wherever it goes.
    pub(super) refused: bool,
}

/// What is so without any trick.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Plain {
    /// A token is sent.
    pub(super) token: bool,
    /// The open path arrives with an identity.
    pub(super) identity: bool,
    /// Without a credential, requests are left to the application's own login.
    pub(super) passthrough: bool,
}

/// What is wrong with what arrived.
pub(super) fn arrived(probe: &Probe, report: &Report, places: Places<'_>, plain: Plain) -> Vec<Fault> {
    let mut faults = forged(report);
    if has_own_cookie(report) {
        faults.push(Fault::OwnCookie);
    }
    let principal = report.header("x-symbolon-principal").filter(|said| !said.contains(FORGED));
    if plain.passthrough && principal == Some("none") {
        // It is the application's own login that decides, about what it is shown.
        return faults;
    }
    let asked = principal.is_some();
    faults.extend(path(probe, report, places, asked));
    if !METHODS.contains(&report.method.as_str()) {
        faults.push(Fault::Method);
    }
    let same = |name: &str| report.headers.iter().any(|(arrived, _)| folded(arrived) == folded(name));
    if probe.refused && plain.token && probe.headers.iter().any(|(name, _)| same(name)) {
        faults.push(Fault::Ambiguous);
    }
    if plain.identity
        && asked
        && IDENTITY_HEADERS.iter().any(|name| report.header(name).is_none_or(str::is_empty))
    {
        faults.push(Fault::IdentityLost);
    }
    if plain.identity && !asked && names_identity(probe) {
        faults.push(Fault::IdentityLost);
    } else if plain.identity && !asked && faults.is_empty() {
        faults.push(Fault::Unasked);
    }
    let closed = |value: &str| could_mean(value.as_bytes(), places.closed);
    if PATHS.iter().any(|name| report.header(name).is_some_and(closed)) {
        faults.push(Fault::PathHeader);
    }
    faults
}

/// Whether the forged session cookie of Symbolon's arrived.
pub(super) fn has_own_cookie(report: &Report) -> bool {
    let forged = |value: &Option<String>| value.as_deref() == Some(OWN_COOKIE);
    report.headers.iter().any(|(name, value)| name == "cookie" && forged(value))
}

/// Whether the request asks for the identity to be taken away on the way.
fn names_identity(probe: &Probe) -> bool {
    probe.headers.iter().any(|(name, value)| *name == "Connection" && folded(value).contains("x-symbolon-"))
}

/// Identity that the client made up.
fn forged(report: &Report) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, value) in &report.headers {
        if !folded(name).starts_with("x-symbolon-")
            || !value.as_ref().is_some_and(|value| value.contains(FORGED))
        {
            continue;
        }
        let marks = || name.chars().filter(|c| !c.is_ascii_alphanumeric());
        let ours = |known: &str| folded(name) == known;
        let fault = if !IDENTITY_HEADERS.into_iter().chain([SIGNED]).any(ours) {
            Fault::ForgedLookalike
        } else if marks().all(|mark| mark == '-') {
            Fault::Forged
        } else if marks().all(|mark| matches!(mark, '-' | '_')) {
            Fault::ForgedTwin
        } else {
            Fault::ForgedLookalike
        };
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

/// What arrives must be what Symbolon would allow as it arrives: that alone is what the application acts upon.
fn path(probe: &Probe, report: &Report, places: Places<'_>, asked: bool) -> Option<Fault> {
    let target = bytes(&report.target);
    let past = if probe.headers.is_empty() { Fault::PastTheGate } else { Fault::HeaderBelieved };
    let closed = could_mean(&target, places.closed);
    let Ok(canonical) = Target::parse(&target) else {
        return Some(if closed { past } else { Fault::NotCanonical });
    };
    if canonical.path() == places.open {
        return None;
    }
    if canonical.path() == places.closed {
        return Some(past);
    }
    let sent = Target::parse(&probe.target);
    if sent.is_ok_and(|sent| sent.path() == canonical.path()) {
        // Nothing was rewritten. Where Symbolon was asked, its catalog has a route for this very path.
        return (closed && !asked).then_some(past);
    }
    Some(if closed { past } else { Fault::Rewritten })
}

/// What is wrong with an answer, where nothing says what arrived.
pub(super) fn answered(probe: &Probe, status: u16, places: Places<'_>) -> Option<Fault> {
    let aimed = could_mean(&probe.target, places.closed);
    (aimed && (200..300).contains(&status)).then_some(Fault::PerhapsPast)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places<'static> = Places { open: "/api/printers", closed: "/api/backups" };
    const PLAIN: Plain = Plain { token: true, identity: true, passthrough: false };

    fn probe(target: &str) -> Probe {
        Probe { name: "x", method: "GET", target: target.into(), headers: Vec::new(), refused: false }
    }

    fn report(target: &str) -> Report {
        let headers = IDENTITY_HEADERS.map(|name| (name.to_owned(), Some("-".to_owned()))).to_vec();
        Report { method: "GET".to_owned(), target: target.to_owned(), headers }
    }

    fn judged(sent: &str, received: &str) -> Vec<Fault> {
        arrived(&probe(sent), &report(received), PLACES, PLAIN)
    }

    #[test]
    fn what_arrives_is_judged_as_it_arrives() {
        assert_eq!(judged("/api/printers", "/api/printers?x=/../"), []);
        assert_eq!(judged("/api/backups/../printers", "/api/printers"), []);
        assert_eq!(judged("/api/printers/../backups", "/api/backups"), [Fault::PastTheGate]);
        assert_eq!(judged("/x", "/api/printers/../../api/backups"), [Fault::PastTheGate]);
        assert_eq!(judged("/api/x;y", "/api/x;y"), [Fault::NotCanonical]);
        assert_eq!(judged("/api//x", "/api/x"), [Fault::Rewritten]);
        // A catalog with a route for it.
        assert_eq!(judged("/api/other", "/api/other"), []);
    }

    #[test]
    fn what_nobody_was_asked_about_is_told_apart() {
        let mut unasked = report("/api/other");
        unasked.headers.clear();
        assert_eq!(arrived(&probe("/api/other"), &unasked, PLACES, PLAIN), [Fault::Unasked]);
        unasked.target = "/API/BACKUPS".to_owned();
        assert_eq!(arrived(&probe("/API/BACKUPS"), &unasked, PLACES, PLAIN), [Fault::PastTheGate]);
        let mut lost = report("/api/printers");
        lost.headers.pop();
        assert_eq!(arrived(&probe("/api/printers"), &lost, PLACES, PLAIN), [Fault::IdentityLost]);
        lost.headers.clear();
        let naming =
            Probe { headers: vec![("Connection", "X-Symbolon-Owner".to_owned())], ..probe("/api/printers") };
        assert_eq!(arrived(&naming, &lost, PLACES, PLAIN), [Fault::IdentityLost]);
    }

    #[test]
    fn forged_identity_is_known_by_its_spelling() {
        for (name, fault) in [
            ("x-symbolon-owner", Fault::Forged),
            ("x-symbolon-identity", Fault::Forged),
            ("x-symbolon-tenant", Fault::ForgedLookalike),
            ("x-symbolon_owner", Fault::ForgedTwin),
            ("x.symbolon.owner", Fault::ForgedLookalike),
        ] {
            let mut report = report("/api/printers");
            report.headers.push((name.to_owned(), Some(FORGED.to_owned())));
            assert_eq!(arrived(&probe("/api/printers"), &report, PLACES, PLAIN), [fault], "{name}");
        }
    }

    #[test]
    fn symbolons_cookie_is_nobodys_business() {
        let mut report = report("/api/printers");
        report.headers.push(("cookie".to_owned(), None));
        assert_eq!(arrived(&probe("/api/printers"), &report, PLACES, PLAIN), []);
        report.headers.push(("cookie".to_owned(), Some(OWN_COOKIE.to_owned())));
        assert_eq!(arrived(&probe("/api/printers"), &report, PLACES, PLAIN), [Fault::OwnCookie]);
        report.headers[0].1 = Some("none".to_owned());
        let plain = Plain { passthrough: true, ..PLAIN };
        assert_eq!(arrived(&probe("/x"), &report, PLACES, plain), [Fault::OwnCookie]);
    }

    #[test]
    fn methods_and_what_symbolon_refuses_do_not_arrive() {
        let mut report = report("/api/printers");
        let headers = vec![("X_Method_Override", "DELETE".to_owned())];
        let refused = Probe { refused: true, headers, ..probe("/api/printers") };
        // The gateway has dropped it.
        assert_eq!(arrived(&refused, &report, PLACES, PLAIN), []);
        report.headers.push(("x-method-override".to_owned(), Some("DELETE".to_owned())));
        assert_eq!(arrived(&refused, &report, PLACES, PLAIN), [Fault::Ambiguous]);
        report.method = "get".to_owned();
        assert_eq!(arrived(&probe("/api/printers"), &report, PLACES, PLAIN), [Fault::Method]);
    }

    #[test]
    fn what_the_applications_own_login_decides_about_is_no_fault() {
        let mut report = report("/api/printers/../backups");
        report.headers[0].1 = Some("none".to_owned());
        let plain = Plain { passthrough: true, ..PLAIN };
        assert_eq!(arrived(&probe("/x"), &report, PLACES, plain), []);
        assert_eq!(arrived(&probe("/x"), &report, PLACES, PLAIN), [Fault::PastTheGate]);
    }
}
