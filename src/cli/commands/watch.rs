//! `cutover watch`: follows what users get after a switch until the time is over or a limit broke,
//! and then rolls back when it was told to. Holds no lock; the rollback is an ordinary operation.

mod tally;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::tally::Tally;
use super::{Desk, Trouble, Verdict as Ended, change};
use crate::{
  cli::args::{self, DryRun},
  engine::{
    self, Intent,
    intent::{self, Force},
  },
  model::{
    operation::{Kind, Outcome},
    watch::{Breach, Limits, Moved, Rollback, Verdict, judge},
  },
  render::{self, Page, Tone, words::slot_at},
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
  let moved = engine::watch::moved(&desk.world)?;
  let Some(moved) = moved.filter(|moved| moved.left(&limits, desk.world.clock.now()).is_some())
  else {
    return nothing(desk, &limits);
  };
  let mut watch = Watch {
    tally: Tally::open(&desk.world, &moved).await?,
    stamp: desk.world.ledger.stamp(),
    moved,
    limits,
    said: None,
  };
  watch.begin(desk)?;
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
  fn begin(&self, desk: &mut Desk) -> Result<(), Trouble> {
    let by_itself = match self.limits.rollback {
      Rollback::Auto if self.moved.can_be_undone() => "; then a rollback begins",
      _ => "",
    };
    let text = format!(
      "watching what users get from {} since {} ({} by {}), {}: {}{by_itself}",
      self.moved.to.shout(),
      self.moved.operation,
      self.moved.kind,
      self.moved.by,
      render::watch::left(&self.moved, &self.limits, desk.world.clock.now()),
      render::watch::limits(&self.limits),
    );
    self.tell(desk, Tone::Strong, &text);
    Ok(())
  }

  async fn follow(&mut self, desk: &mut Desk) -> Ended {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let patience = desk.globals.timeout.map(|timeout| Instant::now() + timeout);
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.reset();
    loop {
      tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => {
          self.tell(desk, Tone::Strong, &format!("nobody watches {} from here any more", self.moved.to.shout()));
          return Ok(Outcome::Cancelled);
        }
        () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => {
          self.tell(desk, Tone::Strong, "stopped waiting: the watch is not over");
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
        self.tell(desk, Tone::Strong, &text);
        let back = now.kind == Kind::Rollback && now.to == self.moved.from;
        Ok(Some(if back {
          Outcome::Reverted
        } else {
          Outcome::Done
        }))
      }
      // A rehearsal moved nobody; the record is now its own.
      None => {
        self.tell(
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

  fn say(&self, desk: &mut Desk, verdict: &Verdict) -> Result<(), Trouble> {
    if desk.globals.json {
      let now = desk.world.clock.now();
      desk
        .out
        .json(&self.tally.line(&self.moved, &self.limits, verdict, now))?;
      return Ok(());
    }
    let text = format!("{}{}", render::watch::verdict(verdict), self.figures(desk));
    self.tell(desk, render::watch::tone(verdict), &text);
    Ok(())
  }

  fn beat(&self, desk: &mut Desk) -> Result<(), Trouble> {
    let Some(said) = &self.said else {
      return Ok(());
    };
    if desk.globals.json {
      return self.say(desk, &self.verdict(desk));
    }
    if !desk.globals.quiet {
      let left = render::watch::left(&self.moved, &self.limits, desk.world.clock.now());
      let text = format!(
        "still watching {}, {left}: {}{}",
        self.moved.to.shout(),
        said.word(),
        self.figures(desk)
      );
      self.tell(desk, Tone::Faint, &text);
    }
    Ok(())
  }

  fn figures(&self, desk: &Desk) -> String {
    let now = desk.world.clock.now();
    self
      .tally
      .lately(&self.moved, &self.limits, now)
      .map_or_else(String::new, |(seconds, sum)| {
        format!("  ({})", render::watch::figures(&sum, seconds))
      })
  }

  fn over(&self, desk: &mut Desk) -> Ended {
    let slot = slot_at(self.moved.to, None);
    match &self.said {
      Some(Verdict::Unknown { why }) => Err(Trouble::said(
        Outcome::NeedsHuman,
        format!("the watch is over, and nobody knows what users got: {why}; users are on {slot}"),
        desk.world.command("status").to_string(),
      )),
      Some(Verdict::TooFew { .. }) | None => {
        let text =
          format!("the watch is over with too few requests to judge; users stay on {slot}");
        self.tell(desk, Tone::Warn, &text);
        Ok(Outcome::Done)
      }
      Some(_) => {
        let text = format!("the watch is over, no limit broke; users stay on {slot}");
        self.tell(desk, Tone::Good, &text);
        Ok(Outcome::Done)
      }
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
    self.tell(desk, Tone::Bad, &format!("{what}: rolling back"));
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

  fn tell(&self, desk: &mut Desk, tone: Tone, text: &str) {
    let stamp = if std::env::var_os("CI").is_some() {
      format!("{} ", render::words::clock(desk.world.clock.now()))
    } else {
      String::new()
    };
    let mut page = Page::default();
    page.wrapped(tone, &format!("{stamp}{text}"), 2);
    desk.out.progress(&page);
  }
}

/// Verdicts of one kind are told once; their figures change all the time.
fn kind_of(verdict: &Verdict) -> (&'static str, Option<crate::model::watch::Measure>) {
  (
    verdict.word(),
    verdict.breach().map(|breach| breach.measure),
  )
}
