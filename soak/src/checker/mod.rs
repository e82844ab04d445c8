//! Reads a history, and nothing else, and names what breaks a promise in it.
//!
//! Each rule is *sound*: what it names cannot have happened to a fleet that keeps its promises, in whatever order things
//! really happened between the moments that are written down. Of a check it is known that it was decided between when it was
//! sent and when it was answered; of a mutation that it took effect after it was sent, and before it was answered if it was
//! acknowledged, and perhaps never or much later if its outcome is unknown.

mod known;
mod silences;
mod verdict;

use std::path::Path;

use crate::history::{self, Answer, Check, Event, Run};
use known::Known;
use silences::Silences;

pub(crate) use verdict::{Kind, Verdict};

/// Reads the file twice: what was changed is kept in memory, and what was asked, which is far more, is not.
pub(crate) fn check(path: &Path) -> Result<Verdict, String> {
    let (mut known, mut silences, mut run, mut ended) =
        (Known::default(), Silences::default(), None::<Run>, false);
    for line in history::read(path)? {
        match line? {
            (_, Event::Run(_)) if run.is_some() => return Err("the history is of two runs".to_owned()),
            (_, Event::Run(told)) => run = Some(told),
            (line, Event::Mutation(mutation)) => known.add(line, mutation),
            (_, Event::Silence(silence)) => silences.add(silence),
            (_, Event::End { .. }) => ended = true,
            _ => {}
        }
    }
    let run = run.ok_or("the history does not say what was run")?;
    let mut verdict = Verdict {
        acknowledged: known.acknowledged(),
        silences: silences.longer_than(run.answers_for),
        ..Verdict::default()
    };
    if !ended {
        verdict.name(
            Kind::Unfinished,
            0,
            "the history has no last line: something may be left out".to_owned(),
        );
    }
    for line in history::read(path)? {
        match line? {
            (line, Event::Check(check)) => judge(&check, line, &known, &silences, &run, &mut verdict),
            (line, Event::Lease(lease)) => {
                if let Some(why) = silences.broken_by(&lease, run.answers_for) {
                    verdict.name(Kind::EndedLease, line, why);
                }
            }
            (line, Event::Found(found)) => {
                for why in known.found(&found) {
                    verdict.name(Kind::Lost, line, why);
                }
                verdict.found += 1;
            }
            _ => {}
        }
    }
    for why in known.missing(&run.readers) {
        verdict.name(Kind::Lost, 0, why);
    }
    Ok(verdict)
}

fn judge(check: &Check, line: u64, known: &Known, silences: &Silences, run: &Run, verdict: &mut Verdict) {
    verdict.checks += 1;
    match check.answer {
        Answer::Allowed => {
            verdict.allowed += 1;
            if let Some(why) = known.taken(check) {
                verdict.name(Kind::Admitted, line, why);
            }
        }
        Answer::Denied => {
            verdict.denied += 1;
            if known.taken(check).is_some() {
                verdict.rightly_denied += 1;
            } else if let Some(why) = known.given(check) {
                verdict.name(Kind::Denied, line, why);
            }
        }
        Answer::Unavailable => verdict.unavailable += 1,
        Answer::Other | Answer::Nothing => verdict.unanswered += 1,
    }
    if silences.covers(check, run.answers_for) {
        verdict.in_silence += 1;
        if matches!(check.answer, Answer::Allowed | Answer::Denied) {
            let said = if check.answer == Answer::Allowed { "let" } else { "refused" };
            let why = format!(
                "{} {said} {}, asked when its lease had ended: the database was out of its reach for longer",
                check.node, check.subject
            );
            verdict.name(Kind::EndedLease, line, why);
        }
    }
}

#[cfg(test)]
mod tests;
