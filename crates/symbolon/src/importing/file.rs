//! Rows in CSV, with a heading, and in JSON, one object a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use clap::ValueEnum;
use symbolon_api::ImportRow;

use super::Read;
use crate::failure::Failure;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated, with a heading (RFC 4180)
    Csv,
    /// A JSON object on each line
    Jsonl,
}

pub(super) fn read(path: &Path, format: Format) -> Result<Vec<Read>, Failure> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    match format {
        Format::Csv => csv(path, file),
        Format::Jsonl => jsonl(path, file),
    }
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{} cannot be read: {error}", path.display()))
}

fn jsonl(path: &Path, file: File) -> Result<Vec<Read>, Failure> {
    let mut rows = Vec::new();
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| failed(path, &error))?;
        if line.trim().is_empty() {
            continue;
        }
        // The message without what was read, which may be a hash.
        let row = serde_json::from_str(&line).map_err(|error: serde_json::Error| {
            let column = error.column();
            format!("no JSON object with prefix, hash, name and owner, and perhaps scopes and expires_at, at column {column}")
        });
        rows.push(Read { place: (index + 1).to_string(), row });
    }
    Ok(rows)
}

fn csv(path: &Path, file: File) -> Result<Vec<Read>, Failure> {
    const COLUMNS: [&str; 6] = ["prefix", "hash", "name", "owner", "scopes", "expires_at"];
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).trim(::csv::Trim::All).from_reader(file);
    let heading = reader.headers().map_err(|error| failed(path, &error))?.clone();
    if let Some(other) = heading.iter().find(|name| !COLUMNS.contains(name)) {
        let detail =
            format!("{}:1: the heading has {other:?}; columns are {}", path.display(), COLUMNS.join(", "));
        return Err(Failure::new(detail));
    }
    if let Some(missing) = COLUMNS[..4].iter().find(|name| !heading.iter().any(|other| other == **name)) {
        return Err(Failure::new(format!("{}:1: the heading has no column {missing}", path.display())));
    }
    let column = |name: &str| heading.iter().position(|other| other == name);
    let columns = COLUMNS.map(column);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| failed(path, &error))?;
        let place = record.position().map_or(0, ::csv::Position::line).to_string();
        let field =
            |index: usize| columns[index].and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        let row = if record.len() == heading.len() {
            Ok(ImportRow {
                prefix: field(0),
                hash: field(1),
                name: field(2),
                owner: field(3),
                scopes: words(&field(4)),
                expires_at: Some(field(5)).filter(|text| !text.is_empty()),
            })
        } else {
            Err(format!("it has {} fields, and the heading has {}", record.len(), heading.len()))
        };
        rows.push(Read { place, row });
    }
    Ok(rows)
}

/// Scopes in one text, between spaces, commas or semicolons.
pub(super) fn words(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    text.split(between).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
