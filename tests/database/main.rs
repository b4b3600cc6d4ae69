//! Backups, restores and the migration lock against a real `PostgreSQL` in a real container.
//!
//! Needs the image `cutover-site/base:12`, which `tests/site/up` makes.

#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test says what is wrong by failing"
)]

mod backup;
#[path = "../support/contract/mod.rs"]
mod contract;
mod lock;
#[path = "../support/site.rs"]
mod minimal_site;
mod postgresql;
mod preflight;
mod restore;
