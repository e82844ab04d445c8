//! Targets that two programs may read as two paths.

use super::{Confusion, Shape};

const fn text(name: &'static str, text: &'static [u8]) -> Confusion {
    Confusion { name, shape: Shape::Text(text) }
}

const fn climb(name: &'static str, slash: &'static [u8], dots: &'static [u8]) -> Confusion {
    Confusion { name, shape: Shape::Climb { slash, dots } }
}

const fn back(name: &'static str, slash: &'static [u8], dots: &'static [u8]) -> Confusion {
    Confusion { name, shape: Shape::Back { slash, dots } }
}

/// The targets, all sent with GET.
pub(crate) const TARGETS: &[Confusion] = &[
    // Dot segments (RFC 3986 section 5.2.4), as they are and escaped: CVE-2026-42274, CVE-2021-41773.
    climb("dot segments", b"/", b".."),
    climb("escaped dots, lower case", b"/", b"%2e%2e"),
    climb("escaped dots, upper case", b"/", b"%2E%2E"),
    climb("one dot escaped, the first", b"/", b"%2e."),
    climb("one dot escaped, the second", b"/", b".%2e"),
    climb("dots escaped twice", b"/", b"%252e%252e"),
    climb("dots as overlong UTF-8", b"/", b"%c0%ae%c0%ae"),
    climb("dots in the escapes of IIS", b"/", b"%u002e%u002e"),
    climb("dots behind an escaped slash", b"/..%2f", b""),
    climb("dots between escaped slashes", b"%2f", b".."),
    climb("dots between escaped slashes, upper case", b"%2F", b".."),
    climb("dots between slashes escaped twice", b"%252f", b".."),
    climb("dots between overlong slashes", b"%c0%af", b".."),
    climb("everything escaped", b"%2f", b"%2e%2e"),
    // A backslash is a slash to Windows and to WHATWG's URL parser.
    climb("backslashes", b"\\", b".."),
    climb("escaped backslashes", b"%5c", b".."),
    climb("a backslash after the dots", b"/..\\", b""),
    // Tomcat drops a parameter of a segment before it resolves the dots.
    climb("dots with a parameter", b"/", b"..;"),
    climb("dots with a parameter and value", b"/", b"..;x=y"),
    climb("dots with an escaped parameter", b"/", b"..%3b"),
    climb("dots before NUL", b"/", b"..%00"),
    climb("dots behind an empty segment", b"//", b".."),
    climb("dots of three", b"/", b"..."),
    text("a dot segment before the path", b"/./{closed}"),
    text("an escaped dot segment before the path", b"/%2e/{closed}"),
    text("a dot segment at the end", b"/{closed}/."),
    text("dots above the root", b"/../{closed}"),
    climb("an empty parameter before each slash", b";/", b".."),
    // The other way: who asks about the path as it has understood it is told of the open one.
    back("dot segments to the open path", b"/", b".."),
    back("escaped dots to the open path", b"/", b"%2e%2e"),
    back("escaped slashes to the open path", b"%2f", b".."),
    // Empty segments: merged by some, a host to others. CVE-2021-43557, CVE-2026-26205.
    text("two slashes at the beginning", b"//{closed}"),
    text("three slashes at the beginning", b"///{closed}"),
    text("a host between two slashes and the path", b"//localhost/{closed}"),
    text("two slashes at the end", b"/{closed}//"),
    text("an escaped slash at the beginning", b"/%2f{closed}"),
    text("a backslash at the beginning", b"/\\{closed}"),
    text("an escaped backslash at the beginning", b"/%5c{closed}"),
    text("a slash and a backslash for a host", b"/\\localhost/{closed}"),
    text("an escaped slash at the end", b"/{closed}%2f"),
    text("an escaped slash in the path", b"/{closed}%2fx"),
    // Spellings of one path. CVE-2026-42272.
    text("an escaped letter", b"/{%closed}"),
    text("a letter escaped twice", b"/{%%closed}"),
    text("upper case", b"/{CLOSED}"),
    text("a slash at the end", b"/{closed}/"),
    text("a dot at the end", b"/{closed}."),
    text("an escaped dot at the end", b"/{closed}%2e"),
    text("a space at the end", b"/{closed}%20"),
    text("a tab at the end", b"/{closed}%09"),
    text("NUL at the end", b"/{closed}%00"),
    text("NUL and an extension", b"/{closed}%00.css"),
    text("a line break at the end", b"/{closed}%0d%0a"),
    text("a parameter", b"/{closed};x=y"),
    text("an empty parameter", b"/{closed};"),
    text("an escaped parameter", b"/{closed}%3bx"),
    text("a parameter with an extension", b"/{closed};.css"),
    text("an extension", b"/{closed}.json"),
    text("a file beneath the path", b"/{closed}/x.css"),
    text("an invisible character", b"/{closed}%e2%80%8b"),
    text("a wide slash", b"/{open}%ef%bc%8f..%ef%bc%8f{closed}"),
    text("an escape that is none", b"/{closed}%zz"),
    text("half an escape", b"/{closed}%"),
    text("a byte beyond ASCII", b"/{closed}\xff"),
    text("unescaped UTF-8", b"/{closed}\xc3\xa9"),
    // Where does the path end? CVE-2026-32811, CVE-2021-32637.
    text("an empty query", b"/{closed}?"),
    text("the open path in the query", b"/{closed}?/{open}"),
    text("the open path behind dots in the query", b"/{closed}?/../{open}"),
    text("an escaped question mark", b"/{closed}%3f/../{open}"),
    text("a fragment", b"/{closed}#"),
    text("the open path in a fragment", b"/{closed}#/../{open}"),
    text("an escaped fragment", b"/{closed}%23/../{open}"),
    text("the closed path behind a fragment", b"/{open}#/../{closed}"),
    text("the closed path behind a query", b"/{open}?/../{closed}"),
    // Other forms of a target (RFC 9112 section 3.2).
    text("absolute form", b"http://localhost/{closed}"),
    text("absolute form with dots", b"http://localhost/x/../{closed}"),
    text("absolute form without a host", b"http:/{closed}"),
    text("no slash at the beginning", b"{closed}"),
    text("a dot for a slash", b"./{closed}"),
    // Locations that an operator may have left open for files, or for probes.
    text("dots with a parameter below /static", b"/static/..;/{closed}"),
    text("escaped backslashes below /static", b"/static/..%5c{closed}"),
    text("dots escaped twice below /static", b"/static/%252e%252e/{closed}"),
    text("dots with a parameter below /assets", b"/assets/..;/{closed}"),
    text("dots with a parameter below /public", b"/public/..;/{closed}"),
    text("dots with a parameter below /health", b"/health/..;/{closed}"),
    text("dots with a parameter below /.well-known", b"/.well-known/..;/{closed}"),
    text("a missing slash after /static", b"/static../{closed}"),
];
