//! What is wrong with a catalog, line by line.

use std::fmt;

/// One thing that is wrong, or only worth a warning, at one line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// A catalog that does not compile: everything that is wrong with it, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl std::error::Error for CatalogError {}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// Collects faults while a file is read, so that one run names them all.
pub(super) struct Faults<'a> {
    file: &'a str,
    text: &'a str,
    /// Each with its place in the file, by which they are sorted at the end.
    errors: Vec<(usize, Fault)>,
    warnings: Vec<(usize, Fault)>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, errors: Vec::new(), warnings: Vec::new() }
    }

    /// The line at a byte of the file.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> (usize, Fault) {
        (at, Fault { file: self.file.to_owned(), line: self.line(at), message: message.into() })
    }

    pub(super) fn error(&mut self, at: usize, message: impl Into<String>) {
        let fault = self.fault(at, message);
        self.errors.push(fault);
    }

    pub(super) fn warn(&mut self, at: usize, message: impl Into<String>) {
        let fault = self.fault(at, message);
        self.warnings.push(fault);
    }

    /// The warnings, while nothing is wrong.
    pub(super) fn finish(self) -> Result<Vec<Fault>, CatalogError> {
        if self.errors.is_empty() {
            Ok(in_order(self.warnings))
        } else {
            Err(CatalogError { faults: in_order(self.errors) })
        }
    }
}

fn in_order(mut faults: Vec<(usize, Fault)>) -> Vec<Fault> {
    faults.sort_by_key(|(at, _)| *at);
    faults.into_iter().map(|(_, fault)| fault).collect()
}
