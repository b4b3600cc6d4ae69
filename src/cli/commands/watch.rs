//! `cutover watch`: follows what users get after a switch until the time is over or a limit broke,
//! and then rolls back when it was told to. Holds no lock; the rollback is an ordinary operation.

mod tally;
mod tell;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

#[cfg(test)]
pub(crate) use self::tally::{Figures, Line};
use self::{tally::Tally, tell::tell};
use super::{Desk, Trouble, Verdict as Ended, change};
use crate::{
  cli::{
    args::{self, DryRun},
    interrupts::Interrupts,
  },
  engine::{
    self, Intent,
    intent::{self, Force},
  },
  model::{
    operation::{Kind, Outcome},
    watch::{Breach, Limits, Moved, Rollback, Verdict, judge},
  },
  render::{self, Page, Tone},
};

const LOOK: Duration = Duration::from_secs(1);
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) async fn run(desk: &mut Desk, asked: &args::Watch) -> Ended {
  let mut limits = desk.world.site.watch.clone();
  if let Some(window) = asked.window {
    limits.window = window;
  }
  if asked.rollback {
    if limits.rollback == Rollback::Never {
      return Err(Trouble::said(
        Outcome::Refused,
        "this site never rolls back by itself ([watch] rollback = \"never\"); nothing was done",
        desk.world.command("watch").to_string(),
      ));
    }
    limits.rollback = Rollback::Auto;
  }
  let stamp = desk.world.ledger.stamp();
  let moved = engine::watch::moved(&desk.world)?;
  let Some(moved) = moved.filter(|moved| moved.left(&limits, desk.world.clock.now()).is_some())
  else {
    return nothing(desk, &limits);
  };
  let mut watch = Watch {
    tally: Tally::open(&desk.world, &moved).await?,
    stamp,
    moved,
    limits,
    said: None,
  };
  watch.begin(desk);
  watch.follow(desk).await
}

/// No switch yet, or its watch is over: that is no fault.
fn nothing(desk: &mut Desk, limits: &Limits) -> Ended {
  let text = match engine::watch::moved(&desk.world)? {
    None => "nothing to watch: no switch is on record here".to_owned(),
    Some(moved) => match &moved.ended {
      Some(ended) => format!(
        "nothing to watch: {} ended the watch after {}; users are on {}",
        ended.by,
        moved.operation,
        moved.to.shout()
      ),
      None => format!(
        "nothing to watch: {} moved users to {} longer ago than {}",
        moved.operation,
        moved.to.shout(),
        render::words::coarse(limits.window)
      ),
    },
  };
  let mut page = Page::default();
  page.wrapped(Tone::Plain, &text, 2);
  if desk.globals.json {
    desk.out.json(&serde_json::json!({
      "schema": 1, "event": "watch", "verdict": "nothing to watch", "text": text,
    }))?;
  } else {
    desk.out.progress(&page);
  }
  Ok(Outcome::Done)
}

struct Watch {
  moved: Moved,
  limits: Limits,
  tally: Tally,
  stamp: u64,
  /// The verdict that was told last.
  said: Option<Verdict>,
}

impl Watch {
  async fn follow(&mut self, desk: &mut Desk) -> Ended {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let patience = desk.globals.timeout.map(|timeout| Instant::now() + timeout);
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.reset();
    let mut interrupts = Interrupts::listen();
    loop {
      tokio::select! {
        biased;
        () = interrupts.next() => {
          tell(desk, Tone::Strong, &format!("nobody watches {} from here any more", self.moved.to.shout()));
          return Ok(Outcome::Cancelled);
        }
        () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => {
          tell(desk, Tone::Strong, "stopped waiting: the watch is not over");
          return Ok(Outcome::StillRunning);
        }
        _ = looks.tick() => {
          self.tally.reopen(&desk.world).await;
          if let Some(ended) = self.look(desk).await {
            return ended;
          }
        }
        _ = heartbeat.tick() => self.beat(desk)?,
        () = self.tally.count(&self.moved) => {}
      }
    }
  }

  /// `Some` when there is nothing more to wait for.
  async fn look(&mut self, desk: &mut Desk) -> Option<Ended> {
    match self.renew(desk) {
      Ok(None) => {}
      Ok(Some(outcome)) => return Some(Ok(outcome)),
      Err(trouble) => return Some(Err(trouble)),
    }
    let verdict = self.verdict(desk);
    let changed = self
      .said
      .as_ref()
      .is_none_or(|said| kind_of(said) != kind_of(&verdict));
    if changed && let Err(trouble) = self.say(desk, &verdict) {
      return Some(Err(trouble));
    }
    match verdict {
      Verdict::Broken(breach) => Some(self.broken(desk, &breach).await),
      Verdict::Over => Some(self.over(desk)),
      Verdict::Ended(_) => Some(Ok(Outcome::Done)),
      Verdict::TooFew { .. } | Verdict::Unknown { .. } | Verdict::Within | Verdict::Exceeded(_) => {
        self.said = Some(verdict);
        None
      }
    }
  }

  /// Looks whether somebody ended the watch, or moved users again.
  fn renew(&mut self, desk: &mut Desk) -> Result<Option<Outcome>, Trouble> {
    let stamp = desk.world.ledger.stamp();
    if stamp == self.stamp {
      return Ok(None);
    }
    self.stamp = stamp;
    let now = engine::watch::moved(&desk.world)?;
    match now {
      Some(now) if now.operation == self.moved.operation => {
        self.moved = now;
        Ok(None)
      }
      Some(now) => {
        let text = format!(
          "{} ({} by {}) moved users to {} meanwhile: the watch after {} is over",
          now.operation,
          now.kind,
          now.by,
          now.to.shout(),
          self.moved.operation
        );
        tell(desk, Tone::Strong, &text);
        let back = now.kind == Kind::Rollback && now.to == self.moved.from;
        Ok(Some(if back {
          Outcome::Reverted
        } else {
          Outcome::Done
        }))
      }
      // A rehearsal moved nobody; the record is now its own.
      None => {
        tell(
          desk,
          Tone::Strong,
          "what moved users last is no longer on record: the watch is over",
        );
        Ok(Some(Outcome::Done))
      }
    }
  }

  fn verdict(&self, desk: &Desk) -> Verdict {
    let now = desk.world.clock.now();
    let verdict = judge(
      &self.moved,
      &self.limits,
      self.tally.window(self.moved.to),
      now,
    );
    match (&verdict, self.tally.why_not()) {
      (Verdict::Within | Verdict::TooFew { .. }, Some(why)) => {
        Verdict::Unknown { why: why.clone() }
      }
      _ => verdict,
    }
  }

  async fn broken(&self, desk: &mut Desk, breach: &Breach) -> Ended {
    let what = format!(
      "a limit broke: {}; users are on {}",
      render::watch::breach(breach),
      self.moved.to.shout()
    );
    if !self.moved.can_be_undone() {
      return Err(Trouble::said(
        Outcome::Failed,
        format!("{what}, where a rollback put them"),
        desk.world.command("status").to_string(),
      ));
    }
    if self.limits.rollback != Rollback::Auto {
      return Err(Trouble::said(
        Outcome::Failed,
        what,
        desk.world.command("rollback").to_string(),
      ));
    }
    tell(desk, Tone::Bad, &format!("{what}: rolling back"));
    desk.globals.yes = true;
    let intent = Intent::Rollback(intent::Rollback {
      version: None,
      reason: Some(render::watch::reason(breach)),
      force: Force::No,
      undoes: Some(self.moved.operation),
    });
    // A release that was taken back is no success, whatever the rollback was.
    Ok(
      match change::carry_out(desk, intent, DryRun::default()).await? {
        Outcome::Done => Outcome::Reverted,
        other => other,
      },
    )
  }
}

/// Verdicts of one kind are told once; their figures change all the time.
fn kind_of(verdict: &Verdict) -> (&'static str, Option<crate::model::watch::Measure>) {
  (
    verdict.word(),
    verdict.breach().map(|breach| breach.measure),
  )
}
