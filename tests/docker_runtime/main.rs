//! The container engine's adapter against a real Docker and a real Compose.
//!
//! Fails without them. Each test makes a site of its own from an image of one static busybox
//! (Debian: busybox-static) and removes exactly that. `CUTOVER_TEST_COMPOSE` chooses the Compose.

#![allow(
  clippy::unwrap_used,
  clippy::panic,
  clippy::expect_used,
  reason = "a failed step of a test is the failed test"
)]

#[path = "../support/contract/mod.rs"]
mod contract;
mod fixture;
mod images;
mod running;
#[path = "../support/site.rs"]
mod site;
mod start;
