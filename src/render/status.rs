//! `cutover status`: who is live and who says so, what is wrong, then every part with its age.
//!
//! Order of reading at night: the headline, the alarms, the witnesses; the tables come last.
//! A fact older than `View::stale` is drawn as unknown, whatever it said when it was seen.

mod parts;
pub mod slots;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
  Detail, Page, Tone, Typing,
  page::{WIDTH, cut, ends},
  words::{age, ago, badge, clock, coarse, count, moment, slot_at},
};
use crate::model::{
  Known, Slot, VersionName,
  health::{HealthReport, Pass},
  observation::{Observation, OperationState, Phase},
  traffic::{Live, Testimony, Warmth, Witness, WitnessKind},
};

/// From where the facts are looked at.
#[derive(Clone, Debug)]
pub struct View {
  pub now: DateTime<Utc>,
  /// Facts older than this count as unknown.
  pub stale: Duration,
  pub detail: Detail,
  pub typing: Typing,
}

impl View {
  pub fn is_stale(&self, at: DateTime<Utc>) -> bool {
    age(at, self.now) > self.stale
  }

  /// The value while it is fresh; else the words that stand in its place.
  pub fn fresh<'a, T>(&self, known: &'a Known<T>) -> Result<&'a T, String> {
    match known {
      Known::Yes { value, at } if !self.is_stale(*at) => Ok(value),
      Known::Yes { at, .. } => Err(self.unknown("not seen", *at)),
      Known::No { why, since } => Err(self.unknown(why, *since)),
    }
  }

  fn unknown(&self, why: &str, since: DateTime<Utc>) -> String {
    format!("unknown ({why}, since {})", coarse(age(since, self.now)))
  }
}

pub fn page(seen: &Observation, view: &View) -> Page {
  let mut page = Page::default();
  let title = format!("cutover status  {}", seen.site);
  page.push(Tone::Strong, ends(&title, &moment(view.now)));
  headline(&mut page, seen, view);
  readiness(&mut page, seen, view);
  alarms(&mut page, seen, view);
  page.gap();
  witnesses(&mut page, seen, view);
  for slot in Slot::BOTH {
    page.gap();
    slots::section(&mut page, slot, seen, view);
  }
  page.gap();
  parts::sections(&mut page, seen, view);
  page
}

/// Everything that matters in one line of at most 80 columns.
pub fn one_line(seen: &Observation, view: &View) -> String {
  let who = match live(seen, view) {
    Live::Proven { slot } => format!("LIVE {}", slot_at(slot, version(seen, slot))),
    Live::Claimed { slot } => format!("LIVE? {}", slot_at(slot, version(seen, slot))),
    Live::Disputed { .. } => "LIVE DISPUTED".to_owned(),
    Live::Unknown => "LIVE UNKNOWN".to_owned(),
  };
  let health = live_slot(seen, view).map_or_else(String::new, |slot| {
    let pass = view.fresh(&seen.slots[slot].health).map(HealthReport::pass);
    format!(" {}", super::health::word(pass.unwrap_or(Pass::Unknown)))
  });
  let operation = seen
    .operation
    .as_ref()
    .and_then(|operation| match operation.phase {
      Phase::Running => Some(format!("{} running", operation.id)),
      Phase::Interrupted => Some(format!("{} INTERRUPTED", operation.id)),
      Phase::Ended { .. } => None,
    });
  let alarms = count(seen.drift.len() as u64, "alarm");
  let parts = [
    Some(format!("{} {who}{health}", seen.site)),
    Some(format!("rollback {}", seen.readiness.warmth)),
    operation,
    (!seen.drift.is_empty()).then(|| format!("!! {alarms}")),
  ];
  let parts: Vec<String> = parts.into_iter().flatten().collect();
  cut(&parts.join(", "), WIDTH)
}

/// `Live`, or unknown when the whole look at the site is too old.
pub fn live(seen: &Observation, view: &View) -> Live {
  if view.is_stale(seen.at) {
    return Live::Unknown;
  }
  match seen.live {
    Live::Proven { slot } if proof(seen).is_some_and(|proof| view.is_stale(proof.at)) => {
      Live::Claimed { slot }
    }
    ref live => live.clone(),
  }
}

fn live_slot(seen: &Observation, view: &View) -> Option<Slot> {
  live(seen, view).slot()
}

/// What was answered through the proxy.
pub fn proof(seen: &Observation) -> Option<&Witness> {
  seen
    .witnesses
    .iter()
    .find(|witness| witness.kind == WitnessKind::Proof)
}

/// The version that runs in a slot; for the live one, else the version recorded with the switch.
pub fn version(seen: &Observation, slot: Slot) -> Option<&VersionName> {
  let recorded = seen.record.as_ref().filter(|record| record.live == slot);
  let observed = seen.slots[slot].version.as_ref();
  observed.or_else(|| recorded.and_then(|record| record.version.as_ref()))
}

fn headline(page: &mut Page, seen: &Observation, view: &View) {
  match live(seen, view) {
    Live::Proven { slot } => {
      let since = since(seen, slot, view);
      let proven = proof(seen).map_or_else(String::new, |proof| ago(proof.at, view.now));
      let who = slot_at(slot, version(seen, slot));
      page.push(Tone::Good, format!("  Users     are on {who}{since}"));
      page.plain(format!("            proven through the proxy {proven}"));
    }
    Live::Claimed { slot } => {
      let who = slot_at(slot, version(seen, slot));
      let since = since(seen, slot, view);
      page.push(Tone::Warn, format!("  Users     should be on {who}{since}"));
      page.push(
        Tone::Warn,
        "            NOT PROVEN: no answer through the proxy names a slot",
      );
    }
    Live::Disputed { proven } => {
      page.push(
        Tone::Bad,
        "  Users     IT IS DISPUTED WHO IS LIVE: the witnesses below disagree",
      );
      page.push(
        Tone::Bad,
        proven.map_or_else(
          || "            the proxy itself does not say".to_owned(),
          |slot| format!("            the proxy itself answers {}", badge(slot)),
        ),
      );
    }
    Live::Unknown => {
      page.push(Tone::Bad, "  Users     IT IS UNKNOWN WHO IS LIVE");
      if view.is_stale(seen.at) {
        page.push(
          Tone::Bad,
          format!(
            "            last look at the site: {}",
            ago(seen.at, view.now)
          ),
        );
      }
    }
  }
}

fn since(seen: &Observation, slot: Slot, view: &View) -> String {
  let record = seen.record.as_ref().filter(|record| record.live == slot);
  let moved = record.and_then(|record| Some((record.since, record.moved_by?.operation)));
  moved.map_or_else(String::new, |(at, operation)| {
    format!(", live for {} by {operation}", coarse(age(at, view.now)))
  })
}

fn readiness(page: &mut Page, seen: &Observation, view: &View) {
  let ready = &seen.readiness;
  let to = ready
    .target
    .map(|slot| slot_at(slot, seen.slots[slot].version.as_ref()));
  let took = ready
    .expected_seconds
    .map_or_else(String::new, |seconds| format!(", about {seconds} s"));
  let (tone, text) = match (ready.warmth, to) {
    (Warmth::None, _) | (_, None) => (Tone::Warn, "not possible now".to_owned()),
    (warmth, Some(to)) => {
      let tone = if warmth == Warmth::Hot {
        Tone::Plain
      } else {
        Tone::Warn
      };
      (
        tone,
        format!("{warmth}{took}, to {to}: {}", view.typing.line("rollback")),
      )
    }
  };
  page.push(tone, format!("  Rollback  {text}"));
  for why in &ready.why_not {
    page.wrapped(Tone::Warn, &format!("            {why}"), 12);
  }
}

fn alarms(page: &mut Page, seen: &Observation, view: &View) {
  if !seen.drift.is_empty() {
    page.gap();
    for drift in &seen.drift {
      page.wrapped(Tone::Bad, &format!("  !! {drift}"), 5);
    }
  }
  if let Some(operation) = &seen.operation {
    match operation.phase {
      Phase::Running => running(page, operation, view),
      Phase::Interrupted => interrupted(page, operation, view),
      Phase::Ended { .. } => {}
    }
  }
}

fn running(page: &mut Page, operation: &OperationState, view: &View) {
  let id = operation.id.0;
  page.gap();
  let since = coarse(age(operation.begun, view.now));
  let text = format!(
    "  >> {} runs for {since}, by {}",
    parts::operation(operation),
    operation.actor
  );
  page.wrapped(Tone::Strong, &text, 5);
  if let Some(step) = &operation.step {
    page.wrapped(Tone::Plain, &format!("     at {step}"), 5);
  }
  if let Some(question) = &operation.waiting_for {
    page.wrapped(
      Tone::Warn,
      &format!("     waits for an answer: {question}"),
      5,
    );
    page.plain(format!(
      "     yes:     {}",
      view.typing.line(&format!("approve {id}"))
    ));
    page.plain(format!(
      "     no:      {}",
      view.typing.line(&format!("decline {id}"))
    ));
  }
  page.plain(format!(
    "     follow:  {}",
    view.typing.line(&format!("attach {id}"))
  ));
  page.plain(format!(
    "     stop it: {}",
    view.typing.line(&format!("abort {id}"))
  ));
}

fn interrupted(page: &mut Page, operation: &OperationState, view: &View) {
  page.gap();
  let begun = format!(
    "begun {} by {}",
    ago(operation.begun, view.now),
    operation.actor
  );
  let text = format!(
    "  !! {} was interrupted, nobody runs it; {begun}",
    parts::operation(operation)
  );
  page.wrapped(Tone::Bad, &text, 5);
  if let Some(step) = &operation.step {
    page.wrapped(Tone::Bad, &format!("     it stopped at {step}"), 5);
  }
  let resume = format!("resume {}", operation.id.0);
  page.plain(format!(
    "     go on:           {}",
    view.typing.line(&resume)
  ));
  page.plain(format!(
    "     put users back:  {}",
    view.typing.line("rollback")
  ));
}

fn witnesses(page: &mut Page, seen: &Observation, view: &View) {
  page.push(Tone::Strong, "Who says so");
  if seen.witnesses.is_empty() {
    page.push(Tone::Bad, "  nobody could be asked");
  }
  for witness in &seen.witnesses {
    let (tone, says, detail) = testimony(witness, view);
    let text = format!("  {:<13} {says:<8} {}", witness.kind.to_string(), detail);
    page.push(tone, ends(&text, &ago(witness.at, view.now)));
  }
}

fn testimony(witness: &Witness, view: &View) -> (Tone, &'static str, String) {
  let detail = witness.detail.to_string();
  match witness.testimony {
    Testimony::Slot { slot } if view.is_stale(witness.at) => {
      let said = format!("said {} at {}", slot.shout(), clock(witness.at));
      (Tone::Warn, "unknown", said)
    }
    Testimony::Slot { slot } => (Tone::Plain, slot.shout(), detail),
    Testimony::Both => (Tone::Bad, "BOTH", detail),
    Testimony::Silent => (Tone::Faint, "silent", detail),
    Testimony::Unknown => (Tone::Warn, "unknown", detail),
  }
}
