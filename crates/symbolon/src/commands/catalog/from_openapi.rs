//! `symbolon catalog from-openapi`: the draft of a catalog.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::commands::Context;
use crate::drafting::{Document, Names, draft};
use crate::failure::Failure;

/// The longest document that is read, in bytes.
const MAX_DOCUMENT: u64 = 16 * 1024 * 1024;

/// An OpenAPI document, and what to call what is drafted
#[derive(Debug, Args)]
pub(crate) struct FromOpenapi {
    /// The document: OpenAPI 3.0 or 3.1, or Swagger 2.0; JSON or YAML
    #[arg(value_name = "DOCUMENT")]
    document: PathBuf,
    /// The service's name [default: from the document's title]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// What its tokens begin with [default: from the service's name]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Draft a tool for agents of each operation that a token may call
    #[arg(long)]
    tools: bool,
    /// Write the catalog into this file [default: to standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite that file
    #[arg(long, requires = "output")]
    force: bool,
}

impl FromOpenapi {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let document = read(&self.document)?;
        let names = Names { service: self.service, prefix: self.prefix, tools: self.tools };
        let place = self.document.display();
        let draft = draft(&document, &names).map_err(|why| Failure::new(format!("{place}: {why}")))?;
        let output = context.output;
        for note in &draft.notes {
            output.note(note);
        }
        let Some(file) = &self.output else {
            output.document(
                &json!({ "catalog": draft.text, "covered": draft.covered, "notes": draft.notes }),
            )?;
            return output.print(&draft.text);
        };
        write(file, &draft.text, self.force)?;
        let file = file.display().to_string();
        output.document(&json!({ "file": file, "covered": draft.covered, "notes": draft.notes }))?;
        output.print(&format!("{file}: a draft of {} operations; read it before it is used\n", draft.covered))
    }
}

/// Reads a document. The error names the file.
pub(super) fn read(path: &Path) -> Result<Document, Failure> {
    let place = path.display();
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(MAX_DOCUMENT + 1).read_to_string(&mut text));
    match read {
        Ok(read) if read as u64 > MAX_DOCUMENT => {
            return Err(Failure::new(format!("the document {place} is longer than {MAX_DOCUMENT} bytes")));
        }
        Ok(_) => {}
        Err(error) => return Err(Failure::new(format!("the document {place} cannot be read: {error}"))),
    }
    Document::read(&text).map_err(|why| Failure::new(format!("{place}: {why}")))
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).truncate(true).create(force).create_new(!force);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(format!("{} is there already; --force overwrites it", path.display()))
        }
        _ => Failure::new(format!("{} cannot be written: {error}", path.display())),
    })
}
