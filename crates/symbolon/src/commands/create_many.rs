//! `symbolon token create-many`: tokens from a file, all or none.

mod csv;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use symbolon_api::{CreateToken, CreateTokens, CreatedTokens};

use super::Context;
use super::expires::Expires;
use crate::failure::Failure;
use crate::output::complain;

/// The columns of a table of tokens.
const COLUMNS: [&str; 6] = ["name", "description", "scopes", "profile", "owner", "expires"];

/// Tokens to be issued together
#[derive(Debug, Args)]
pub(crate) struct CreateMany {
    /// The service that they open
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// Write names, ids and tokens into this new file, readable by you alone, and not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// FILE.jsonl: on each line a token as the API takes it. FILE.csv: a first line that names the columns, of name,
    /// description, scopes (with spaces between), profile, owner and expires. At most 100 tokens
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl CreateMany {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let tokens = read(&self.file)?;
        // Before they are made: secrets that cannot be written would be lost.
        let out = self.out.as_deref().map(begin).transpose()?;
        let new = CreateTokens { tokens };
        let created =
            context.speak(async |client| Ok(client.create_tokens_once(&self.service, &new, "").await?)).await;
        let created: CreatedTokens = match (created, &self.out) {
            (Ok(created), _) => created,
            (Err(failure), None) => return Err(failure),
            (Err(failure), Some(path)) => {
                // It is empty, and was not there before.
                let _ = fs::remove_file(path);
                return Err(failure);
            }
        };
        let rows = created.tokens.iter().map(|one| [&one.record.name, &one.record.id, &one.token]);
        let table = csv::write(["name", "id", "token"], rows);
        match (out, &self.out) {
            (Some(mut file), Some(path)) => {
                let written = file.write_all(table.as_bytes()).and_then(|()| file.sync_all());
                written.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
                complain(&format!("{} tokens are in {}.", created.tokens.len(), path.display()));
                Ok(())
            }
            _ if context.output.json() => context.output.document(&created),
            _ => context.output.print(&table),
        }
    }
}

/// A new file for its owner alone.
fn begin(path: &Path) -> Result<fs::File, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(|error| Failure::new(format!("{} cannot be made: {error}; name a new file", path.display())))
}

fn read(path: &Path) -> Result<Vec<CreateToken>, Failure> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))?;
    let tokens = match path.extension().and_then(|kind| kind.to_str()) {
        Some("csv") => of_table(&text),
        Some("jsonl") => of_lines(&text),
        _ => return Err(Failure::usage("the file's name ends in .csv or .jsonl, by what is in it")),
    };
    tokens.map_err(|(line, fault)| Failure::new(format!("{}, line {line}: {fault}", path.display())))
}

/// What is wrong, and in which line.
type Fault = (usize, String);

fn of_lines(text: &str) -> Result<Vec<CreateToken>, Fault> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| serde_json::from_str(line).map_err(|error| (number, error.to_string())))
        .collect()
}

fn of_table(text: &str) -> Result<Vec<CreateToken>, Fault> {
    let mut rows = csv::read(text)?.into_iter();
    let columns = rows.next().map(|(_, columns)| columns).unwrap_or_default();
    if let Some(unknown) = columns.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
        return Err((1, format!("there is no column {unknown:?}; there are {}", COLUMNS.join(", "))));
    }
    if !columns.iter().any(|column| column == "name") {
        return Err((1, "the first line names the columns, and one of them is name".to_owned()));
    }
    rows.map(|(line, cells)| {
        if cells.len() != columns.len() {
            return Err((
                line,
                format!("{} columns, where the first line has {}", cells.len(), columns.len()),
            ));
        }
        let cell = |name: &str| {
            let cells = columns.iter().zip(&cells).find(|(column, _)| *column == name);
            cells.map(|(_, cell)| cell.clone()).filter(|cell| !cell.is_empty())
        };
        let expires = cell("expires").map(|text| text.parse::<Expires>()).transpose();
        let expires = expires.map_err(|fault| (line, format!("expires: {fault}")))?;
        let (expires_at, expires_in) = Expires::fields(expires.as_ref());
        Ok(CreateToken {
            name: cell("name").unwrap_or_default(),
            description: cell("description"),
            scopes: cell("scopes").map(|cell| cell.split_whitespace().map(str::to_owned).collect()),
            profile: cell("profile"),
            owner: cell("owner"),
            expires_at,
            expires_in,
            ..CreateToken::default()
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_lines_say_the_same() {
        let table = "name,scopes,expires,owner\n\"a, b\",read:jobs read:printers,30d,\nc,agent:read,,ann\n";
        let lines = concat!(
            "{\"name\":\"a, b\",\"scopes\":[\"read:jobs\",\"read:printers\"],\"expires_in\":\"30d\"}\n\n",
            "{\"name\":\"c\",\"scopes\":[\"agent:read\"],\"owner\":\"ann\"}\n",
        );
        let json = |tokens: Vec<CreateToken>| serde_json::to_value(tokens).unwrap();
        let (table, lines) = (json(of_table(table).unwrap()), json(of_lines(lines).unwrap()));
        assert_eq!(table, lines);
        assert_eq!(table.as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let fault = |text: &str| of_table(text).unwrap_err();
        assert_eq!(fault("").0, 1);
        assert!(fault("name,colour\n").1.contains("no column \"colour\""));
        assert!(fault("scopes\nread:jobs\n").1.contains("one of them is name"));
        assert_eq!(fault("name,owner\na,b\nc\n").0, 3);
        assert_eq!(fault("name,expires\na,soon\n").0, 2);
        assert_eq!(of_lines("{\"name\":\"a\"}\n{}\n").unwrap_err().0, 2);
    }
}
