//! Symbolon in front of an axum application, or of any tower service. Each request is decided about by the rules that every
//! door of Symbolon keeps; what is refused is answered here, and what is allowed reaches the application with a [`Grant`].
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # use axum::{Router, routing::get};
//! use symbolon_tower::{Grant, Symbolon};
//! use tower::Layer;
//!
//! async fn orders(grant: Grant) -> String {
//!     format!("the orders that {} may see", grant.owner().unwrap_or("nobody"))
//! }
//! let app = Router::new().route("/orders", get(orders));
//! let app = Symbolon::remote("http://127.0.0.1:7070", "shop", "symkey_of_the_shop")?.layer(app);
//! # use tower::ServiceExt;
//! # let request = http::Request::get("/orders").body(axum::body::Body::empty())?;
//! # // Nobody listens there: it cannot be known, and so nothing passes.
//! # let unreachable = Symbolon::remote("http://127.0.0.1:1", "shop", "symkey_x")?.layer(Router::<()>::new());
//! # assert_eq!(unreachable.oneshot(request).await?.status(), 503);
//! # let _: symbolon_tower::Guarded<Router> = app;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! There are two kinds with one interface. [`Symbolon::remote`] (feature `remote`) asks a Symbolon server, each time: a token
//! that was taken back is refused on the very next request. [`Symbolon::in_process`] (feature `gate`) has the gate in this
//! process, and asks nobody.
//!
//! # What must be known
//!
//! - **It goes around the router, as above**, so that the router reads the canonical path that was decided about. As
//!   `Router::layer` it stands behind the router, which has then read the path as it was sent; a path that is not
//!   canonical is refused there.
//! - **Everything is closed that the catalog does not name**, as at every door: 404 `no_route`.
//! - **Three outcomes.** A server that cannot be reached, answers late ([`Symbolon::timeout`]) or answers nonsense is 503
//!   `unavailable` with `Retry-After`: neither a denial nor a pass. A handler that asks for a [`Grant`] where no layer
//!   stands gets the same: nothing was decided, so 401 or 403 would tell the caller what is not so.
//! - **The caller's credential stops here**: `Authorization`, `X-API-Key`, Symbolon's own cookies and `X-Symbolon-*` are
//!   taken out before the application sees the request ([`Symbolon::keep_credentials`]); and with a token or key all
//!   cookies, for an application that reads those too would judge by them.

mod edge;
#[cfg(feature = "axum")]
mod extract;
mod grant;
mod layer;
#[cfg(feature = "gate")]
mod local;
mod passage;
#[cfg(feature = "remote")]
mod remote;

pub use grant::{Grant, Kind, Route, Token};
pub use layer::{Guarded, SetupError, Symbolon};
pub use passage::ClientAddress;
