//! Where a setting was said, so that a fault can be found.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a setting was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// At a line of the file, from 1.
    Line(PathBuf, usize),
    /// In an environment variable.
    Variable(String),
}

impl Place {
    /// The line of a byte of a file.
    pub(super) fn line_of(path: &Path, text: &str, at: usize) -> Self {
        let line = text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Self::Line(path.to_owned(), line)
    }

    /// A path that was said here: one in the file is relative to the file, one in a variable to the current directory.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        match self {
            Self::Line(file, _) => file.parent().unwrap_or(Path::new("")).join(path),
            Self::Variable(_) => path.into(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// A value and where it was said.
#[derive(Debug, Clone)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

impl<T> Said<T> {
    pub(super) fn at(place: &Place, value: T) -> Self {
        Self { value, place: place.clone() }
    }
}

/// A setting that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it was said.
    pub(crate) place: Place,
    /// What is wrong, and what would be right.
    pub(crate) message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
