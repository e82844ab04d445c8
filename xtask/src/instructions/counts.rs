//! What one check of each kind costs: as it was counted, and as the committed file has it.

use std::fmt::{self, Display};

/// How much more a check may cost than the committed file says, in percent.
///
/// The same code counts alike to the instruction, the compiler is pinned, and no count has a digest in it, which would be
/// more than all the rest. So nothing of this is for noise: it is room for a line that a change needs, so that a count
/// is accepted where somebody has to decide something and not with every change. A copy of what was borrowed, a second
/// lookup or a second digest does not fit in.
const BOUND: u64 = 5;

/// What one check of each kind costs, and by which compiler and processor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// What `rustc --version` says.
    pub(super) compiler: String,
    /// The architecture, and what the code found that the processor can do.
    pub(super) processor: String,
    /// Instructions of one check, by kind, in the order in which they were counted.
    pub(super) kinds: Vec<(String, u64)>,
}

const ACCEPT: &str = "`cargo xtask instructions --accept` writes the counts anew";

const HEAD: &str = "\
# Instructions of one check of each kind, without the digest of what was presented, which is a kind of its own.
# `cargo xtask instructions` compares with this file, and with `--accept` writes it.
";

/// The file's text.
impl Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compiler, processor, kinds } = self;
        write!(f, "{HEAD}\ncompiler = \"{compiler}\"\nprocessor = \"{processor}\"\n\n[instructions]\n")?;
        kinds.iter().try_for_each(|(kind, count)| writeln!(f, "{kind} = {count}"))
    }
}

impl Counts {
    /// Reads the file, which nobody but `--accept` writes: of TOML, what that writes of it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut counts = Self { compiler: String::new(), processor: String::new(), kinds: Vec::new() };
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines.filter(|line| *line != "[instructions]") {
            let unknown = || format!("{line:?} is nothing that `--accept` writes");
            let (name, value) = line.split_once(" = ").ok_or_else(unknown)?;
            let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            match (name, quoted, value.parse()) {
                ("compiler", Some(text), _) => text.clone_into(&mut counts.compiler),
                ("processor", Some(text), _) => text.clone_into(&mut counts.processor),
                ("compiler" | "processor", None, _) => return Err(unknown()),
                (kind, None, Ok(count)) => counts.kinds.push((kind.to_owned(), count)),
                _ => return Err(unknown()),
            }
        }
        Ok(counts)
    }

    /// Why what was counted `now` cannot be compared with this, if it cannot: a sentence.
    pub(super) fn incomparable(&self, now: &Self) -> Option<String> {
        let pairs = [(&self.compiler, &now.compiler), (&self.processor, &now.processor)];
        let (was, is) = pairs.into_iter().find(|(was, is)| was != is)?;
        Some(format!("The committed counts are of {was}, and these of {is}."))
    }

    /// A line for each kind: the count as committed, as it is `now`, and the change.
    pub(super) fn beside(&self, now: &Self) -> String {
        let line = |(kind, is): &(String, u64)| match self.of(kind) {
            Some(was) => format!("{kind:<20}{was:>10}{is:>10}{:>12}", change(was, *is)),
            None => format!("{kind:<20}{:>10}{is:>10}", "-"),
        };
        let head = format!("{:<20}{:>10}{:>10}{:>12}", "instructions of", "committed", "now", "change");
        std::iter::once(head).chain(now.kinds.iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    /// Whether no kind costs more `now` than it may. What is to be said of kinds that cost less, if there are any; the
    /// error is what is wrong. Both are sentences.
    pub(super) fn judge(&self, now: &Self) -> Result<Option<String>, String> {
        let names =
            |counts: &Self| -> Vec<String> { counts.kinds.iter().map(|(kind, _)| kind.clone()).collect() };
        if names(self) != names(now) {
            return Err(format!("The kinds of checks are others than those that were committed. {ACCEPT}."));
        }
        let pairs = || now.kinds.iter().filter_map(|(kind, is)| Some((kind, self.of(kind)?, *is)));
        let told = |(kind, was, is): (&String, u64, u64)| format!("{kind} {}", change(was, is));
        let dearer: Vec<String> =
            pairs().filter(|(_, was, is)| is * 100 > was * (100 + BOUND)).map(told).collect();
        if !dearer.is_empty() {
            return Err(format!(
                "A check may cost {BOUND} % more than the committed counts say, and no more: {}. Look for what the \
                 change does on the walk of a check that it need not do. If it is worth its cost: {ACCEPT}, and the \
                 commit says what it buys.",
                dearer.join(", ")
            ));
        }
        let cheaper: Vec<String> =
            pairs().filter(|(_, was, is)| is * 100 < was * (100 - BOUND)).map(told).collect();
        let gain = || {
            format!(
                "A check costs less than the committed counts say: {}. To keep the gain: {ACCEPT}.",
                cheaper.join(", ")
            )
        };
        Ok((!cheaper.is_empty()).then(gain))
    }

    fn of(&self, kind: &str) -> Option<u64> {
        self.kinds.iter().find(|(name, _)| name == kind).map(|(_, count)| *count)
    }
}

/// `+4.9 %`, rounded towards nothing.
fn change(was: u64, is: u64) -> String {
    let tenths = was.abs_diff(is) * 1_000 / was.max(1);
    let sign = if is < was { '-' } else { '+' };
    format!("{sign}{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(kinds: &[(&str, u64)]) -> Counts {
        Counts {
            compiler: "rustc 1.2.3".to_owned(),
            processor: "x86_64 avx2".to_owned(),
            kinds: kinds.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let counts = counts(&[("allowed", 4_000), ("refused-scope", 11_861)]);
        assert_eq!(Counts::read(&counts.to_string()), Ok(counts));
    }

    #[test]
    fn what_nobody_writes_is_refused() {
        for line in ["allowed", "allowed = many", "allowed = \"4000\"", "compiler = 1", "allowed = -1"] {
            assert!(Counts::read(line).unwrap_err().contains("nothing that"), "{line}");
        }
    }

    #[test]
    fn a_check_may_cost_what_the_bound_says_and_no_more() {
        let committed = counts(&[("allowed", 4_000), ("public", 2_000)]);
        for count in [3_800, 4_000, 4_200] {
            assert_eq!(
                committed.judge(&counts(&[("allowed", count), ("public", 2_000)])),
                Ok(None),
                "{count}"
            );
        }
        let dearer = committed.judge(&counts(&[("allowed", 4_201), ("public", 2_000)])).unwrap_err();
        assert!(dearer.contains("no more: allowed +5.0 %. "), "{dearer}");
        let both = committed.judge(&counts(&[("allowed", 1), ("public", 3_000)])).unwrap_err();
        assert!(both.contains("no more: public +50.0 %. "), "{both}");
    }

    #[test]
    fn a_gain_is_told_and_fails_nothing() {
        let told = counts(&[("allowed", 4_000)]).judge(&counts(&[("allowed", 3_799)])).unwrap().unwrap();
        assert!(told.contains("say: allowed -5.0 %. "), "{told}");
    }

    #[test]
    fn a_kind_that_has_no_count_is_no_pass() {
        let committed = counts(&[("allowed", 4_000)]);
        for kinds in [&[("allowed", 4_000), ("public", 2_000)][..], &[], &[("public", 4_000)]] {
            assert!(committed.judge(&counts(kinds)).unwrap_err().starts_with("The kinds"), "{kinds:?}");
        }
    }

    #[test]
    fn other_processors_and_compilers_are_not_compared() {
        let (committed, kinds) = (counts(&[]), Vec::new());
        assert_eq!(committed.incomparable(&counts(&[("allowed", 1)])), None);
        for (compiler, processor) in [("rustc 1.2.4", "x86_64 avx2"), ("rustc 1.2.3", "x86_64")] {
            let (compiler, processor) = (compiler.to_owned(), processor.to_owned());
            let now = Counts { compiler, processor, kinds: kinds.clone() };
            let why = committed.incomparable(&now).unwrap();
            assert!(why.starts_with("The committed counts are of "), "{why}");
        }
    }

    #[test]
    fn each_kind_has_its_line() {
        let lines = counts(&[("allowed", 4_000)]).beside(&counts(&[("allowed", 4_100), ("public", 2_000)]));
        let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "instructions of      committed       now      change",
                "allowed                   4000      4100      +2.5 %",
                "public                       -      2000",
            ]
        );
    }
}
