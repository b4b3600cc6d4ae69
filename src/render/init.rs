//! What `init` found, asks, refuses and would write.

use super::{Page, Tone};
use crate::config::detect::{InForce, Obstacle, Proposal, Question, Sure};

/// What the proposal stands on, in a few lines.
pub fn found(proposal: &Proposal) -> Page {
  let mut page = Page::default();
  page.push(
    Tone::Strong,
    format!("Found in {}", proposal.root.display()),
  );
  if let Some(live) = proposal.live {
    page.plain(format!("  live     {}", live.shout()));
  }
  for (label, key) in [
    ("files", "runtime.files"),
    ("project", "runtime.project"),
    ("version", "version.variable"),
    ("proxy", "router.service"),
    ("proxy", "router.container"),
    ("file", "router.switch.to"),
    ("file", "router.switch.in"),
    ("proof", "proof.url"),
    ("database", "database.service"),
    ("database", "database.container"),
  ] {
    if let Some(value) = proposal.value(key) {
      page.plain(format!("  {label:<8} {value}"));
    }
  }
  let guesses = proposal
    .values
    .iter()
    .filter(|value| value.sure == Sure::Guess && value.in_force == InForce::Yes);
  for value in guesses {
    let text = format!(
      "  GUESS    {} = {}: {}",
      value.key, value.value, value.source
    );
    page.wrapped(Tone::Warn, &text, 11);
  }
  page.append(obstacles(&proposal.notes, Tone::Warn, "  !!"));
  page
}

/// Why there is no file.
pub fn refused(proposal: &Proposal) -> Page {
  let mut page = Page::default();
  page.push(
    Tone::Bad,
    "There is no cutover.toml to propose; nothing was written.",
  );
  page.append(obstacles(&proposal.refusals, Tone::Bad, "  "));
  page.append(obstacles(&proposal.notes, Tone::Warn, "  !!"));
  page
}

fn obstacles(all: &[Obstacle], tone: Tone, mark: &str) -> Page {
  let mut page = Page::default();
  for obstacle in all {
    page.wrapped(tone, &format!("{mark} {}", obstacle.what), mark.len() + 1);
    page.wrapped(Tone::Plain, &format!("     {}", obstacle.fix), 5);
  }
  page
}

/// One question with its numbered answers.
pub fn question(question: &Question) -> Page {
  let mut page = Page::default();
  page.gap();
  page.wrapped(Tone::Strong, &question.text, 0);
  for (index, choice) in question.choices.iter().enumerate() {
    let text = format!("  {}  {}: {}", index + 1, choice.value, choice.why);
    page.wrapped(Tone::Plain, &text, 5);
  }
  page
}

/// The change, line by line.
pub fn change(lines: &[String]) -> Page {
  let mut page = Page::default();
  for line in lines {
    let tone = match line.as_bytes().first() {
      Some(b'+') => Tone::Good,
      Some(b'-') => Tone::Bad,
      _ => Tone::Plain,
    };
    page.push(tone, line.clone());
  }
  page
}
