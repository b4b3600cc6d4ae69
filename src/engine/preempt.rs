//! A rollback does not wait for somebody else's release: the running one is asked to stop at its
//! next safe point, and only when it has ended and the lock is free does the rollback begin.
//!
//! A deploy that has not touched the proxy's file has moved nobody: asking it to stop is as safe as
//! the rollback itself. What moves or has moved users is interrupted only against a typed word.

use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

use super::{
  ports::{Follow, Message, Operations, PortError, PortErrorKind},
  run_state::RunState,
  world::World,
};
use crate::model::{
  event::{Event, Record},
  observation::Observation,
  operation::{Kind, OperationId, Verdict},
  plan::{Plan, Rival},
};

/// A runner that has just begun may not listen yet.
const AGAIN: Duration = Duration::from_millis(200);
/// Between a runner's last record and its lock.
const LEAVES: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(40);

/// What became of the operation in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preempted {
  /// It has ended and the lock is free. `None`: it had ended before it could be asked.
  Ended(Option<Verdict>),
  /// Its runner died: it lies interrupted, and that has to be settled first.
  Interrupted,
  /// It moves users by now, which was not agreed to. Nothing was said to it.
  MovesUsers,
}

/// The operation that holds the lock, when a rollback may push it aside.
pub(crate) fn rival(world: &World, observation: &Observation) -> Result<Option<Rival>, PortError> {
  match &observation.lock {
    Some(holder) => look(world, holder.operation).map(|found| found.map(|(rival, _)| rival)),
    None => Ok(None),
  }
}

fn look(world: &World, id: OperationId) -> Result<Option<(Rival, u64)>, PortError> {
  let Some(order) = world.ledger.order(id)? else {
    return Ok(None);
  };
  let (records, _) = world.ledger.records(id)?;
  let state = RunState::replay(&order.plan, &records);
  let kind = order.plan.kind;
  if state.verdict.is_some() || !matches!(kind, Kind::Deploy | Kind::Switch) {
    return Ok(None);
  }
  let rival = Rival {
    id,
    kind,
    actor: order.actor,
    moves_users: kind == Kind::Switch || state.traffic_touched(),
  };
  Ok(Some((
    rival,
    records.last().map_or(0, |record| record.number),
  )))
}

/// Asks the operation that `plan` pushes aside to stop, and waits until it has. `heard` gets its
/// records from now on. A plan with nothing in its way is done at once. Waits as long as the step
/// under way takes; dropping this takes nothing back.
pub async fn preempt(
  world: &World,
  operations: &dyn Operations,
  plan: &Plan,
  heard: &mut (dyn FnMut(&Record) + Send),
) -> Result<Preempted, PortError> {
  let Some(agreed) = &plan.preempts else {
    return Ok(Preempted::Ended(None));
  };
  let Some((now, last)) = look(world, agreed.id)? else {
    return free(world, agreed.id)
      .await
      .map(|()| Preempted::Ended(None));
  };
  if now.moves_users && !agreed.moves_users {
    return Ok(Preempted::MovesUsers);
  }
  let mut attachment = operations.attach(agreed.id).await?;
  let abort = Message::Abort {
    actor: operations.actor(),
  };
  let mut again = interval(AGAIN);
  let mut said = false;
  loop {
    tokio::select! {
      biased;
      _ = again.tick(), if !said => said = attachment.say(&abort).await.is_ok(),
      next = attachment.next() => match next? {
        Follow::Record(record) => {
          if record.number > last {
            heard(&record);
          }
          if let Event::Ended { verdict } = record.event {
            free(world, agreed.id).await?;
            return Ok(Preempted::Ended(Some(verdict)));
          }
        }
        Follow::RunnerGone => return Ok(Preempted::Interrupted),
      },
    }
  }
}

/// Until `id` no longer holds the lock; somebody else may.
async fn free(world: &World, id: OperationId) -> Result<(), PortError> {
  let until = Instant::now() + LEAVES;
  loop {
    let holder = world.ledger.lock_holder()?;
    if holder.is_none_or(|holder| holder.operation != id) {
      return Ok(());
    }
    if Instant::now() >= until {
      return Err(PortError::new(
        PortErrorKind::Timeout,
        format!("wait for operation {id} to give up the lock"),
        format!(
          "it has ended and still holds it after {} s",
          LEAVES.as_secs()
        ),
      ));
    }
    sleep(LOOK).await;
  }
}
