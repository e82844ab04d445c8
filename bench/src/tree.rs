//! A process and all that it started, by `/proc`: the CPU time and the memory of a server that has workers.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// How long a tick of `/proc` is: `USER_HZ` is 100 on every platform that Symbolon is built for (proc(5), time(7)).
const TICK: Duration = Duration::from_millis(10);

/// One process of a tree. Its number may be another's after its end, but not with the same start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: u32,
    started: u64,
}

impl Member {
    fn runs(&self) -> bool {
        stat(self.id).is_ok_and(|stat| stat.started == self.started && !stat.ended)
    }
}

/// What `/proc` says of a process.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// Ended, and nobody has asked how.
    ended: bool,
    parent: u32,
    /// Of CPU time in user mode and in the kernel, with that of children that have ended.
    ticks: u32,
    started: u64,
}

/// The process and its descendants, as they are now.
pub(crate) fn of(root: u32) -> Vec<Member> {
    let all: Vec<(u32, Stat)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let id = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Some((id, stat(id).ok()?))
        })
        .collect();
    let mut known = BTreeSet::from([root]);
    // A child may have a lower number than its parent, so once through is not enough.
    loop {
        let before = known.len();
        known.extend(
            all.iter()
                .filter(|(_, stat)| known.contains(&stat.parent))
                .map(|(id, _)| *id)
                .collect::<Vec<_>>(),
        );
        if known.len() == before {
            break;
        }
    }
    let member = |(id, stat): &(u32, Stat)| Member { id: *id, started: stat.started };
    all.iter().filter(|(id, _)| known.contains(id)).map(member).collect()
}

/// The CPU time that the process and its descendants have taken since their start.
pub(crate) fn cpu(root: u32) -> Outcome<Duration> {
    // The process itself must be there; a descendant may just have ended, and then counts as its parent's.
    let own = stat(root)?.ticks;
    let others = of(root).into_iter().filter(|member| member.id != root);
    Ok(TICK * (own + others.filter_map(|member| Some(stat(member.id).ok()?.ticks)).sum::<u32>()))
}

/// The memory of the process and its descendants, in MiB: what they share counts once.
pub(crate) fn memory(root: u32) -> f64 {
    let of_one = |member: Member| {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", member.id)).ok()?;
        proportional(&text).map(f64::from)
    };
    of(root).into_iter().filter_map(of_one).sum::<f64>() / 1_024.0
}

/// Ends what is left of a tree.
pub(crate) fn kill(members: &[Member]) {
    for member in members.iter().filter(|member| member.runs()) {
        // An error is that it has just ended by itself.
        let _ = Command::new("kill").args(["-KILL", &member.id.to_string()]).stderr(Stdio::null()).status();
    }
}

fn stat(id: u32) -> Outcome<Stat> {
    let path = format!("/proc/{id}/stat");
    let text = fs::read_to_string(&path)
        .map_err(|why| format!("CPU time is read from Linux's {path}, and cannot be: {why}"))?;
    parse(&text).ok_or_else(|| format!("not understood: {text}"))
}

/// Fields 3, 4, 14 to 17 and 22 (proc(5)). The second field is a name that may hold spaces and brackets.
fn parse(stat: &str) -> Option<Stat> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
    Some(Stat {
        ended: *fields.first()? == "Z",
        parent: field(4)?,
        ticks: (14..=17).map(field).sum::<Option<u32>>()?,
        started: fields.get(22 - 3)?.parse().ok()?,
    })
}

/// `Pss` of a `smaps_rollup`, in KiB.
fn proportional(text: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_that_of_user_and_kernel_and_of_children_that_ended() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 90 0 0 0 31 11 5 6 20 0 1 0 77 1 1";
        assert_eq!(parse(stat), Some(Stat { ended: false, parent: 1, ticks: 53, started: 77 }));
        assert_eq!(parse("7 (a) S 1"), None);
    }

    #[test]
    fn shared_memory_is_counted_by_its_share() {
        assert_eq!(proportional("00-ff ---p 00 00:00 0 [rollup]\nRss:  900 kB\nPss:  123 kB\n"), Some(123));
        assert_eq!(proportional("Pss_Anon: 1 kB"), None);
    }

    #[test]
    fn a_process_of_a_process_is_of_its_tree_and_ends_with_it() {
        let mut shell = Command::new("sh")
            .args(["-c", "cat; exit 0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut members = of(shell.id());
        while members.len() < 2 {
            std::thread::yield_now();
            members = of(shell.id());
        }
        assert!(cpu(shell.id()).is_ok() && memory(shell.id()) > 0.0);
        shell.kill().unwrap();
        shell.wait().unwrap();
        kill(&members);
        for member in &members {
            while member.runs() {
                std::thread::yield_now();
            }
        }
        assert!(cpu(shell.id()).is_err());
    }
}
