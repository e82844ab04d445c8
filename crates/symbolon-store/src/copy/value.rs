//! What is in a row, whichever side it is of; and what tells two tables apart.

use sha2::{Digest, Sha256};
use sqlx::query::Query;
use sqlx::{ColumnIndex, Database, Decode, Encode, Row, Type};

use super::tables::{Kind, Table};

/// What is in one column of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Number(i64),
    Truth(bool),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn number(self) -> Option<i64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(crate) fn truth(self) -> Option<bool> {
        if let Self::Truth(truth) = self { Some(truth) } else { None }
    }

    pub(crate) fn bytes(self) -> Option<Vec<u8>> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// As the next parameter of a statement.
    pub(crate) fn bind<DB: Database>(
        query: Query<'_, DB, DB::Arguments>,
        value: Self,
    ) -> Query<'_, DB, DB::Arguments>
    where
        for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
        for<'q> String: Encode<'q, DB> + Type<DB>,
        for<'q> i64: Encode<'q, DB> + Type<DB>,
        for<'q> bool: Encode<'q, DB> + Type<DB>,
        for<'q> Vec<u8>: Encode<'q, DB> + Type<DB>,
    {
        match value {
            Self::Null => query.bind(None::<i64>),
            Self::Text(text) => query.bind(text),
            Self::Number(number) => query.bind(number),
            Self::Truth(truth) => query.bind(truth),
            Self::Bytes(bytes) => query.bind(bytes),
        }
    }

    /// In one way, and no two values in the same: what it is, how long it is where that differs, and itself.
    fn hash(&self, hash: &mut Sha256) {
        match self {
            Self::Null => hash.update(b"-"),
            Self::Text(text) => with_length(hash, b't', text.as_bytes()),
            Self::Number(number) => {
                hash.update(b"n");
                hash.update(number.to_be_bytes());
            }
            Self::Truth(truth) => hash.update(if *truth { b"1" } else { b"0" }),
            Self::Bytes(bytes) => with_length(hash, b'b', bytes),
        }
    }
}

fn with_length(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// The values of a row, in the order of the table's columns.
pub(crate) type Values = Vec<Value>;

/// Rows that follow each other.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Values>,
    /// The key of the last.
    pub(crate) last: Values,
}

impl Page {
    /// What [`Table::select`] has selected.
    pub(crate) fn of<R>(table: &Table, rows: &[R]) -> Result<Self, sqlx::Error>
    where
        R: Row,
        usize: ColumnIndex<R>,
        for<'r> Option<String>: Decode<'r, R::Database> + Type<R::Database>,
        for<'r> Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
        for<'r> Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
        for<'r> Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
        R::Database: Database,
    {
        let kinds = table.selected();
        let mut page = Self::default();
        for row in rows {
            let value = |(index, kind): (usize, &Kind)| -> Result<Value, sqlx::Error> {
                Ok(match kind {
                    Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Value::Text),
                    Kind::Number => row.try_get::<Option<i64>, _>(index)?.map(Value::Number),
                    Kind::Truth => row.try_get::<Option<bool>, _>(index)?.map(Value::Truth),
                    Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Value::Bytes),
                }
                .unwrap_or(Value::Null))
            };
            let mut key = kinds.iter().enumerate().map(value).collect::<Result<Values, _>>()?;
            page.rows.push(key.split_off(table.key_length()));
            page.last = key;
        }
        Ok(page)
    }
}

/// What two tables that hold the same have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    pub(crate) rows: u64,
    hash: Sha256,
}

impl Summary {
    pub(crate) fn add(&mut self, rows: &[Values]) {
        self.rows += rows.len() as u64;
        rows.iter().flatten().for_each(|value| value.hash(&mut self.hash));
    }

    /// The SHA-256 over all values in their order.
    pub(crate) fn digest(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(values: &[Value]) -> [u8; 32] {
        let mut summary = Summary::default();
        summary.add(&[values.to_vec()]);
        summary.digest()
    }

    #[test]
    fn what_differs_has_another_hash() {
        let text = |text: &str| Value::Text(text.to_owned());
        let rows = [
            vec![Value::Null],
            vec![text("")],
            vec![Value::Bytes(Vec::new())],
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![Value::Bytes(b"ab".to_vec()), text("c")],
            vec![Value::Number(1)],
            vec![Value::Truth(true)],
            vec![Value::Truth(false)],
            vec![Value::Number(0)],
        ];
        for (n, one) in rows.iter().enumerate() {
            for (m, other) in rows.iter().enumerate() {
                assert_eq!(hash(one) == hash(other), n == m, "{one:?} {other:?}");
            }
        }
    }
}
