//! A row and its columns, of whichever database and whoever has fetched it: of SQLite, sqlx the few that are asked for and
//! rusqlite all of them at the load. There is one way to read each kind of row, and so one answer to what is wrong with it.

use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row as _, TypeInfo as _, ValueRef as _};
use symbolon_core::digest::Digest;

use super::{Parsed, RowFault};

/// A column by its name and, where that is known, by its place, which is found much faster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    at: Option<usize>,
    name: &'static str,
}

impl Column {
    pub(super) const fn at(at: usize, name: &'static str) -> Self {
        Self { at: Some(at), name }
    }

    pub(super) const fn named(name: &'static str) -> Self {
        Self { at: None, name }
    }
}

impl From<&'static str> for Column {
    fn from(name: &'static str) -> Self {
        Self::named(name)
    }
}

/// A value as the database keeps it. A truth is a number, as it is in SQLite.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'r> {
    Null,
    Integer(i64),
    Text(&'r str),
    Blob(&'r [u8]),
    /// No column that we read has such a one.
    Strange,
}

/// A row that was fetched.
pub(crate) trait Columns {
    fn value(&self, column: Column) -> Value<'_>;
}

impl Columns for SqliteRow {
    fn value(&self, column: Column) -> Value<'_> {
        let found = match column.at {
            Some(at) => self.try_get_raw(at),
            None => self.try_get_raw(column.name),
        };
        let Ok(raw) = found else { return Value::Strange };
        if raw.is_null() {
            return Value::Null;
        }
        let kind = match raw.type_info().name() {
            "INTEGER" => |raw| Decode::<Sqlite>::decode(raw).map(Value::Integer),
            "TEXT" => |raw| Decode::<Sqlite>::decode(raw).map(Value::Text),
            "BLOB" => |raw| Decode::<Sqlite>::decode(raw).map(Value::Blob),
            _ => return Value::Strange,
        };
        kind(raw).unwrap_or(Value::Strange)
    }
}

#[cfg(feature = "postgres")]
impl Columns for sqlx::postgres::PgRow {
    fn value(&self, column: Column) -> Value<'_> {
        use sqlx::Postgres;
        let found = match column.at {
            Some(at) => self.try_get_raw(at),
            None => self.try_get_raw(column.name),
        };
        let Ok(raw) = found else { return Value::Strange };
        if raw.is_null() {
            return Value::Null;
        }
        let kind = match raw.type_info().name() {
            "INT8" => |raw| Decode::<Postgres>::decode(raw).map(Value::Integer),
            "INT4" => {
                |raw| <i32 as Decode<Postgres>>::decode(raw).map(|number| Value::Integer(number.into()))
            }
            "BOOL" => |raw| <bool as Decode<Postgres>>::decode(raw).map(|truth| Value::Integer(truth.into())),
            "TEXT" => |raw| Decode::<Postgres>::decode(raw).map(Value::Text),
            "BYTEA" => |raw| Decode::<Postgres>::decode(raw).map(Value::Blob),
            _ => return Value::Strange,
        };
        kind(raw).unwrap_or(Value::Strange)
    }
}

impl Columns for rusqlite::Row<'_> {
    fn value(&self, column: Column) -> Value<'_> {
        use rusqlite::types::ValueRef;
        let found = match column.at {
            Some(at) => self.get_ref(at),
            None => self.get_ref(column.name),
        };
        match found {
            Ok(ValueRef::Null) => Value::Null,
            Ok(ValueRef::Integer(number)) => Value::Integer(number),
            Ok(ValueRef::Text(text)) => std::str::from_utf8(text).map_or(Value::Strange, Value::Text),
            Ok(ValueRef::Blob(bytes)) => Value::Blob(bytes),
            Ok(ValueRef::Real(_)) | Err(_) => Value::Strange,
        }
    }
}

/// What a value may be read as.
pub(crate) trait Readable<'r>: Sized {
    fn read(value: Value<'r>) -> Option<Self>;
}

impl Readable<'_> for i64 {
    fn read(value: Value<'_>) -> Option<Self> {
        if let Value::Integer(number) = value { Some(number) } else { None }
    }
}

impl Readable<'_> for bool {
    fn read(value: Value<'_>) -> Option<Self> {
        i64::read(value).map(|number| number != 0)
    }
}

impl<'r> Readable<'r> for &'r str {
    fn read(value: Value<'r>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
}

impl Readable<'_> for String {
    fn read(value: Value<'_>) -> Option<Self> {
        <&str>::read(value).map(ToOwned::to_owned)
    }
}

impl<'r> Readable<'r> for &'r [u8] {
    fn read(value: Value<'r>) -> Option<Self> {
        if let Value::Blob(bytes) = value { Some(bytes) } else { None }
    }
}

impl<'r, T: Readable<'r>> Readable<'r> for Option<T> {
    fn read(value: Value<'r>) -> Option<Self> {
        if let Value::Null = value { Some(None) } else { T::read(value).map(Some) }
    }
}

pub(crate) fn get<'r, T: Readable<'r>>(row: &'r impl Columns, column: impl Into<Column>) -> Parsed<T> {
    let column = column.into();
    T::read(row.value(column)).ok_or(RowFault(column.name))
}

pub(super) fn parsed<T: FromStr>(row: &impl Columns, column: impl Into<Column>) -> Parsed<T> {
    let column = column.into();
    get::<&str>(row, column)?.parse().map_err(|_| RowFault(column.name))
}

pub(super) fn maybe_parsed<T: FromStr>(row: &impl Columns, column: impl Into<Column>) -> Parsed<Option<T>> {
    let column = column.into();
    let text = get::<Option<&str>>(row, column)?;
    text.map(|text| text.parse().map_err(|_| RowFault(column.name))).transpose()
}

pub(super) fn number<T: TryFrom<i64>>(row: &impl Columns, column: impl Into<Column>) -> Parsed<T> {
    let column = column.into();
    T::try_from(get(row, column)?).map_err(|_| RowFault(column.name))
}

pub(super) fn time(row: &impl Columns, column: impl Into<Column>) -> Parsed<Timestamp> {
    let column = column.into();
    Timestamp::from_millisecond(get(row, column)?).map_err(|_| RowFault(column.name))
}

pub(super) fn maybe_time(row: &impl Columns, column: impl Into<Column>) -> Parsed<Option<Timestamp>> {
    let column = column.into();
    let millis: Option<i64> = get(row, column)?;
    millis.map(|millis| Timestamp::from_millisecond(millis).map_err(|_| RowFault(column.name))).transpose()
}

pub(super) fn digest(row: &impl Columns, column: impl Into<Column>) -> Parsed<Digest> {
    let column = column.into();
    get::<&[u8]>(row, column)?.try_into().map(Digest::from_bytes).map_err(|_| RowFault(column.name))
}
