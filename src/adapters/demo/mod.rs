//! The sample application: a small web service that says which slot and version it is, keeps orders, and can be told
//! to misbehave. `tests/site` runs it in real containers; the embedded demo runs it in its own process.
//!
//! It knows nothing of the engine. Whatever ends a process or fills its memory belongs to `src/bin/sample-site.rs`,
//! never to a module here that the embedded demo uses. Start reading at `app.rs`, then `routes.rs`.

pub mod app;
pub mod database;
mod fault;
mod login;
mod reply;
mod routes;
pub mod settings;

#[cfg(feature = "site")]
pub mod load;
#[cfg(feature = "site")]
pub mod migrate;
#[cfg(feature = "site")]
pub mod postgres;
#[cfg(feature = "site")]
pub mod wire;
