//! The console as an operator's terminal meets it: the real binary in a pseudo-terminal.
//!
//! Nothing is read from the program but what it writes, and nothing waits but for a fact on the
//! screen. Most tests need no Docker: a site whose daemon is away has a screen of its own.

#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  clippy::print_stdout,
  clippy::print_stderr,
  reason = "a test that cannot go on must end loudly"
)]

mod bytes;
mod demo;
mod documents;
mod gone;
mod journey;
mod looks;
#[allow(
  dead_code,
  reason = "the links are looked at by the tests of the configuration"
)]
#[path = "../support/pages.rs"]
mod pages;
mod restored;
#[allow(dead_code, reason = "shared with the stack tests, which use all of it")]
#[path = "../stack/support.rs"]
mod site;
mod support;
mod untouched;
