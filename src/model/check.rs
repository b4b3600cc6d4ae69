//! One request and its answer: health checks, smoke tests and proofs all speak in these.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shown::Shown;

/// What was sent and what came back, bounded, with secrets already masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
  pub request: Vec<Shown>,
  pub response: Vec<Shown>,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
  pub passed: bool,
  /// `200 in 41 ms`, or why it failed: `expected status 200, got 503`.
  pub detail: Shown,
  pub millis: u64,
  pub exchange: Option<Exchange>,
  /// Values captured for later steps. Secret by nature: never journaled, never printed.
  #[serde(skip)]
  pub captured: BTreeMap<String, String>,
}

/// One smoke test's result, as kept in evidence and history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmokeResult {
  pub name: Shown,
  pub passed: bool,
  pub detail: Shown,
  pub millis: u64,
}
