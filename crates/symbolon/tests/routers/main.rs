//! What we allowed is what they routed. An application acts upon the route that its own router picks, so that has to be
//! one that was decided about: of whatever target the catalog has a route for, a real router with the same patterns picks
//! that route, with the same parameters, or one of the readings under which the decision looked at it too, or none.
//!
//! The targets are drawn from a seed; `SYMBOLON_SEED` repeats a run.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

#[path = "../support/mod.rs"]
mod support;

mod axum;
mod compare;
mod server;
mod table;
mod targets;
mod wire;

use std::net::SocketAddr;

use compare::compare;
use server::Server;
use table::{ALL, PLAIN, Table};

#[test]
fn axum_routes_what_is_allowed() {
    compare("axum", 6000, PLAIN, |table| {
        let application = axum::Application::start(table);
        (application.address, application)
    });
}

#[test]
fn starlette_routes_what_is_allowed() {
    compare("Starlette", 1500, ALL, started(|table| Server::starlette("h11", table)));
}

#[test]
fn starlette_routes_what_is_allowed_behind_another_parser() {
    compare("Starlette over httptools", 1500, ALL, started(|table| Server::starlette("httptools", table)));
}

#[test]
fn express_routes_what_is_allowed() {
    compare("Express 5", 1500, ALL, started(|table| Server::node("express", table)));
}

#[test]
fn express_routes_what_is_allowed_in_its_fourth_version() {
    compare("Express 4", 1500, ALL, started(|table| Server::node("express4", table)));
}

#[test]
fn fastify_routes_what_is_allowed() {
    compare("Fastify", 1500, ALL, started(|table| Server::node("fastify", table)));
}

fn started(start: impl Fn(&Table) -> Server) -> impl Fn(&Table) -> (SocketAddr, Server) {
    move |table| {
        let server = start(table);
        (server.address, server)
    }
}
