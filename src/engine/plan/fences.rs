//! What must hold before anything may be planned at all, and how a refusal is worded.

use super::preview::Preview;
use crate::{
  config::Site,
  engine::doctor,
  model::{
    Slot,
    finding::Finding,
    observation::Observation,
    operation::Outcome,
    plan::{Fault, Refusal},
    traffic::Live,
  },
};

/// Everything a plan is made from.
pub(super) struct Case<'a> {
  pub(super) site: &'a Site,
  pub(super) observation: &'a Observation,
  pub(super) preview: &'a Preview,
}

impl Case<'_> {
  pub(super) fn refuse(&self, outcome: Outcome, faults: Vec<Fault>) -> Refusal {
    Refusal {
      outcome,
      faults,
      live: match self.observation.live {
        Live::Disputed { proven } => proven,
        Live::Proven { .. } | Live::Claimed { .. } | Live::Unknown => self.observation.live_slot(),
      },
    }
  }

  pub(super) fn refuse_one(
    &self,
    outcome: Outcome,
    what: impl AsRef<str>,
    fix: impl AsRef<str>,
  ) -> Refusal {
    self.refuse(outcome, vec![Fault::new(what, fix)])
  }

  /// Backups are configured.
  pub(super) fn has_backups(&self) -> bool {
    let database = self.site.database.as_ref();
    database.is_some_and(|database| database.backup.is_some())
  }

  /// A command for this site, to be typed as it stands.
  pub(super) fn command(&self, words: &str) -> String {
    format!("cutover --config {} {words}", self.site.file.display())
  }

  /// Nobody else is at work who would not make way, nothing is half done, and Docker answers.
  pub(super) fn must_be_free(&self) -> Result<(), Refusal> {
    let observation = self.observation;
    if !self.preview.unread.is_empty() {
      return Err(self.refuse(Outcome::Refused, self.preview.unread.clone()));
    }
    let makes_way = self.preview.rival.as_ref().map(|rival| rival.id);
    if let Some(holder) = &observation.lock
      && makes_way != Some(holder.operation)
    {
      return Err(self.refuse_one(
        Outcome::Locked,
        format!(
          "operation {} ({} by {}) holds the lock since {}",
          holder.operation,
          holder.kind,
          holder.actor,
          holder.since.format("%H:%M:%SZ")
        ),
        format!(
          "follow it with '{}'",
          self.command(&format!("attach {}", holder.operation.0))
        ),
      ));
    }
    let half_done = doctor::interrupted(self.site, observation);
    if let Some(finding) = half_done.or_else(|| doctor::docker(observation)) {
      return Err(self.refuse(Outcome::Refused, vec![finding.fault]));
    }
    for slot in Slot::BOTH {
      if let Some(why) = observation.slots[slot].containers.why_not() {
        return Err(self.refuse_one(
          Outcome::Refused,
          format!(
            "the containers of {} cannot be looked at: {why}",
            slot.shout()
          ),
          self.command("config check"),
        ));
      }
    }
    Ok(())
  }

  /// Who is live, for everything that must not touch it.
  pub(super) fn live(&self) -> Result<Slot, Refusal> {
    match (self.observation.live_slot(), self.unclear()) {
      (Some(live), _) => Ok(live),
      (None, fault) => Err(self.refuse(Outcome::NeedsHuman, fault.into_iter().collect())),
    }
  }

  /// Why nobody can say who is live.
  pub(super) fn unclear(&self) -> Option<Fault> {
    doctor::live_unclear(self.site, self.observation).map(|finding| finding.fault)
  }

  /// All preflight faults at once, for plans that need a green preflight.
  pub(super) fn must_be_ready(&self) -> Result<(), Refusal> {
    let mut faults = self.preview.faults.clone();
    faults.extend(self.router_faults());
    if faults.is_empty() {
      Ok(())
    } else {
      Err(self.refuse(Outcome::Refused, faults))
    }
  }

  /// A proxy that cannot be looked at is taken for one that does not run.
  pub(super) fn proxy_runs(&self) -> bool {
    let facts = self.observation.router.value();
    facts.is_some_and(|facts| facts.proxy.running)
  }

  /// Former workers that still serve requests of the configuration before.
  pub(super) fn draining(&self) -> usize {
    self
      .observation
      .router
      .value()
      .and_then(|facts| facts.workers.as_ref())
      .map_or(0, |workers| workers.shutting_down.len())
  }

  /// What keeps the proxy from being switched.
  pub(super) fn router_faults(&self) -> Vec<Fault> {
    Finding::stopping(doctor::proxy(self.observation, self.site))
  }
}
