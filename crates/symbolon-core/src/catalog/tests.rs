//! What a catalog may say, what it may not, and which route a path is.

mod matching;
mod meaning;
mod old_form;
mod refusals;
mod shape;
mod shipped;

use super::Catalog;

/// The file's name in every test.
const FILE: &str = "catalogs/t.toml";

/// A catalog of `top` keys and `rest` tables, with what is required around them.
fn text(top: &str, rest: &str) -> String {
    let scopes = "[scopes]\n\"x:read\" = \"Read\"\n\"x:write\" = \"Write\"";
    format!("service = \"t\"\ntoken_prefix = \"tt\"\n{top}\n{scopes}\n{rest}\n")
}

/// Compiles what must compile.
fn compile(text: &str) -> Catalog {
    Catalog::compile(FILE, text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A block of one route.
fn route(asks: &str, path: &str) -> String {
    format!("[[routes]]\n{asks}\npaths = [\"{path}\"]\n")
}

/// The text must be refused with one fault for each of `words`, at the lines that are marked with `# <-`, in that
/// order.
fn refused(text: &str, words: &[&str]) {
    let Err(error) = Catalog::compile(FILE, text) else { panic!("this compiles:\n{text}") };
    let marked = text.lines().enumerate().filter(|(_, line)| line.contains("# <-"));
    let marked: Vec<usize> = marked.map(|(index, _)| index + 1).collect();
    let lines: Vec<usize> = error.faults.iter().map(|fault| fault.line).collect();
    assert_eq!((lines, error.faults.len()), (marked, words.len()), "{error}\n\n{text}");
    for (fault, words) in error.faults.iter().zip(words) {
        assert_eq!(fault.file, FILE);
        assert!(fault.message.contains(words), "{fault}\nshould say: {words}\n\n{text}");
        assert!(!fault.message.contains('\n'), "more than one line: {fault}");
    }
    let told: Vec<_> = error.faults.iter().map(|f| format!("{FILE}:{}: {}", f.line, f.message)).collect();
    assert_eq!(error.to_string(), told.join("\n"));
}
