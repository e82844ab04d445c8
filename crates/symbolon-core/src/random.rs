//! Randomness as an argument.

/// A source of bytes that nobody can predict. The binary passes the operating system's generator; tests pass
/// a seeded one.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` completely. A generator that cannot must abort the process: a predictable token is worse
    /// than no service.
    fn fill(&self, bytes: &mut [u8]);
}
