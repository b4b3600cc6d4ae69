//! The ledger against the real kernel: crashes, full disks, several processes and their lock.
//!
//! Needs Linux, `strace`, and root for the full-disk test; what is missing fails, it is not
//! skipped. `roles` holds what these tests start as processes of their own: this same binary.
//! `contracts` are the promises that the engine's fakes keep too.

#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  clippy::print_stdout,
  clippy::print_stderr,
  reason = "test code: the first surprise should stop it"
)]

#[path = "../support/contract/mod.rs"]
mod contract;
mod contracts;
mod crash;
mod fixture;
mod lock;
mod memory;
#[path = "../support/site.rs"]
mod minimal_site;
mod presence;
mod roles;
mod runner;
mod safety;
