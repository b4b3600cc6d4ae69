//! What every port promises the engine, written once: run against the engine's fakes, the proxy and
//! the processes of this program, and nginx, Docker, `PostgreSQL`, HTTP, git and the state folder
//! where they are. One file for each port, one function for each promise.
#![allow(
  dead_code,
  reason = "each test crate uses its own part of this support"
)]

pub(crate) mod commands;
pub(crate) mod database;
pub(crate) mod ledger;
pub(crate) mod operations;
pub(crate) mod probe;
pub(crate) mod records;
pub(crate) mod router;
pub(crate) mod runtime;

use std::{
  sync::{Mutex, PoisonError},
  time::Duration,
};

const LIMIT: Duration = Duration::from_secs(20);

/// Asks again until the condition holds.
pub(crate) async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
  let mut turns = tokio::time::interval(Duration::from_millis(20));
  let all = async {
    loop {
      turns.tick().await;
      if let Some(value) = condition().await {
        return value;
      }
    }
  };
  tokio::time::timeout(LIMIT, all)
    .await
    .unwrap_or_else(|_| panic!("never happened: {what}"))
}

/// The lines a port notes while it works.
#[derive(Default)]
pub(crate) struct Noted(Mutex<Vec<String>>);

impl Noted {
  pub(crate) fn note(&self, line: &str) {
    let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
    lines.push(line.to_owned());
  }

  pub(crate) fn lines(self) -> Vec<String> {
    self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
  }
}
