//! Checks against servers that mean harm or are broken: every one ends by its deadline with the
//! right verdict, and nothing is followed, kept or believed beyond its bounds.
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test stops at the first surprise"
)]

mod answers;
#[path = "../support/contract/mod.rs"]
mod contract;
mod contracts;
mod fixture;
#[path = "../support/site.rs"]
mod site;
mod smoke;
mod ways;
