//! Start, stop and restart of a slot, or of one service of it: always the containers that are
//! there. What users are on is stopped only against a typed phrase.

use super::{builder::Builder, fences::Case};
use crate::{
  engine::intent::Force,
  model::{
    Slot,
    container::Container,
    operation::{Kind, Outcome},
    plan::{OnFailure, Plan, Refusal, Step, part},
    traffic::Live,
  },
};

pub(super) fn start(case: &Case<'_>, slot: Slot, service: Option<&str>) -> Result<Plan, Refusal> {
  let named = Named::new(case, slot, service)?;
  if named.runs_whole() {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} is running already: nothing to do", named.words()),
      case.command("status"),
    ));
  }
  let mut plan = named.plan(Kind::Start);
  if named.there.is_empty() {
    named.must_be_whole()?;
    let Some(pins) = &case.preview.recorded else {
      return Err(case.refuse_one(
        Outcome::Refused,
        format!("{} has no containers and no recorded image", slot.shout()),
        case.command(&format!("deploy {slot} --version <version>")),
      ));
    };
    plan.step(Step::Start {
      slot,
      version: pins.version.clone(),
    });
  } else {
    plan.step(named.wake());
  }
  plan.step(named.healthy());
  Ok(plan.build())
}

pub(super) fn stop(
  case: &Case<'_>,
  slot: Slot,
  service: Option<&str>,
  force: Force,
) -> Result<Plan, Refusal> {
  let named = Named::new(case, slot, service)?;
  if !named.runs() {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} is not running: nothing to do", named.words()),
      case.command("status"),
    ));
  }
  let mut plan = named.put_down(Kind::Stop, force)?;
  plan.note("the containers are kept: 'cutover start' brings the very same ones back");
  Ok(plan.build())
}

pub(super) fn restart(
  case: &Case<'_>,
  slot: Slot,
  service: Option<&str>,
  force: Force,
) -> Result<Plan, Refusal> {
  let named = Named::new(case, slot, service)?;
  if !named.runs() {
    return Err(case.refuse_one(
      Outcome::Refused,
      format!("{} is not running", named.words()),
      case.command(&named.typed("start")),
    ));
  }
  let mut plan = named.put_down(Kind::Restart, force)?;
  plan.step(named.wake());
  plan.step(named.healthy());
  plan.note("the very containers are stopped and started again; none is created");
  Ok(plan.build())
}

/// The slot, or the one service of it, that was named, and its containers.
struct Named<'a> {
  case: &'a Case<'a>,
  slot: Slot,
  service: Option<&'a str>,
  there: Vec<&'a Container>,
}

impl<'a> Named<'a> {
  /// A service must be one of the site's.
  fn new(case: &'a Case<'a>, slot: Slot, service: Option<&'a str>) -> Result<Self, Refusal> {
    let known: Vec<&str> = case.site.services.iter().map(|s| s.key.as_str()).collect();
    if let Some(service) = service.filter(|service| !known.contains(service)) {
      return Err(case.refuse_one(
        Outcome::Usage,
        format!("there is no service '{service}' here"),
        format!("use one of: {}", known.join(", ")),
      ));
    }
    let there = case.observation.slots[slot]
      .containers()
      .iter()
      .filter(|container| service.is_none_or(|service| container.service == service))
      .collect();
    Ok(Self {
      case,
      slot,
      service,
      there,
    })
  }

  fn words(&self) -> String {
    part(self.slot, self.service)
  }

  /// `stop blue`, or `stop blue api`.
  fn typed(&self, verb: &str) -> String {
    let slot = self.slot;
    self.service.map_or_else(
      || format!("{verb} {slot}"),
      |service| format!("{verb} {slot} {service}"),
    )
  }

  fn runs(&self) -> bool {
    self.there.iter().any(|container| container.is_running())
  }

  /// Every service that was named, or all that the slot needs.
  fn runs_whole(&self) -> bool {
    let wanted = |key: &str, optional: bool| self.service.map_or(!optional, |named| key == named);
    let runs = |key: &str| {
      self
        .there
        .iter()
        .any(|container| container.service == key && container.is_running())
    };
    self
      .case
      .site
      .services
      .iter()
      .filter(|known| wanted(&known.key, known.optional))
      .all(|known| runs(&known.key))
  }

  /// One service is never created alone: its slot is started as a whole, from its pins.
  fn must_be_whole(&self) -> Result<(), Refusal> {
    let Some(service) = self.service else {
      return Ok(());
    };
    let slot = self.slot;
    let fix = if self.case.observation.slots[slot].containers().is_empty() {
      format!("start {slot}")
    } else {
      format!("deploy {slot} --version <version>")
    };
    Err(self.case.refuse_one(
      Outcome::Refused,
      format!("{service} has no container in {}", slot.shout()),
      self.case.command(&fix),
    ))
  }

  fn plan(&self, kind: Kind) -> Builder<'a> {
    Builder::new(self.case, kind, Some(self.slot)).on_failure(OnFailure::KeepForInspection)
  }

  /// A plan that begins by stopping what runs, when it may be stopped.
  fn put_down(&self, kind: Kind, force: Force) -> Result<Builder<'a>, Refusal> {
    let mut plan = self.plan(kind);
    self.may_be_stopped(&mut plan, force)?;
    let commands: Vec<String> = self
      .there
      .iter()
      .filter(|container| container.is_running())
      .map(|container| format!("docker stop {}", container.name))
      .collect();
    plan.detailed(
      Step::Stop {
        slot: self.slot,
        service: self.service.map(ToOwned::to_owned),
      },
      &commands,
    );
    self.voids(&mut plan);
    Ok(plan)
  }

  /// Never what users are on, and never what former workers still use, unless that was typed.
  fn may_be_stopped(&self, plan: &mut Builder<'_>, force: Force) -> Result<(), Refusal> {
    let (case, slot) = (self.case, self.slot);
    let verb = plan.kind().word();
    let command = self.typed(verb);
    let it = self.service.unwrap_or("it");
    let live = match case.observation.live {
      Live::Proven { slot } | Live::Claimed { slot } => Some(slot),
      Live::Disputed { .. } | Live::Unknown => None,
    };
    match (live, force) {
      (Some(live), _) if live != slot => {}
      (Some(_), Force::Typed) => {
        plan.red(format!("{slot} is live"));
        plan.warn(format!(
          "{} is LIVE: to {verb} {it} is an outage",
          slot.shout()
        ));
      }
      (Some(_), Force::No) => {
        return Err(case.refuse_one(
          Outcome::Refused,
          format!(
            "{} is live: to {verb} {it} would be an outage",
            slot.shout()
          ),
          format!(
            "move users first with '{}'; to {verb} it all the same: '{}'",
            case.command(&format!("switch {}", slot.other())),
            case.command(&format!("{command} --confirm '{slot} is live'"))
          ),
        ));
      }
      (None, _) => {
        return Err(case.refuse_one(
          Outcome::NeedsHuman,
          "it is not certain which slot is live, so none is stopped",
          case.command("status"),
        ));
      }
    }
    let draining = case.draining();
    if draining > 0 && force == Force::No {
      return Err(case.refuse_one(
        Outcome::Refused,
        format!(
          "{draining} former proxy workers still serve requests of {}: it has not drained",
          slot.shout()
        ),
        format!(
          "wait and type it again; to cut them off: '{}'",
          case.command(&format!("{command} --confirm '{slot} is draining'"))
        ),
      ));
    }
    if draining > 0 && live != Some(slot) {
      plan.red(format!("{slot} is draining"));
      plan.warn(format!(
        "{draining} former proxy workers still use it: their requests are cut off"
      ));
    }
    Ok(())
  }

  /// What passed did so on containers that had not been stopped since.
  fn voids(&self, plan: &mut Builder<'_>) {
    let slot = self.slot;
    let environment = &self.case.observation.slots[slot];
    if environment.evidence.is_some() && environment.evidence_void.is_none() {
      plan.note(format!(
        "the tests that {} passed no longer count after this: 'cutover smoke {slot}' tests it again",
        slot.shout()
      ));
    }
  }

  fn wake(&self) -> Step {
    Step::Wake {
      slot: self.slot,
      service: self.service.map(ToOwned::to_owned),
    }
  }

  fn healthy(&self) -> Step {
    Step::WaitHealthy {
      slot: self.slot,
      service: self.service.map(ToOwned::to_owned),
    }
  }
}
