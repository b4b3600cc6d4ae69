//! The ledger against the real kernel: crashes, full disks, several processes and their lock.
//!
//! Needs Linux, `strace`, and root for the full-disk test; what is missing fails, it is not
//! skipped. `roles` holds what these tests start as processes of their own: this same binary.

#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  clippy::print_stdout,
  clippy::print_stderr,
  reason = "test code: the first surprise should stop it"
)]

mod crash;
mod fixture;
mod lock;
mod memory;
mod presence;
mod roles;
mod runner;
mod safety;
