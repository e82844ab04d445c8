//! Symbolon beside others.

use std::fmt::Write as _;

use super::{line, not_measured};
use crate::figures::{number, times};
use crate::results::{Answers, Peers, Rival};

pub(super) fn beside(page: &mut String, peers: &Peers) {
    let tokens = number(f64::from(u32::try_from(peers.tokens).unwrap_or(u32::MAX)));
    let _ = write!(
        page,
        "## Beside others\n\nOne bearer token of {tokens}, which are {} people's, and one scope. Each program has one \
         processor and the load another; each takes turns with Symbolon. Symbolon is {}. It has {:.0} MiB, and answered \
         {}. Before they were measured, each of the others was seen to let a good token in, and nobody without one or with \
         garbage.\n\n",
        number(f64::from(u32::try_from(peers.owners).unwrap_or(u32::MAX))),
        peers.symbolon.set_up,
        peers.symbolon.memory,
        answered(peers.symbolon.answers),
    );
    line(
        page,
        "| | requests/s | Symbolon's | Symbolon does | CPU µs/request | Symbolon's | times Symbolon's | MiB | answers |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---|",
    );
    for rival in &peers.rivals {
        row_of(page, rival);
    }
    line(
        page,
        "\nAnswers are those to a good token, to none, to garbage, and to a good one without the scope.\n",
    );
    line(page, "How they are set up:\n");
    for Rival { title, set_up, versions, connections, .. } in &peers.rivals {
        let versions: Vec<_> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let versions = versions.join(", ");
        line(page, &format!("- **{title}**: {set_up}. {connections} connections. {versions}."));
    }
    not_measured(page, &peers.missing);
}

fn row_of(page: &mut String, rival: &Rival) {
    let find = |start: &str| rival.quantities.iter().find(|quantity| quantity.unit.starts_with(start));
    let (Some(rate), Some(cpu)) = (find("requests/s"), find("CPU")) else { return };
    let _ = writeln!(
        page,
        "| {} | {} | {} | {} times as many | {} | {} | {} | {:.0} | {} |",
        rival.title,
        number(rate.subject.median),
        number(rate.baseline.median),
        times(1.0 / rate.ratio.median),
        number(cpu.subject.median),
        number(cpu.baseline.median),
        times(cpu.ratio.median),
        rival.memory,
        answered(rival.answers),
    );
}

fn answered(Answers { good, none, garbage, narrow }: Answers) -> String {
    let narrow = narrow.map_or_else(|| "–".to_owned(), |status| status.to_string());
    format!("{good}, {none}, {garbage}, {narrow}")
}
