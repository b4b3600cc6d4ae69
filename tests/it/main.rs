//! The engine against one coherent fake world, with time paused: plans, runs, crashes, recoveries.
//!
//! `support` is the world; `plan`, `observe` and `run_state` are tables over pure code; `runner`,
//! `failures` and `recovery` drive whole operations; `scenarios` tells stories kept in `tests/scenarios`;
//! `doctor_running` and `doctor_setups` are what the doctor must name.
//! `contracts` holds the fakes to what the real adapters promise, `without_docker` those that need nothing.
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  clippy::print_stdout,
  reason = "a test that meets what it did not expect must end there and say so"
)]
#![allow(
  unreachable_pub,
  reason = "the modules of one test binary share their items by pub"
)]

mod back_again;
#[path = "../support/contract/mod.rs"]
mod contract;
mod contracts;
mod doctor_running;
mod doctor_setups;
mod failures;
mod histories;
mod log_feed;
mod observe;
mod observer;
mod plan;
mod preempt;
mod recovery;
mod run_state;
mod runner;
mod scenarios;
mod support;
mod up;
mod versions;
mod watch;
mod without_docker;
