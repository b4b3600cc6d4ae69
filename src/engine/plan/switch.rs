//! All traffic to the other slot; also the way to settle a dispute about who is live.

use super::{builder::Builder, fences::Case};
use crate::{
  config::Hook,
  model::{
    Slot,
    operation::{Kind, Outcome},
    plan::{Plan, Refusal, Risk, Step},
    traffic::Live,
  },
};

pub(super) fn plan(case: &Case<'_>, to: Slot, reason: Option<&str>) -> Result<Plan, Refusal> {
  let settles =
    matches!(case.observation.live, Live::Disputed { proven: Some(slot) } if slot == to);
  if !settles {
    let live = case.live()?;
    if live == to {
      return Err(case.refuse_one(
        Outcome::Done,
        format!("{} is live already: nothing to do", to.shout()),
        case.command("status"),
      ));
    }
  }
  case.must_be_ready()?;
  must_exist(case, to)?;
  let mut plan = Builder::new(case, Kind::Switch, Some(to)).reason(reason);
  plan.risk(Risk::Amber);
  plan.step(Step::Preflight);
  if settles {
    plan = plan.from(to);
    if let Some(fault) = case.unclear() {
      plan.warn(fault.what.as_str());
    }
    plan.note(format!(
      "users are on {} already: this writes down what is true",
      to.shout()
    ));
  }
  if let Some(why) = untested(case, to) {
    plan.warn(format!("{why}: it is tested first"));
    plan.step(Step::WaitHealthy {
      slot: to,
      service: None,
    });
    plan.step(Step::Smoke { slot: to });
    plan.step(Step::Evidence { slot: to });
  }
  plan.hook(Hook::BeforeSwitch, "before_switch");
  plan.switch_steps(to, None);
  plan.hook(Hook::AfterSwitch, "after_switch");
  if !settles {
    plan.step(Step::Drain { slot: to.other() });
    plan.note(format!(
      "{} keeps running: 'cutover rollback' goes back to it",
      to.other().shout()
    ));
  }
  Ok(plan.build())
}

fn must_exist(case: &Case<'_>, to: Slot) -> Result<(), Refusal> {
  let environment = &case.observation.slots[to];
  if environment.any_running() {
    return Ok(());
  }
  let fix = if environment.containers().is_empty() {
    case.command(&format!("deploy {to} --version <version>"))
  } else {
    case.command(&format!("start {to}"))
  };
  Err(case.refuse_one(
    Outcome::Refused,
    format!("{} is not running", to.shout()),
    fix,
  ))
}

/// Why the slot cannot be switched to as it stands without being tested again.
pub(super) fn untested(case: &Case<'_>, slot: Slot) -> Option<String> {
  let environment = &case.observation.slots[slot];
  let Some(evidence) = &environment.evidence else {
    return Some(format!("{} was never tested by cutover", slot.shout()));
  };
  if let Some(why) = evidence.voided_by(environment.containers()) {
    return Some(why);
  }
  let age = case.observation.at - evidence.at;
  let limit =
    chrono::Duration::from_std(case.site.deploy.evidence).unwrap_or(chrono::Duration::MAX);
  (age > limit).then(|| {
    format!(
      "the tests of {} are {} minutes old",
      slot.shout(),
      age.num_minutes()
    )
  })
}
