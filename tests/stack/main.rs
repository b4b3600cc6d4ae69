//! The real stack (Docker, Compose, nginx, `PostgreSQL`), driven by the real binary.
//!
//! Every test makes a site of its own with `tests/site/up` and removes it; none is skipped where
//! Docker is missing, because a promise about production that was not tried is not kept.

#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  clippy::print_stdout,
  clippy::print_stderr,
  reason = "a test that cannot go on must end loudly"
)]

mod bad_input;
mod crash_points;
mod failing_versions;
mod going_back;
mod journeys;
mod operators_day;
mod refused_reloads;
mod support;
mod switch_kinds;
mod up;
mod watch;
