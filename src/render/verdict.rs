//! The block an operation ends with: what became of it, where users are, what to type next.

use super::{
  Page, Tone,
  words::{badge, millis, number},
};
use crate::{
  engine::run_state::{RestoreState, RunState},
  model::{
    Slot,
    operation::{Outcome, Verdict},
    router::ProbeLedger,
  },
};

/// What the switch measured, when there was one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
  pub ledger: Option<ProbeLedger>,
  /// Milliseconds until the former workers were gone, and how many were still there.
  pub drained: Option<(Option<u64>, usize)>,
}

impl Measured {
  pub fn of(state: &RunState) -> Self {
    let ledger = match &state.restore {
      RestoreState::Finished {
        ledger: Some(ledger),
        ..
      } => Some(ledger),
      _ => state.ledger(),
    };
    Self {
      ledger: ledger.cloned(),
      drained: state.drained(),
    }
  }
}

pub fn block(verdict: &Verdict, measured: &Measured) -> Page {
  let mut page = Page::default();
  let word = verdict.outcome.word().to_uppercase();
  page.wrapped(
    tone(verdict.outcome),
    &format!("{word}  {}", verdict.summary),
    word.len() + 2,
  );
  let (tone, text) = users(verdict.live);
  page.push(tone, format!("users   {text}"));
  if let Some(line) = ledger(measured) {
    page.plain(format!("probes  {line}"));
  }
  for (index, next) in verdict.next.iter().enumerate() {
    let label = if index == 0 { "next" } else { "" };
    page.plain(format!("{label:<6}  {next}"));
  }
  page
}

pub fn tone(outcome: Outcome) -> Tone {
  match outcome {
    Outcome::Done => Tone::Good,
    Outcome::Cancelled | Outcome::StillRunning | Outcome::Locked | Outcome::Refused => Tone::Warn,
    Outcome::Failed
    | Outcome::Usage
    | Outcome::Reverted
    | Outcome::NeedsHuman
    | Outcome::Misconfigured => Tone::Bad,
  }
}

/// Where users are, in words that stand alone.
pub fn users(live: Option<Slot>) -> (Tone, String) {
  live.map_or_else(
    || {
      (
        Tone::Bad,
        "it is UNKNOWN which slot serves: cutover status".to_owned(),
      )
    },
    |slot| (Tone::Plain, format!("are on {}", badge(slot))),
  )
}

/// `1,204 sent, 0 lost, mixed for 104 ms, drained in 1.5 s`.
pub fn ledger(measured: &Measured) -> Option<String> {
  let mut parts = Vec::new();
  if let Some(ledger) = &measured.ledger {
    parts.push(format!("{} sent", number(u64::from(ledger.sent))));
    parts.push(format!("{} lost", number(u64::from(ledger.lost))));
    if ledger.unclear > 0 {
      parts.push(format!("{} unclear", number(u64::from(ledger.unclear))));
    }
    parts.push(format!("mixed for {}", millis(ledger.mixed_millis)));
    parts.push(format!("proven in {}", millis(ledger.proved_millis)));
  }
  match measured.drained {
    Some((Some(took), 0)) => parts.push(format!("drained in {}", millis(took))),
    Some((_, still)) if still > 0 => parts.push(format!("{still} former workers still busy")),
    Some(_) | None => {}
  }
  (!parts.is_empty()).then(|| parts.join(", "))
}
