//! The lock and what was written down, against the clock that must not go back.

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::Seen;
use crate::model::finding::{Finding, Hazard};

/// A lock held for longer is worth a look: a deploy that waits at its gate is forgotten easily.
const LONG: TimeDelta = TimeDelta::hours(2);
/// Clocks of two machines differ by so much without harm.
const SLACK: TimeDelta = TimeDelta::seconds(5);

pub(super) fn findings(seen: Seen<'_>, now: DateTime<Utc>) -> Vec<Finding> {
  let (site, seen) = (seen.site, seen.observation);
  let mut found = Vec::new();
  if let Some(holder) = &seen.lock
    && now - holder.since > LONG
  {
    found.push(Finding::amber(
      Hazard::H(17),
      format!(
        "operation {} ({} by {}) holds the lock for {} hours",
        holder.operation,
        holder.kind,
        holder.actor,
        (now - holder.since).num_hours()
      ),
      "nobody else can deploy or switch meanwhile",
      format!(
        "cutover --config {} attach {}, then answer or abort it",
        site.file.display(),
        holder.operation.0
      ),
    ));
  }
  let recorded = seen.record.as_ref().map(|record| record.since);
  let begun = seen.operation.as_ref().map(|operation| operation.begun);
  if let Some(ahead) = recorded
    .into_iter()
    .chain(begun)
    .filter(|at| *at - now > SLACK)
    .max()
  {
    found.push(Finding::red(
      Hazard::H(34),
      format!(
        "the clock went back: something was written down at {}, and it is {} now",
        ahead.format("%Y-%m-%d %H:%M:%SZ"),
        now.format("%Y-%m-%d %H:%M:%SZ")
      ),
      "ages, the order of the history and how old a proof is are wrong until the clock has caught up",
      "set the clock: timedatectl set-ntp true; then look at 'timedatectl'",
    ));
  }
  found
}
