//! What must hold before anything may be planned at all, and how a refusal is worded.

use super::preview::Preview;
use crate::{
  config::Site,
  model::{
    Known, Slot,
    observation::{Observation, Phase},
    operation::Outcome,
    plan::{Fault, Refusal},
    traffic::{Live, Witness},
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
    if let Some(operation) = observation
      .operation
      .as_ref()
      .filter(|operation| operation.phase == Phase::Interrupted)
    {
      return Err(self.refuse_one(
        Outcome::Refused,
        format!(
          "operation {} ({}) was interrupted at {}",
          operation.id,
          operation.kind,
          operation.step.as_ref().map_or("its start", |step| step.as_str())
        ),
        format!(
          "finish it with '{}', or put back what users had with '{}'",
          self.command(&format!("resume {}", operation.id.0)),
          self.command("rollback")
        ),
      ));
    }
    if let Known::No { why, .. } = &observation.runtime {
      return Err(self.refuse_one(Outcome::Refused, why, "start Docker, then try again"));
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
    match &self.observation.live {
      Live::Proven { slot } | Live::Claimed { slot } => Ok(*slot),
      Live::Disputed { proven } => {
        let fix = proven.map_or_else(
          || self.command("status"),
          |slot| {
            format!(
              "users are on {0}: settle it with '{1}', which writes down what is true and moves nobody",
              slot.shout(),
              self.command(&format!("switch {slot}"))
            )
          },
        );
        Err(self.refuse_one(Outcome::NeedsHuman, self.dispute(), fix))
      }
      Live::Unknown => Err(self.refuse_one(
        Outcome::NeedsHuman,
        "nobody can tell which slot is live: no answer through the proxy, no managed file, no state file",
        self.command("status"),
      )),
    }
  }

  pub(super) fn dispute(&self) -> String {
    let words: Vec<String> = self
      .observation
      .witnesses
      .iter()
      .filter_map(Witness::claim)
      .collect();
    format!(
      "the witnesses of who is live disagree: {}",
      words.join(", ")
    )
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
    router_faults(self.observation, self.site)
  }
}

/// Faults of the proxy and the managed file, each with its fix.
fn router_faults(observation: &Observation, site: &Site) -> Vec<Fault> {
  let mut faults = Vec::new();
  let facts = match &observation.router {
    Known::No { why, .. } => {
      return vec![Fault::new(
        why,
        "start the proxy and look again with 'cutover status'",
      )];
    }
    Known::Yes { value, .. } => value,
  };
  if !facts.proxy.running {
    faults.push(Fault::new(
      format!(
        "the proxy {} is not running: users get no answer",
        facts.proxy.name
      ),
      format!("docker start {}", facts.proxy.name),
    ));
    return faults;
  }
  if let Err(why) = &facts.test {
    faults.push(Fault::new(
      format!("the proxy's own test fails on what is on disk now: {why}"),
      "mend the proxy's configuration; nothing may be reloaded until 'nginx -t' passes",
    ));
  }
  let file = match &facts.file {
    Err(why) => {
      let path = site.router.switch.path().display();
      faults.push(Fault::new(
        format!("the managed file cannot be used: {why}"),
        format!("look at {path}"),
      ));
      return faults;
    }
    Ok(file) => file,
  };
  if !file.writable {
    faults.push(Fault::new(
      format!("{} cannot be written by this user", file.path),
      format!(
        "give this user write permission on {} and its folder",
        file.path
      ),
    ));
  }
  if file.included == Some(false) {
    faults.push(Fault::new(
      format!(
        "the proxy does not include {}: changing it would move nobody",
        file.path
      ),
      "add an include of that file to the proxy's configuration, or correct [router] switch",
    ));
  }
  if !file.is_seen() {
    faults.push(Fault::new(
      format!(
        "the proxy does not see the {} that is on this host: the mount is stale",
        file.path
      ),
      "restart the proxy in a quiet hour, and mount the folder instead of the single file",
    ));
  }
  faults
}
