//! Envoy's questions over gRPC, by a gRPC client over a real connection.

mod call;
mod limits;
#[path = "../../../src/gateway/grpc/messages.rs"]
mod messages;
mod passing;
mod refusing;
mod telling;
