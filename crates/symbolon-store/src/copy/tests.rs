//! That nothing is forgotten, and that a difference is found.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use symbolon_postgres_server::{Version, shared};

use super::*;
use crate::make;

/// Tables that mean something beside running nodes alone.
const OF_THE_FLEET: [&str; 5] = ["symbolon_schema", "fleet_clock", "fleet", "nodes", "changes"];

type Columns = BTreeMap<String, BTreeMap<String, Kind>>;

fn listed() -> Columns {
    let columns =
        |columns: &[(&str, Kind)]| columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    TABLES.iter().map(|table| (table.name.to_owned(), columns(table.columns))).collect()
}

#[tokio::test]
async fn every_column_of_every_table_is_copied_on_both_sides() {
    let database = shared(Version::Debian).unwrap().new_database().unwrap();
    crate::postgres::copying::Target::begin(&database.url(), None).await.map(drop).unwrap();
    assert_eq!(database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "0");
    crate::postgres::copying::Target::begin(&database.url(), None).await.unwrap().keep().await.unwrap();
    let mut db = sqlx::PgConnection::connect(&database.url()).await.unwrap();
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
         WHERE table_schema = 'public' AND is_generated = 'NEVER' AND column_name <> 'rowid'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    let mut columns = Columns::new();
    for (table, column, kind) in found {
        if !OF_THE_FLEET.contains(&table.as_str()) {
            let kind = match kind.as_str() {
                "text" => Kind::Text,
                "bigint" => Kind::Number,
                "boolean" => Kind::Truth,
                "bytea" => Kind::Bytes,
                other => panic!("{table}.{column} is {other}"),
            };
            columns.entry(table).or_default().insert(column, kind);
        }
    }
    assert_eq!(columns, listed());

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("symbolon.db");
    SqliteStore::open(&path, &make::keys()).await.unwrap().close().await;
    let mut db = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT tables.name, columns.name, columns.type FROM sqlite_schema AS tables
             JOIN pragma_table_xinfo(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' AND columns.hidden = 0",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    let listed: BTreeSet<_> = listed()
        .into_iter()
        .flat_map(|(table, columns)| {
            columns.into_iter().map(move |(column, kind)| (table.clone(), column, kind))
        })
        .map(|(table, column, kind)| {
            let kind = match kind {
                Kind::Text => "TEXT",
                Kind::Number | Kind::Truth => "INTEGER",
                Kind::Bytes => "BLOB",
            };
            (table, column, kind.to_owned())
        })
        .collect();
    let found: BTreeSet<_> =
        found.into_iter().filter(|(table, ..)| !OF_THE_FLEET.contains(&table.as_str())).collect();
    assert_eq!(found, listed);
}

/// How many rows are read at a time in memory.
const PAGE: usize = 100;

/// Tables in memory, of which each row's place is its key.
#[derive(Default, Clone)]
struct Memory(BTreeMap<&'static str, Vec<Values>>);

impl Memory {
    /// So many rows in every table.
    fn full(rows: i64) -> Self {
        let value = |number: i64, kind: Kind| match kind {
            Kind::Number => Value::Number(number),
            Kind::Truth => Value::Truth(true),
            Kind::Text => Value::Text(format!("{number:08}")),
            Kind::Bytes => Value::Null,
        };
        let row = |table: &Table, number: i64| {
            table.columns.iter().map(|(_, kind)| value(number, *kind)).collect::<Values>()
        };
        let rows = |table: &Table| (0..rows).map(|number| row(table, number)).collect();
        Self(TABLES.iter().map(|table| (table.name, rows(table))).collect())
    }
}

#[async_trait]
impl Reader for Memory {
    async fn read(&mut self, table: &'static Table, behind: Option<Values>) -> Result<Page, CopyError> {
        let begin = match behind.as_deref() {
            Some([Value::Number(place)]) => usize::try_from(*place).unwrap(),
            _ => 0,
        };
        let rows: Vec<_> = self.0[table.name].iter().skip(begin).take(PAGE).cloned().collect();
        let last = i64::try_from(begin + rows.len()).unwrap();
        Ok(Page { rows, last: vec![Value::Number(last)] })
    }
}

#[async_trait]
impl Writer for Memory {
    async fn write(&mut self, table: &'static Table, rows: Vec<Values>) -> Result<(), CopyError> {
        self.0.entry(table.name).or_default().extend(rows);
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), CopyError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_difference_in_any_table_is_found_and_names_it() {
    let (mut from, mut whole) = (Memory::full(201), Memory::default());
    let copied = copy(&mut from, &mut whole, &mut |_| ()).await.unwrap();
    assert_eq!(
        copied.tables.iter().map(|table| table.name).collect::<Vec<_>>(),
        TABLES.iter().map(|table| table.name).collect::<Vec<_>>()
    );
    assert!(copied.tables.iter().all(|table| table.rows == 201));
    assert_eq!(from.0, whole.0);
    for table in &TABLES {
        let differs: [fn(&mut Vec<Values>); 4] = [
            |rows| rows.truncate(rows.len() - 1),
            |rows| rows.swap(150, 151),
            |rows| rows[200][0] = Value::Text("else".to_owned()),
            |rows| rows[200][0] = Value::Null,
        ];
        for differ in differs {
            let mut other = whole.clone();
            differ(other.0.get_mut(table.name).unwrap());
            let error = compare(&mut from, &mut other, &mut |_| ()).await.unwrap_err();
            let CopyError::Differs { table: named, .. } = error else { panic!("{error}") };
            assert_eq!(named, table.name);
        }
    }
}
