//! Whether a plan that is being looked at still fits what was just observed.

use crate::model::{
  Slot, container::ContainerId, observation::Observation, plan::Plan, shown::Shown, traffic::Live,
};

/// What changed since `plan` was made, in words; `None` while it still holds. The runner asks the
/// site itself once more; this only keeps nobody reading a dialog that is no longer true.
pub fn changed(plan: &Plan, now: &Observation) -> Option<Shown> {
  let aside = plan.preempts.as_ref().map(|rival| rival.id);
  if let Some(holder) = &now.lock
    && aside != Some(holder.operation)
  {
    return Some(Shown::line(&format!(
      "{} ({}) by {} began meanwhile",
      holder.operation, holder.kind, holder.actor
    )));
  }
  let premise = &plan.premise;
  let live = premise.live?;
  let answers = match &now.live {
    Live::Proven { slot } | Live::Claimed { slot } => Some(*slot),
    Live::Disputed { proven } => *proven,
    Live::Unknown => None,
  };
  match answers {
    Some(slot) if slot == live => {}
    Some(slot) => {
      return Some(Shown::line(&format!(
        "users are on {} now, no longer on {}",
        slot.shout(),
        live.shout()
      )));
    }
    None => return Some("it is no longer certain who is live".into()),
  }
  if let (Some(planned), Some(file)) = (
    &premise.managed,
    crate::engine::observe::managed(&now.router),
  ) && file.hash != *planned
  {
    return Some("the proxy's managed file was changed".into());
  }
  let containers = now.slots[live].containers.value()?;
  let mut ids: Vec<ContainerId> = containers.iter().map(|found| found.id.clone()).collect();
  ids.sort();
  (!premise.untouched.is_empty() && ids != premise.untouched).then(|| recreated(live))
}

fn recreated(slot: Slot) -> Shown {
  Shown::line(&format!("the containers of {} changed", slot.shout()))
}
