//! The whole of a switch to the slot that is live already: file, mount, test, reload and proof are
//! tried for real, and nobody moves.

use super::{builder::Builder, fences::Case};
use crate::{
  engine::observe::managed,
  model::{
    operation::{Kind, Outcome},
    plan::{Plan, Refusal, Step},
  },
};

pub(super) fn plan(case: &Case<'_>) -> Result<Plan, Refusal> {
  let live = case.live()?;
  case.must_be_ready()?;
  let file = managed(&case.observation.router);
  if file.and_then(|file| file.names) != Some(live) {
    let path = case.site.router.switch.path().display();
    return Err(case.refuse_one(
      Outcome::Refused,
      format!(
        "{path} is not what {} would have, so a rehearsal would change it",
        live.shout()
      ),
      format!(
        "compare it with [router.switch], correct one of the two, then '{}'",
        case.command("rehearse")
      ),
    ));
  }
  let mut plan = Builder::new(case, Kind::Rehearse, Some(live));
  plan.step(Step::Preflight);
  plan.switch_steps(live, None);
  plan.note(format!(
    "users are on {} and stay there: the proxy loads what it has",
    live.shout()
  ));
  Ok(plan.build())
}
