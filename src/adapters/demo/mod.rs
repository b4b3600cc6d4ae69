//! The sample application: a small web service that says which slot and version it is, keeps orders, and can be told
//! to misbehave. `tests/site` runs it in real containers, `cutover demo` as processes of this host.
//!
//! It knows nothing of the engine. Whatever fills a process's memory belongs to `src/bin/sample-site.rs`, never to a
//! module here that the demo uses. Start reading at `app.rs`, then `routes.rs`. What only the demo has is `site` (its
//! folder), `sample` (a service of it), `traffic` (its users) and `leftovers` (what a killed one left behind).

pub mod app;
pub mod database;
mod fault;
pub mod leftovers;
pub mod load;
mod login;
mod reply;
mod routes;
pub mod sample;
pub mod settings;
pub mod site;
pub mod traffic;
pub mod wire;

#[cfg(feature = "site")]
pub mod migrate;
#[cfg(feature = "site")]
pub mod postgres;
