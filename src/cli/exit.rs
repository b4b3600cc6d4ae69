//! What each exit code means, in the words of `--help` and `docs/cli.md`; and the code of
//! `status --check`. The numbers themselves belong to `model::operation::Outcome`.

use crate::model::{
  health::Pass,
  observation::{Observation, Phase},
  operation::Outcome,
  traffic::Live,
};

/// Interrupted by Ctrl-C before anything was started.
pub const INTERRUPTED: u8 = 130;

/// Every outcome with the sentence scripts and people are promised.
pub const MEANINGS: [(Outcome, &str); 10] = [
  (Outcome::Done, "done: what was asked is true now"),
  (Outcome::Failed, "failed; users were never moved"),
  (
    Outcome::Usage,
    "the command line is not understood, or a question has nobody to answer it",
  ),
  (Outcome::Refused, "refused before anything changed"),
  (
    Outcome::Reverted,
    "failed, and what users had before was put back and proven",
  ),
  (
    Outcome::NeedsHuman,
    "traffic or state is unknown or contradictory: a person must look",
  ),
  (Outcome::Locked, "another operation holds the site's lock"),
  (Outcome::Cancelled, "declined or aborted by an operator"),
  (
    Outcome::Misconfigured,
    "the configuration has faults, or the doctor found something red",
  ),
  (
    Outcome::StillRunning,
    "stopped waiting; the operation runs on (cutover attach)",
  ),
];

/// Every number the program ends with, and what it means.
pub fn codes() -> impl Iterator<Item = (u8, &'static str)> {
  MEANINGS
    .into_iter()
    .map(|(outcome, meaning)| (outcome.exit_code(), meaning))
    .chain([(INTERRUPTED, "interrupted before anything was started")])
}

/// The list shown below `cutover --help`.
pub fn list() -> String {
  let rows = codes().map(|(code, meaning)| format!("  {code:>3}  {meaning}"));
  let lines: Vec<String> = ["Exit codes:".to_owned()].into_iter().chain(rows).collect();
  lines.join("\n")
}

/// What `status --check` ends with: 0 only when the live slot is known, healthy and undisputed.
pub fn of_status(seen: &Observation) -> Outcome {
  let live = match seen.live {
    Live::Disputed { .. } | Live::Unknown => return Outcome::NeedsHuman,
    Live::Proven { slot } | Live::Claimed { slot } => slot,
  };
  let interrupted = seen
    .operation
    .as_ref()
    .is_some_and(|operation| operation.phase == Phase::Interrupted);
  if interrupted {
    return Outcome::NeedsHuman;
  }
  let healthy = seen.slots[live]
    .health
    .value()
    .is_some_and(|report| report.pass() == Pass::Ok);
  if healthy && seen.drift.is_empty() {
    Outcome::Done
  } else {
    Outcome::Failed
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn every_code_from_zero_to_nine_has_one_meaning_in_order() {
    let codes: Vec<u8> = MEANINGS.iter().map(|(o, _)| o.exit_code()).collect();
    assert_eq!(codes, (0..10).collect::<Vec<u8>>());
  }

  #[test]
  fn the_list_fits_eighty_columns() {
    for line in list().lines() {
      assert!(line.len() <= 80, "{line}");
    }
  }
}
