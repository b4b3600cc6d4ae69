//! What the running site itself shows: who is live and who says otherwise, what lies half done,
//! what a reboot would bring back.

use super::facts::Seen;
use crate::{
  config::Site,
  model::{
    Known, Slot,
    container::Container,
    finding::{Finding, Hazard, Place},
    observation::{Observation, Phase},
    traffic::{Live, Witness},
  },
};

/// Nothing may be planned while Docker does not answer.
pub(in crate::engine) fn docker(seen: &Observation) -> Option<Finding> {
  let Known::No { why, .. } = &seen.runtime else {
    return None;
  };
  Some(Finding::red(
    Hazard::Setup,
    why,
    "no container can be looked at, started or stopped; what runs goes on as it is",
    "start Docker, then try again",
  ))
}

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
  let (site, observation) = (seen.site, seen.observation);
  let mut found = Vec::new();
  found.extend(docker(observation));
  found.extend(compose(observation));
  found.extend(live_unclear(site, observation).filter(|_| observation.runtime.value().is_some()));
  found.extend(interrupted(site, observation));
  found.extend(moved_outside(site, observation));
  found.extend(one_container_twice(observation));
  if let Some(live) = observation.live_slot() {
    found.extend(unhealthy(site, observation, live));
    found.extend(after_a_reboot(observation, live));
  }
  found.extend(terminals(observation));
  found
}

fn typed(site: &Site, words: &str) -> String {
  format!("cutover --config {} {words}", site.file.display())
}

/// `none: …` is what the runtime says where no Compose is.
fn compose(seen: &Observation) -> Option<Finding> {
  let said = seen.runtime.value()?.compose.as_str();
  let why = said.strip_prefix("none: ")?;
  Some(Finding::red(
    Hazard::Setup,
    format!("no Compose can be used: {why}"),
    "nothing can be deployed; what runs can still be switched and rolled back to",
    "install the package docker-compose-plugin or docker-compose, or set command in [runtime]",
  ))
}

/// Nothing that must spare the live slot may be planned while nobody can say which one it is.
pub(in crate::engine) fn live_unclear(site: &Site, seen: &Observation) -> Option<Finding> {
  const WHY: &str = "a deploy that believed the wrong one would rebuild the slot users are on";
  let (what, fix) = match seen.live {
    Live::Proven { .. } | Live::Claimed { .. } => return None,
    Live::Unknown => (
      "nobody can tell which slot is live: no answer through the proxy, no managed file, no state file".to_owned(),
      typed(site, "status"),
    ),
    Live::Disputed { proven } => {
      let claims: Vec<String> = seen.witnesses.iter().filter_map(Witness::claim).collect();
      let what = format!(
        "the witnesses of who is live disagree: {}",
        claims.join(", ")
      );
      let fix = match proven {
        Some(slot) => format!(
          "users are on {}: settle it with '{}', which writes down what is true and moves nobody",
          slot.shout(),
          typed(site, &format!("switch {slot}"))
        ),
        None => typed(site, "status"),
      };
      (what, fix)
    }
  };
  let finding = Finding::red(Hazard::Hz(16), what, WHY, fix);
  Some(match &site.truth.state_file {
    Some(file) => finding.at(Place::file(file.display().to_string())),
    None => finding,
  })
}

/// Nothing may be planned while an operation lies half done.
pub(in crate::engine) fn interrupted(site: &Site, seen: &Observation) -> Option<Finding> {
  let operation = seen
    .operation
    .as_ref()
    .filter(|operation| operation.phase == Phase::Interrupted)?;
  let step = operation
    .step
    .as_ref()
    .map_or("its start", |step| step.as_str());
  Some(Finding::red(
    Hazard::H(12),
    format!(
      "operation {} ({}) was interrupted at {step}",
      operation.id, operation.kind
    ),
    "what it changed may be half done: nothing else is begun until it is settled",
    format!(
      "finish it with '{}', or put back what users had with '{}'",
      typed(site, &format!("resume {}", operation.id.0)),
      typed(site, "rollback")
    ),
  ))
}

/// What cutover wrote down last is no longer how things are.
fn moved_outside(site: &Site, seen: &Observation) -> Option<Finding> {
  let record = seen.record.as_ref()?;
  if let Some(live) = seen.live_slot().filter(|live| *live != record.live) {
    return Some(Finding::amber(
      Hazard::Hz(1),
      format!(
        "traffic was moved outside cutover: {} was live in {}, {} answers now",
        record.live.shout(),
        record.operation,
        live.shout()
      ),
      "a script or a person switches this site too, and no lock keeps you apart",
      format!(
        "{}, which writes down what is true and moves nobody; then find out who switched",
        typed(site, &format!("switch {live}"))
      ),
    ));
  }
  let file = seen.router.value()?.file.as_ref().ok()?;
  (file.hash != record.managed).then(|| {
    Finding::amber(
      Hazard::H(2),
      format!("{} was changed by someone else since {}", file.path, record.operation),
      "what is in the file and what the proxy has loaded may differ: the next reload by anyone, such as a renewed certificate, would load it",
      format!(
        "look at it; then {}, which writes it anew and moves nobody",
        typed(site, &format!("switch {}", record.live))
      ),
    )
    .at(Place::file(&file.path))
  })
}

fn one_container_twice(seen: &Observation) -> Vec<Finding> {
  let green = seen.slots[Slot::Green].containers();
  seen.slots[Slot::Blue]
    .containers()
    .iter()
    .filter(|blue| green.iter().any(|green| green.id == blue.id))
    .map(|both| {
      Finding::red(
        Hazard::Hz(17),
        format!("both slots resolve to the same container {}", both.name),
        "a deploy to the standby would recreate what users are on",
        "give each slot a service, project or container name of its own in the configuration",
      )
    })
    .collect()
}

fn unhealthy(site: &Site, seen: &Observation, live: Slot) -> Option<Finding> {
  let fault = seen.slots[live].health.value()?.first_fault()?;
  Some(Finding::red(
    Hazard::H(14),
    format!(
      "{} is live and not healthy: {} {}",
      live.shout(),
      fault.level,
      fault.detail
    ),
    "users meet it now",
    format!(
      "{}; when the version before was well: {}",
      typed(site, &format!("health {live} -v")),
      typed(site, "rollback")
    ),
  ))
}

/// Restart policies decide which slot is up after the machine was restarted.
fn after_a_reboot(seen: &Observation, live: Slot) -> Vec<Finding> {
  let policy = |container: &Container| container.restart_policy.clone();
  let up = seen.slots[live]
    .containers()
    .iter()
    .filter(|container| {
      container.is_running() && matches!(policy(container).as_str(), "no" | "" | "on-failure")
    })
    .map(|container| {
      Finding::red(
        Hazard::Hz(15),
        format!(
          "{} of {}, which is live, stays down after a reboot (restart policy {})",
          container.name,
          live.shout(),
          if container.restart_policy.is_empty() {
            "no"
          } else {
            &container.restart_policy
          }
        ),
        "the machine comes back without the site",
        format!("docker update --restart=unless-stopped {}", container.name),
      )
    });
  let down = seen.slots[live.other()]
    .containers()
    .iter()
    .filter(|container| !container.is_running() && policy(container) == "always")
    .map(|container| {
      Finding::amber(
        Hazard::H(15),
        format!(
          "{} of {} is stopped and comes back by itself (restart policy always)",
          container.name,
          live.other().shout()
        ),
        "a restart of Docker wakes the old version: its jobs and migrations run beside the live one",
        format!("docker update --restart=no {}", container.name),
      )
    });
  up.chain(down).collect()
}

/// A container with a terminal writes a log without frames.
fn terminals(seen: &Observation) -> Vec<Finding> {
  Slot::BOTH
    .into_iter()
    .flat_map(|slot| seen.slots[slot].containers())
    .filter(|container| container.tty)
    .map(|container| {
      Finding::note(
        Hazard::H(28),
        format!("{} runs with a terminal (tty: true)", container.name),
        "its errors and its output are one stream, and it may write anything to whoever reads its log",
        "take tty: true out of the compose file",
      )
    })
    .collect()
}
