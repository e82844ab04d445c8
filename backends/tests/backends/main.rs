//! The two applications, asked through their routers.

mod app;
mod bad_input;
mod crowd;
mod identity;
mod odin;
mod odysseus;
