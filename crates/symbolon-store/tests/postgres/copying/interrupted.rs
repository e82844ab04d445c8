//! A copy that does not come to its end, and leaves nothing.

use std::fs;

use symbolon_postgres_server::Version;
use symbolon_store::{CopyError, CopyProgress, OpenError, Step, copy_from_postgres, copy_to_postgres};
use tokio::sync::Notify;

use super::{Files, back, fill, tables, there};
use crate::conformance::make;
use crate::{Base, base};

/// Where a copy is interrupted.
const MOMENTS: [(Step, &str); 4] = [
    (Step::Copying, "users"),
    (Step::Copying, "webhooks"),
    (Step::Checking, "users"),
    (Step::Checking, "webhooks"),
];

/// Ends every session of somebody else's.
fn cut(base: &Base) {
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    base.database.sql(ended).unwrap();
}

/// Whether it is only that who was interrupted has not given up the file yet.
fn passes<T>(done: &Result<T, CopyError>) -> bool {
    matches!(done, Err(CopyError::Open(OpenError::InUse(_))))
}

#[tokio::test]
async fn a_copy_that_is_broken_off_leaves_nothing() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let (from, to, url, keys) =
        (files.at("first.db"), files.at("second.db"), base.database.url(), make::keys());
    fill(&from).await;
    let stop = Notify::new();
    let tell = |moment: (Step, &'static str)| {
        let stop = &stop;
        move |progress: CopyProgress| {
            if (progress.step, progress.table, progress.rows) == (moment.0, moment.1, 0) {
                stop.notify_one();
            }
        }
    };
    for moment in MOMENTS {
        loop {
            let mut tell = tell(moment);
            tokio::select! {
                biased;
                () = stop.notified() => break,
                done = copy_to_postgres(&from, &keys, &url, None, &mut tell) => {
                    assert!(passes(&done), "{moment:?}: {done:?}");
                    tokio::task::yield_now().await;
                }
            }
        }
        assert_eq!(tables(&base), "0", "{moment:?}");
    }
    let mut done = there(&from, &base).await;
    while passes(&done) {
        tokio::task::yield_now().await;
        done = there(&from, &base).await;
    }
    done.unwrap();
    let before = files.names();
    for moment in MOMENTS {
        let mut tell = tell(moment);
        tokio::select! {
            biased;
            () = stop.notified() => {}
            done = copy_from_postgres(&url, None, &keys, &to, &mut tell) => panic!("{moment:?}: {done:?}"),
        }
        assert_eq!(files.names(), before, "{moment:?}");
    }
    back(&base, &to).await.unwrap();
}

#[tokio::test]
async fn a_copy_whose_connection_breaks_leaves_nothing() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let (from, to, url, keys) =
        (files.at("first.db"), files.at("second.db"), base.database.url(), make::keys());
    fill(&from).await;
    for moment in MOMENTS {
        let mut tell = |progress: CopyProgress| {
            if (progress.step, progress.table, progress.rows) == (moment.0, moment.1, 0) {
                cut(&base);
            }
        };
        let refusal = copy_to_postgres(&from, &keys, &url, None, &mut tell).await.unwrap_err();
        assert!(matches!(&refusal, CopyError::Failed { .. }), "{moment:?}: {refusal}");
        assert_eq!(tables(&base), "0", "{moment:?}");
    }
    there(&from, &base).await.unwrap();
    let before = files.names();
    for moment in MOMENTS {
        let mut tell = |progress: CopyProgress| {
            if (progress.step, progress.table, progress.rows) == (moment.0, moment.1, 0) {
                cut(&base);
            }
        };
        let refusal = copy_from_postgres(&url, None, &keys, &to, &mut tell).await.unwrap_err();
        assert!(matches!(&refusal, CopyError::Failed { .. }), "{moment:?}: {refusal}");
        assert_eq!(files.names(), before, "{moment:?}");
    }
}

#[tokio::test]
async fn what_is_made_in_the_place_meanwhile_is_not_overwritten() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let (to, url) = (files.at("second.db"), base.database.url());
    fill(&files.at("first.db")).await;
    there(&files.at("first.db"), &base).await.unwrap();
    let mut before = files.names();
    let mut tell = |progress: CopyProgress| {
        if (progress.step, progress.table) == (Step::Checking, "webhooks") {
            fs::write(&to, "mine").unwrap();
        }
    };
    let refusal = copy_from_postgres(&url, None, &make::keys(), &to, &mut tell).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::Taken(_)), "{refusal}");
    assert_eq!(fs::read(&to).unwrap(), b"mine");
    before.push("second.db".to_owned());
    assert_eq!(files.names(), before);
}
