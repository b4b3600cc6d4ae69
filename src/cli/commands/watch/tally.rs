//! What was seen of the users' requests, as it comes, and as one line of JSON.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::{sync::mpsc, time::Instant};

use crate::{
  cli::commands::Trouble,
  engine::{
    ports::{PortError, PortErrorKind},
    world::World,
  },
  model::{
    BySlot, Slot,
    operation::{OperationId, Outcome},
    requests::{Request, Sum, Window},
    shown::Shown,
    watch::{self, Before, Breach, Limits, Moved, Verdict},
  },
};

const BETWEEN_TRIES: Duration = Duration::from_secs(10);

pub(super) struct Tally {
  windows: BySlot<Window>,
  before: Before,
  lines: Option<mpsc::Receiver<Vec<Request>>>,
  /// The newest request; what is read again after a pause is not counted twice.
  newest: Option<DateTime<Utc>>,
  known: Option<DateTime<Utc>>,
  again: Instant,
  why_not: Option<Shown>,
}

impl Tally {
  /// An access log that can never be read is said at once, not after the whole time.
  pub(super) async fn open(world: &World, moved: &Moved) -> Result<Self, Trouble> {
    let mut tally = Self {
      windows: BySlot::from_fn(|_| Window::default()),
      before: Before::new(moved, Window::default()),
      lines: None,
      newest: None,
      known: None,
      again: Instant::now(),
      why_not: None,
    };
    match world.router.requests().await {
      Ok(lines) => tally.lines = Some(lines),
      Err(error) if error.kind == PortErrorKind::Misconfigured => {
        return Err(Trouble::said(
          Outcome::NeedsHuman,
          format!(
            "what users get cannot be seen: {}; users are on {}, and nothing watches them",
            world.shown(&error.to_string()),
            moved.to.shout()
          ),
          world.command("doctor").to_string(),
        ));
      }
      Err(error) => tally.lost(world, &error),
    }
    Ok(tally)
  }

  fn lost(&mut self, world: &World, error: &PortError) {
    self.why_not = Some(world.shown(&error.to_string()));
    self.again = Instant::now() + BETWEEN_TRIES;
  }

  /// Follows the log again when it ended, as it does when the proxy is started anew.
  pub(super) async fn reopen(&mut self, world: &World) {
    if self.lines.is_some() || Instant::now() < self.again {
      return;
    }
    match world.router.requests().await {
      Ok(lines) => {
        self.lines = Some(lines);
        self.known = self.newest;
        self.why_not = None;
      }
      Err(error) => self.lost(world, &error),
    }
  }

  /// The next requests. Pends while there is nothing to follow.
  pub(super) async fn count(&mut self, moved: &Moved) {
    let Some(lines) = &mut self.lines else {
      return std::future::pending().await;
    };
    let Some(requests) = lines.recv().await else {
      self.lines = None;
      self.why_not = Some("the proxy's access log ended".into());
      self.again = Instant::now() + BETWEEN_TRIES;
      return;
    };
    for request in &requests {
      if self.known.is_some_and(|known| request.at <= known) {
        continue;
      }
      self.newest = self.newest.max(Some(request.at));
      let Some(slot) = watch::served(request, Some(moved), None) else {
        continue;
      };
      self.windows[slot].add(request);
      if slot == moved.from {
        self.before.add(moved, request);
      }
    }
  }

  pub(super) fn window(&self, slot: Slot) -> &Window {
    &self.windows[slot]
  }

  pub(super) fn why_not(&self) -> Option<&Shown> {
    self.why_not.as_ref()
  }

  pub(super) fn lately(
    &self,
    moved: &Moved,
    limits: &Limits,
    now: DateTime<Utc>,
  ) -> Option<(u64, Sum)> {
    watch::lately(moved, limits, &self.windows[moved.to], now)
  }

  pub(super) fn line<'a>(
    &self,
    moved: &'a Moved,
    limits: &Limits,
    verdict: &'a Verdict,
    now: DateTime<Utc>,
  ) -> Line<'a> {
    let before = self.before.sum(moved);
    Line {
      schema: 1,
      event: "watch",
      at: now,
      operation: moved.operation,
      slot: moved.to,
      verdict: verdict.word(),
      text: crate::render::watch::verdict(verdict),
      left_seconds: moved.left(limits, now).map_or(0, |left| left.as_secs()),
      breach: verdict.breach(),
      now: self
        .lately(moved, limits, now)
        .map(|(seconds, sum)| Figures::of(&sum, seconds)),
      before: before.map(|(seconds, sum)| Figures::of(&sum, seconds)),
    }
  }
}

/// One line of `cutover watch --json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line<'a> {
  pub(crate) schema: u32,
  pub(crate) event: &'static str,
  pub(crate) at: DateTime<Utc>,
  pub(crate) operation: OperationId,
  /// Users are on it since that operation.
  pub(crate) slot: Slot,
  pub(crate) verdict: &'static str,
  pub(crate) text: String,
  pub(crate) left_seconds: u64,
  pub(crate) breach: Option<&'a Breach>,
  /// `None`: no request was seen.
  pub(crate) now: Option<Figures>,
  /// Of the former slot, in the five minutes before the switch; `None`: not seen.
  pub(crate) before: Option<Figures>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
  pub(crate) requests: u64,
  /// Answered with 500 or more.
  pub(crate) failed: u64,
  /// What they were counted over.
  pub(crate) seconds: u64,
  /// Milliseconds; `None`: the log has no times.
  pub(crate) p50: Option<u32>,
  pub(crate) p95: Option<u32>,
  pub(crate) p99: Option<u32>,
}

impl Figures {
  pub(crate) fn of(sum: &Sum, seconds: u64) -> Self {
    Self {
      requests: sum.count,
      failed: sum.failed,
      seconds,
      p50: sum.percentile(50),
      p95: sum.percentile(95),
      p99: sum.percentile(99),
    }
  }
}
