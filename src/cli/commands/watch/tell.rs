//! What `cutover watch` says, as lines for people or as JSON.

use super::Watch;
use crate::{
  cli::commands::{Desk, Trouble, Verdict as Ended},
  model::{
    operation::Outcome,
    watch::{Rollback, Verdict},
  },
  render::{self, Page, Tone},
};

impl Watch {
  pub(super) fn begin(&self, desk: &mut Desk) {
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
    tell(desk, Tone::Strong, &text);
  }

  pub(super) fn say(&self, desk: &mut Desk, verdict: &Verdict) -> Result<(), Trouble> {
    if desk.globals.json {
      let now = desk.world.clock.now();
      desk
        .out
        .json(&self.tally.line(&self.moved, &self.limits, verdict, now))?;
      return Ok(());
    }
    let text = format!("{}{}", render::watch::verdict(verdict), self.figures(desk));
    tell(desk, render::watch::tone(verdict), &text);
    Ok(())
  }

  pub(super) fn beat(&self, desk: &mut Desk) -> Result<(), Trouble> {
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
      tell(desk, Tone::Faint, &text);
    }
    Ok(())
  }

  pub(super) fn figures(&self, desk: &Desk) -> String {
    let now = desk.world.clock.now();
    self
      .tally
      .lately(&self.moved, &self.limits, now)
      .map_or_else(String::new, |(seconds, sum)| {
        format!("  ({})", render::watch::figures(&sum, seconds))
      })
  }

  pub(super) fn over(&self, desk: &mut Desk) -> Ended {
    let slot = self.moved.to.shout();
    match &self.said {
      Some(Verdict::Unknown { why }) => Err(Trouble::said(
        Outcome::NeedsHuman,
        format!("the watch is over, and nobody knows what users got: {why}; users are on {slot}"),
        desk.world.command("status").to_string(),
      )),
      Some(Verdict::TooFew { .. }) | None => {
        let text =
          format!("the watch is over with too few requests to judge; users stay on {slot}");
        tell(desk, Tone::Warn, &text);
        Ok(Outcome::Done)
      }
      Some(_) => {
        let text = format!("the watch is over, no limit broke; users stay on {slot}");
        tell(desk, Tone::Good, &text);
        Ok(Outcome::Done)
      }
    }
  }
}

pub(super) fn tell(desk: &mut Desk, tone: Tone, text: &str) {
  let stamp = if std::env::var_os("CI").is_some() {
    format!("{} ", render::words::clock(desk.world.clock.now()))
  } else {
    String::new()
  };
  let mut page = Page::default();
  page.wrapped(tone, &format!("{stamp}{text}"), 2);
  desk.out.progress(&page);
}
