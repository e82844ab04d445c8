//! Reading the tokens that an application has issued: from a file that somebody has written, or from the two
//! applications' own tables. What is read is judged by the server; here only what is no row at all is refused.

mod file;
mod tables;

use std::path::PathBuf;
use std::str::FromStr;

use symbolon_api::ImportRow;

pub(crate) use file::Format;

use crate::failure::Failure;

/// One row, or why it is none, and where it stands.
pub(crate) struct Read {
    /// A line of the file, or the row's id in a table.
    pub(crate) place: String,
    pub(crate) row: Result<ImportRow, String>,
}

/// An application whose table is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Application {
    Odysseus,
    Odin,
}

/// A database of an application: `odin:/var/lib/odin/odin.db`.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    application: Application,
    path: PathBuf,
}

impl FromStr for Table {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write odysseus:PATH or odin:PATH, the path being that of the application's SQLite file";
        let (application, path) = text.split_once(':').filter(|(_, path)| !path.is_empty()).ok_or(wrong)?;
        let application = match application {
            "odysseus" => Application::Odysseus,
            "odin" => Application::Odin,
            _ => return Err(wrong),
        };
        Ok(Self { application, path: path.into() })
    }
}

/// Where the rows come from.
pub(crate) enum Source {
    File(PathBuf, Format),
    Table(Table),
}

impl Source {
    /// All rows.
    pub(crate) async fn read(&self) -> Result<Vec<Read>, Failure> {
        match self {
            Self::File(path, format) => file::read(path, *format),
            Self::Table(table) => tables::read(table).await,
        }
    }

    /// What it is called in what is told of a row.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path, _) | Self::Table(Table { path, .. }) => path.display().to_string(),
        }
    }
}
