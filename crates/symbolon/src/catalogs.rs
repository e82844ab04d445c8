//! Which catalogs are configured, and compiling them.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use symbolon_core::Catalog;

use crate::failure::Failure;

/// The catalogs that ship with the program: name, the file's name in faults, and its text.
const BUILT_IN: [(&str, &str, &str); 2] = [
    ("odin", "catalogs/odin.toml", include_str!("../../../catalogs/odin.toml")),
    ("odysseus", "catalogs/odysseus.toml", include_str!("../../../catalogs/odysseus.toml")),
];

/// The longest catalog that is read, in bytes.
const MAX_CATALOG: u64 = 4 * 1024 * 1024;

/// Where a catalog comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CatalogSource {
    /// Shipped with the program.
    BuiltIn {
        /// Its file in the source tree, which its faults name.
        file: &'static str,
        /// Its text.
        text: &'static str,
    },
    /// A file.
    File(PathBuf),
}

impl CatalogSource {
    /// What is configured where nothing is: every catalog that ships with the program.
    pub(crate) fn all_built_in() -> Vec<Self> {
        BUILT_IN.iter().map(|(_, file, text)| Self::BuiltIn { file, text }).collect()
    }

    /// The catalog that `builtin:<name>` means.
    pub(crate) fn built_in(name: &str) -> Result<Self, String> {
        let found = BUILT_IN.iter().find(|(known, ..)| *known == name);
        found.map(|(_, file, text)| Self::BuiltIn { file, text }).ok_or_else(|| {
            let known = BUILT_IN.map(|(known, ..)| format!("builtin:{known}")).join(" and ");
            format!("there is no built-in catalog {name:?}; there are {known}")
        })
    }

    /// Its text as it is now. The error is a sentence with the file's name.
    pub(crate) fn read(&self) -> Result<String, String> {
        let path = match self {
            Self::BuiltIn { text, .. } => return Ok((*text).to_owned()),
            Self::File(path) => path,
        };
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAX_CATALOG + 1).read_to_string(&mut text));
        match read {
            Ok(read) if read as u64 > MAX_CATALOG => {
                Err(format!("{self} is longer than {MAX_CATALOG} bytes"))
            }
            Ok(_) => Ok(text),
            Err(error) => Err(format!("the catalog {self} cannot be read: {error}")),
        }
    }

    /// The compiled catalog.
    pub(crate) fn compile(&self) -> Result<Arc<Catalog>, Failure> {
        let text = self.read().map_err(Failure::new)?;
        Catalog::compile(&self.to_string(), &text)
            .map(Arc::new)
            .map_err(|error| Failure::faults(&error.faults))
    }
}

impl fmt::Display for CatalogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn { file, .. } => f.write_str(file),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Compiles all, and names the faults of all.
pub(crate) fn compile_all(sources: &[CatalogSource]) -> Result<Vec<Arc<Catalog>>, Failure> {
    let mut compiled = Vec::new();
    let mut failures = Vec::new();
    for source in sources {
        match source.compile() {
            Ok(catalog) => compiled.push(catalog),
            Err(failure) => failures.push(failure),
        }
    }
    if failures.is_empty() { Ok(compiled) } else { Err(Failure::faults(&failures)) }
}
