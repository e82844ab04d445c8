//! Passwords: argon2id with the crate's recommended cost (19 MiB, two passes; OWASP Password Storage).

mod memory;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use symbolon_core::random::Entropy;
use symbolon_core::record::PasswordHash;
use tokio::sync::{Semaphore, oneshot};

use self::memory::{Idle, Memory};

/// Shortest password, in bytes.
const MIN: usize = 12;
/// Longest password, in bytes: hashing reads all of it.
const MAX: usize = 1_024;

/// Hashes under way at once. Each takes a core and 19 MiB for some 25 ms; sign-ins must not take the machine from
/// the checks.
const AT_ONCE: usize = 2;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// A password that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {MIN} to {MAX} bytes")]
pub struct PasswordFault;

/// Whether a new password is taken. Length is what is asked for; composition is not (NIST SP 800-63B 3.1.1.2).
pub(crate) fn acceptable(password: &str) -> Result<(), PasswordFault> {
    if (MIN..=MAX).contains(&password.len()) { Ok(()) } else { Err(PasswordFault) }
}

/// Hashes a password under a fresh salt. Takes a core for some 25 ms: not for an asynchronous thread.
pub fn hash_password(password: &str, entropy: &dyn Entropy) -> Result<PasswordHash, PasswordFault> {
    hash(&mut Memory::default(), password, entropy)
}

fn hash(memory: &mut Memory, password: &str, entropy: &dyn Entropy) -> Result<PasswordHash, PasswordFault> {
    acceptable(password)?;
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let hash = memory.hash(password.as_bytes(), &salt).ok_or(PasswordFault)?;
    Ok(PasswordHash::from_phc(hash.to_string()))
}

/// Whether a password is the one of `hash`. Without a hash the same work is done and the answer is no, so that
/// the time taken does not tell who exists.
fn check(memory: &mut Memory, password: &str, hash: Option<&PasswordHash>) -> bool {
    // A hash of nothing that anybody can type.
    static NOBODY: OnceLock<Option<PasswordHash>> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| {
        let hash = memory.hash(&[0; MAX], &[0; 16])?;
        Some(PasswordHash::from_phc(hash.to_string()))
    });
    let known = hash.or(nobody.as_ref());
    let password = if password.len() > MAX { "" } else { password };
    let equal = known.is_some_and(|known| memory.is_of(password.as_bytes(), known.as_phc()));
    equal && hash.is_some()
}

/// Where a server hashes and checks passwords.
#[derive(Debug, Default)]
pub(crate) struct Passwords {
    hashing: Hashing,
    /// Of no more hashes than have their turn at once.
    idle: Idle,
}

impl Passwords {
    /// A new password's hash.
    pub(crate) async fn hash(
        &self,
        password: String,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Result<PasswordHash, PasswordFault>, Busy> {
        let idle = self.idle.clone();
        self.hashing.run(move || hash(idle.lend().memory(), &password, &*entropy)).await
    }

    /// Whether a password is the one of `hash`; without a hash it takes as long and is not.
    pub(crate) async fn check(&self, password: String, hash: Option<PasswordHash>) -> Result<bool, Busy> {
        let idle = self.idle.clone();
        self.hashing.run(move || check(idle.lend().memory(), &password, hash.as_ref())).await
    }
}

/// Where slow checks are made: off the asynchronous threads, and not many at once.
#[derive(Debug)]
pub(crate) struct Hashing {
    turns: Arc<Semaphore>,
    gives_way: bool,
}

/// Too many wait to be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

impl Default for Hashing {
    fn default() -> Self {
        Self::new(AT_ONCE)
    }
}

impl Hashing {
    /// A place where so many hashes are under way at once.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)), gives_way: false }
    }

    /// One whose work takes the processors that nothing else wants: while checks saturate them, it gets about a tenth of
    /// one.
    pub(crate) fn giving_way(at_once: usize) -> Self {
        Self { gives_way: true, ..Self::new(at_once) }
    }

    /// Runs `work` when it is its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let work = move || {
            // The turn lasts as long as the work, which goes on when its caller has hung up: nobody gets more turns
            // by not waiting for the answer.
            let _turn = turn;
            work()
        };
        if !self.gives_way {
            return tokio::task::spawn_blocking(work).await.map_err(|_| Busy);
        }
        // A thread of its own: its priority cannot be raised again, so none of the runtime's may be lowered.
        let (told, outcome) = oneshot::channel();
        let thread = std::thread::Builder::new().name("slow-check".to_owned());
        let thread = thread.spawn(move || {
            give_way();
            // Whoever waited may have hung up.
            let _ = told.send(work());
        });
        thread.map_err(|_| Busy)?;
        outcome.await.map_err(|_| Busy)
    }
}

/// What is added to the nice value (`nice(2)`) for slow checks: of a processor that others want too, they get about a tenth.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the calling thread's priority; on Linux a nice value is a thread's. Where the system refuses, the work goes on
/// at the priority that it has.
#[cfg(target_os = "linux")]
fn give_way() {
    let _ = rustix::process::nice(NICE);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn only_the_right_password_passes() {
        let hash = hash_password("correct horse battery", &Sevens).unwrap();
        let check_password = |password: &str, hash| check(&mut Memory::default(), password, hash);
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(check_password("correct horse battery", Some(&hash)));
        assert!(!check_password("correct horse batter", Some(&hash)));
        assert!(!check_password("", Some(&hash)));
        assert!(!check_password(&"\0".repeat(MAX), None));
        assert!(!format!("{hash:?}").contains("argon2id"));
    }

    #[tokio::test]
    async fn who_hangs_up_gives_no_turn_back_before_the_work_ends() {
        let hashing = Hashing::default();
        let mut releases = Vec::new();
        for _ in 0..AT_ONCE {
            let (started, begun) = std::sync::mpsc::channel();
            let (release, until) = std::sync::mpsc::channel::<()>();
            let mut caller = Box::pin(hashing.run(move || {
                started.send(()).unwrap();
                let _ = until.recv();
            }));
            // One look hands the work over; then the caller is gone.
            let mut context = Context::from_waker(Waker::noop());
            assert!(caller.as_mut().poll(&mut context).is_pending());
            begun.recv().unwrap();
            drop(caller);
            releases.push(release);
        }
        assert_eq!(hashing.turns.available_permits(), 0);
        drop(releases);
        assert_eq!(hashing.run(|| 7).await, Ok(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn slow_checks_give_way_and_nothing_else_does() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        assert_eq!(Hashing::giving_way(1).run(nice).await, Ok((before + NICE).min(19)));
        assert_eq!(Hashing::new(1).run(nice).await, Ok(before));
    }

    #[test]
    fn length_is_what_is_asked_for() {
        assert!(hash_password("eleven byte", &Sevens).is_err());
        assert!(hash_password(&"x".repeat(MAX + 1), &Sevens).is_err());
    }
}
