//! Customers' orders.

use axum::{Router, extract::State, routing::get};
use serde::Deserialize;
use sqlx::SqlitePool;

use super::models;
use crate::{
    choice::choice,
    database::{begin, find, refer, rows},
    error::ApiError,
    identity::Identity,
    input::{Amount, Body, Filter, Id, Line, Moment, Patch, Text, Whole},
    json::Answer,
};

const SHOW: &str = "SELECT body FROM order_json WHERE id = ?";

/// How many lines one order may have.
const MAX_ITEMS: usize = 50;

choice! {
    /// Where an order stands.
    OrderStatus {
        Pending = "pending",
        InProgress = "in_progress",
        Fulfilled = "fulfilled",
        Shipped = "shipped",
        Cancelled = "cancelled",
    }
}

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new().route("/orders", get(list).post(create)).route("/orders/{id}", get(show).patch(update))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    status: Option<OrderStatus>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrder {
    customer: Line<120>,
    items: Vec<Item>,
    due_at: Option<Moment>,
    notes: Option<Text<500>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    model_id: i64,
    quantity: Whole<1, 10_000>,
    unit_price: Amount,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderChange {
    status: Option<OrderStatus>,
    due_at: Option<Moment>,
    notes: Option<Text<500>>,
}

async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query =
        sqlx::query_scalar("SELECT body FROM order_json WHERE ?1 IS NULL OR status = ?1 ORDER BY id DESC");
    rows(&db, query.bind(wanted.status.map(OrderStatus::word))).await
}

async fn show(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "order", id).await
}

async fn create(State(db): State<SqlitePool>, identity: Identity, Body(new): Body<NewOrder>) -> Answer {
    if new.items.is_empty() || new.items.len() > MAX_ITEMS {
        return Err(ApiError::invalid("items", format_args!("an order has 1 to {MAX_ITEMS} lines")));
    }
    let mut transaction = begin(&db).await?;
    let id = sqlx::query(
        "INSERT INTO orders (customer, due_at, notes, created_by, created_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(new.customer.as_str())
    .bind(new.due_at.map(|due| due.to_string()))
    .bind(new.notes.as_ref().map(Text::as_str))
    .bind(identity.actor())
    .bind(Moment::now().to_string())
    .execute(&mut *transaction)
    .await?
    .last_insert_rowid();
    for (index, item) in new.items.iter().enumerate() {
        let field = format!("items[{index}].model_id");
        refer(&mut *transaction, models::SHOW, &field, item.model_id).await?;
        sqlx::query("INSERT INTO order_items (order_id, model_id, quantity, unit_price) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(item.model_id)
            .bind(item.quantity.0)
            .bind(item.unit_price.0)
            .execute(&mut *transaction)
            .await?;
    }
    let created = find(&mut *transaction, SHOW, "order", id).await?;
    transaction.commit().await?;
    Ok(created.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<OrderChange>) -> Answer {
    sqlx::query(
        "UPDATE orders SET status = coalesce(?2, status), due_at = coalesce(?3, due_at),
             notes = coalesce(?4, notes) WHERE id = ?1",
    )
    .bind(id)
    .bind(change.status.map(OrderStatus::word))
    .bind(change.due_at.map(|due| due.to_string()))
    .bind(change.notes.as_ref().map(Text::as_str))
    .execute(&db)
    .await?;
    find(&db, SHOW, "order", id).await
}
