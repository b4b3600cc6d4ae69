//! Whether users could be sent back now, how fast, and if not, why not.

use crate::{
  engine::{
    run_state::{RunState, StepState},
    world::World,
  },
  model::{
    BySlot,
    evidence::LiveRecord,
    observation::EnvironmentState,
    operation::{Kind, Outcome},
    plan::Step,
    shown::Shown,
    traffic::{Live, Readiness, Warmth},
  },
};

/// How long this site's own operations took, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
  /// The last proven move of traffic.
  moved: Option<u64>,
  /// The last start of a slot until it was healthy.
  started: Option<u64>,
}

pub(super) fn weigh(
  live: &Live,
  record: Option<&LiveRecord>,
  slots: &BySlot<EnvironmentState>,
  history: Option<&History>,
) -> Readiness {
  let none = |why: &str| Readiness {
    warmth: Warmth::None,
    target: None,
    expected_seconds: None,
    why_not: vec![Shown::line(why)],
  };
  let Some(live) = live.slot() else {
    return none("it is not certain who is live");
  };
  let Some(record) = record else {
    return none("nothing was switched yet");
  };
  let Some(target) = record.previous.filter(|previous| *previous == live.other()) else {
    return none("no former live slot is recorded");
  };
  let environment = &slots[target];
  let mut why_not = Vec::new();
  let containers = environment.containers();
  let same = !record.previous_containers.is_empty()
    && record
      .previous_containers
      .iter()
      .all(|tested| containers.iter().any(|c| c.id == tested.container));
  if !same && !containers.is_empty() && !record.previous_containers.is_empty() {
    why_not.push(Shown::line(&format!(
      "{} no longer has the containers that served: it would go to {}",
      target.shout(),
      environment
        .version
        .as_ref()
        .map_or("another version".to_owned(), ToString::to_string),
    )));
  }
  if let Some(rollback) = record.left_by(target, containers) {
    why_not.push(Shown::line(&format!(
      "rollback {rollback} took users away from {}: only a typed phrase sends them there again",
      target.shout()
    )));
  }
  let warmth = if containers.is_empty() {
    if environment.pins.is_none() {
      why_not.push(Shown::line(
        "its containers are gone and no image is recorded",
      ));
      Warmth::None
    } else {
      Warmth::Cold
    }
  } else if environment.any_running() {
    if let Some(health) = environment.health.value()
      && let Some(fault) = health.first_fault()
    {
      why_not.push(Shown::line(&format!("{} {}", fault.level, fault.detail)));
    }
    Warmth::Hot
  } else {
    Warmth::Warm
  };
  Readiness {
    warmth,
    target: Some(target),
    expected_seconds: history.and_then(|history| history.expected(warmth)),
    why_not,
  }
}

impl History {
  /// The move of traffic, and before it the start where the target must be started first.
  fn expected(&self, warmth: Warmth) -> Option<u64> {
    let millis = match warmth {
      Warmth::Hot => self.moved?,
      Warmth::Warm | Warmth::Cold => self.moved? + self.started?,
      Warmth::None => return None,
    };
    Some(millis.div_ceil(1000))
  }
}

/// From the newest operations that were done; `None` when they cannot be read.
pub(super) fn history(world: &World) -> Option<History> {
  let History {
    mut moved,
    mut started,
  } = History::default();
  for order in world.ledger.orders(30).ok()? {
    let (records, _) = world.ledger.records(order.id).ok()?;
    let state = RunState::replay(&order.plan, &records);
    if state
      .verdict
      .as_ref()
      .is_none_or(|verdict| verdict.outcome != Outcome::Done)
    {
      continue;
    }
    let took = |wanted: &dyn Fn(&Step) -> bool| {
      state
        .steps
        .iter()
        .filter(|(step, _)| wanted(step))
        .filter_map(|(_, state)| match state {
          StepState::Done { millis, .. } => Some(*millis),
          StepState::Waiting | StepState::Running { .. } | StepState::Failed { .. } => None,
        })
        .sum::<u64>()
    };
    if moved.is_none() && state.proved() {
      moved = Some(took(&|step| {
        step.moves_traffic()
          // A deploy checks far more before it begins than a rollback does.
          || (order.plan.kind != Kind::Deploy && matches!(step, Step::Preflight))
          || matches!(
            step,
            Step::CheckTarget { .. } | Step::Save { .. } | Step::Record { .. }
          )
      }));
    }
    if started.is_none() && order.plan.kind == Kind::Deploy {
      started = Some(took(&|step| {
        matches!(step, Step::Start { .. } | Step::WaitHealthy { .. })
      }));
    }
  }
  Some(History { moved, started })
}
