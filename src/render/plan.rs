//! A plan before it runs: in full for `--dry-run`, in short for the question, and the refusal
//! when there is none. The steps are the plan's own; nothing is worked out here.

#[cfg(test)]
mod tests;

use super::{
  Page, Tone, verdict,
  words::{coarse, count, slot_at},
};
use crate::{
  engine::confirm::{Ask, Question},
  model::{
    Slot,
    operation::{Kind, Outcome},
    plan::{Gate, OnFailure, Plan, PlannedStep, Refusal, Risk, Step},
    shown::Shown,
  },
};

/// `switch users to GREEN 2.0.0`.
pub fn sentence(plan: &Plan) -> String {
  let version = plan
    .version
    .as_ref()
    .map_or_else(String::new, |version| format!(" {version}"));
  let slot = plan
    .target
    .map_or_else(String::new, |slot| format!("{}{version}", slot.shout()));
  match plan.kind {
    Kind::Deploy => {
      let to = plan
        .target
        .map_or_else(String::new, |slot| format!(" to {}", slot.shout()));
      format!("deploy{version}{to}")
    }
    Kind::Up => format!("set the site up with {slot}"),
    Kind::Switch => format!("switch users to {slot}"),
    Kind::Rehearse => format!("rehearse a switch on {slot}, which is live"),
    Kind::Rollback => format!("roll users back to {slot}"),
    Kind::Smoke => format!("smoke-test {slot}"),
    Kind::Start | Kind::Stop | Kind::Restart => {
      let part = plan
        .service()
        .map_or_else(String::new, |service| format!("{service} of "));
      format!("{} {part}{slot}", plan.kind)
    }
    Kind::Migrate => "migrate the database".to_owned(),
    Kind::Backup => "back up the database".to_owned(),
    Kind::Restore => "restore a backup".to_owned(),
  }
}

/// The gate of this name, wherever it is in the plan.
pub fn gate<'a>(plan: &'a Plan, name: &str) -> Option<&'a Gate> {
  plan.steps.iter().find_map(|step| match &step.step {
    Step::Gate { gate } if gate.name == name => Some(gate),
    _ => None,
  })
}

/// Everything that would happen, and that nothing did.
pub fn dry_run(plan: &Plan) -> Page {
  let mut page = Page::default();
  let title = format!("PLAN  {}  (dry run: nothing was changed)", sentence(plan));
  page.push(Tone::Strong, title);
  facts(&mut page, plan, asks_first(plan));
  page.plain(format!("  confirm  {}", confirm(plan)));
  remarks(&mut page, plan);
  page.gap();
  page.append(steps(plan));
  page.faint(format!(
    "  plan     {}",
    plan.hash().get(..12).unwrap_or_default()
  ));
  page
}

/// Every step, and what a failure of it leaves behind.
pub fn steps(plan: &Plan) -> Page {
  let mut page = Page::default();
  page.push(Tone::Strong, "Steps");
  for (index, step) in plan.steps.iter().enumerate() {
    self::step(&mut page, index, step);
  }
  page.gap();
  failing(&mut page, plan);
  page
}

/// What is shown above the question; `more` says how to see every step. The answer line itself
/// belongs to whoever asks.
pub fn question(plan: &Plan, more: &str) -> Page {
  let mut page = Page::default();
  let (tone, heading) = match plan.risk {
    Risk::Green => (Tone::Good, "every check is green"),
    // Amber for what it does: every such plan without a warning moves users.
    Risk::Amber if plan.warnings.is_empty() => (Tone::Warn, "THIS MOVES USERS"),
    Risk::Amber => (Tone::Warn, "READ THE WARNINGS"),
    Risk::Red => (Tone::Bad, "NEEDS A TYPED PHRASE"),
  };
  page.push(
    tone,
    format!("{}?  {heading}", capitalized(&sentence(plan))),
  );
  facts(&mut page, plan, asks_first(plan));
  remarks(&mut page, plan);
  page.plain(format!(
    "  does     {} (all of them: {more})",
    count(plan.steps.len() as u64, "step")
  ));
  failing(&mut page, plan);
  page.plain("");
  page
}

/// What stands above the question of an open gate.
pub fn gate_question(gate: &Gate, plan: &Plan) -> Page {
  let mut page = Page::default();
  page.plain("");
  page.push(Tone::Strong, format!("{}  ({})", gate.question, plan.site));
  page
}

/// Why nothing was done, each fault with what to type about it.
pub fn refused(refusal: &Refusal) -> Page {
  let mut page = Page::default();
  let word = refusal.outcome.word().to_uppercase();
  let what = match refusal.outcome {
    Outcome::Misconfigured => "the configuration has faults; nothing was changed",
    Outcome::NeedsHuman => "a person must look first; nothing was changed",
    _ => "nothing was changed",
  };
  page.push(verdict::tone(refusal.outcome), format!("{word}  {what}"));
  for fault in &refusal.faults {
    page.wrapped(Tone::Bad, &format!("  !! {}", fault.what), 5);
    if !fault.fix.as_str().is_empty() {
      page.plain(format!("     fix: {}", fault.fix));
    }
  }
  let (tone, users) = verdict::users(refusal.live);
  page.push(tone, format!("users  {users}"));
  page
}

/// Which site, and which users move from where to where once the question of its gate is answered.
pub fn facts_at_gate(plan: &Plan) -> Page {
  let mut page = Page::default();
  facts(&mut page, plan, None);
  page
}

/// `asks_first` is the step that asks before anybody moves.
fn facts(page: &mut Page, plan: &Plan, asks_first: Option<usize>) {
  page.plain(format!("  site     {}", Shown::line(&plan.site)));
  if let Some(from) = plan.from {
    let from = slot_at(from, plan.from_version.as_ref());
    page.plain(match plan.target.filter(|_| moves(plan)) {
      Some(to) => {
        let to = slot_at(to, plan.version.as_ref());
        match asks_first {
          Some(step) => {
            format!("  users    stay on {from}; step {step} asks before they move to {to}")
          }
          None => format!("  users    move from {from} to {to}"),
        }
      }
      None => format!("  users    stay on {from}"),
    });
  } else if let Some(to) = plan.target.filter(|_| moves(plan)) {
    page.plain(format!(
      "  users    {} {}",
      if plan.kind == Kind::Up {
        "nobody is served now; they begin on"
      } else {
        "move to"
      },
      slot_at(to, plan.version.as_ref())
    ));
  }
  if let Some(reason) = &plan.reason {
    page.wrapped(Tone::Plain, &format!("  reason   {reason}"), 11);
  }
}

/// The number of the step that asks before anybody moves.
fn asks_first(plan: &Plan) -> Option<usize> {
  plan
    .steps
    .iter()
    .take_while(|step| !step.step.moves_traffic())
    .position(|step| matches!(step.step, Step::Gate { .. }))
    .map(|index| index + 1)
}

fn moves(plan: &Plan) -> bool {
  plan.steps.iter().any(|step| step.step.moves_traffic())
}

fn confirm(plan: &Plan) -> String {
  let ask = Question::of(plan).ask;
  match &ask {
    Ask::Key(key) => format!("{key}   (in a script: {})", ask.flag()),
    Ask::Word(word) | Ask::Phrase(word) => format!("type  {word}   (in a script: {})", ask.flag()),
  }
}

fn remarks(page: &mut Page, plan: &Plan) {
  for warning in &plan.warnings {
    page.wrapped(Tone::Warn, &format!("  !!       {warning}"), 11);
  }
  for note in &plan.notes {
    page.wrapped(Tone::Plain, &format!("  note     {note}"), 11);
  }
}

fn step(page: &mut Page, index: usize, step: &PlannedStep) {
  let title = step.step.title();
  let limit = format!("at most {}", coarse(step.deadline));
  let line = format!("  {:>2}  {title}", index + 1);
  let moves = step.step.moves_traffic();
  page.push(
    if moves { Tone::Strong } else { Tone::Plain },
    super::page::ends(&line, &limit),
  );
  for detail in &step.details {
    page.faint(format!("        {detail}"));
  }
}

/// What a failure leaves behind: before, while and after users move.
fn failing(page: &mut Page, plan: &Plan) {
  let moves = |step: &PlannedStep| step.step.moves_traffic();
  let first = plan.steps.iter().position(moves);
  let last = plan.steps.iter().rposition(moves);
  if let (Some(first), Some(last)) = (first, last) {
    while_moving(page, plan, first, last);
  } else {
    page.plain("  fails    in any step: traffic is not touched");
  }
  if plan.kind == Kind::Deploy
    && let Some(target) = plan.target
  {
    page.plain(match plan.on_failure {
      OnFailure::KeepForInspection => {
        format!(
          "           {} stays as it is, to be looked at",
          target.shout()
        )
      }
      OnFailure::StopTarget => format!("           {} is stopped", target.shout()),
    });
  }
}

fn while_moving(page: &mut Page, plan: &Plan, first: usize, last: usize) {
  let steps = format!("in steps {}-{}", first + 1, last + 1);
  let undone = if plan.kind == Kind::Up {
    "the route is taken back".to_owned()
  } else {
    let from = plan.from.map_or("what users had", Slot::shout);
    format!("{from} is put back and proven")
  };
  page.plain(format!("  fails    {steps}: {undone}"));
  if first > 0 {
    page.plain(match plan.kind {
      Kind::Up => "           before them: what was started stays up, and nobody is sent there",
      _ => "           before them: traffic is not touched",
    });
  }
  if last + 1 < plan.steps.len() {
    let to = plan.target.map_or("the new slot", Slot::shout);
    page.plain(format!(
      "           after them: users stay on {to}, where they were proven to be"
    ));
  }
}

fn capitalized(text: &str) -> String {
  let mut chars = text.chars();
  chars.next().map_or_else(String::new, |first| {
    first.to_uppercase().chain(chars).collect()
  })
}
