//! What an interrupted operation means, and how another process finishes it. The journal says what
//! was intended; only the world says what is true, so it is asked first.

use std::time::Duration;

use tokio::time::timeout;

use super::{
  guard,
  ports::{Inbox, Journal},
  proof,
  run_state::RunState,
  runner::{Runner, Stop},
  world::World,
};
use crate::model::{
  Slot,
  event::{Event, Failure, Record, Recovery},
  operation::{Kind, Verdict},
  plan::{Order, Plan},
  shown::Shown,
};

const LOOK: Duration = Duration::from_mins(2);

/// Where a dead runner left things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
  /// The managed file was never touched: users are where they were.
  Untouched,
  /// It may have been touched, and the proxy still answers from the former slot.
  Pending,
  /// The proxy answers from the new slot, and the file on disk says the same.
  Loaded,
  /// The new truth is recorded and still true; only the tail is missing.
  Recorded,
  /// It was recorded, and this slot answers now.
  MovedSince(Slot),
}

/// Goes on with, or puts back, the operation `order`. `resumed` is written first. An operation
/// that has ended stays as it ended.
pub async fn recover(
  world: &World,
  order: &Order,
  journal: &dyn Journal,
  inbox: &mut dyn Inbox,
  records: &[Record],
  resumed: Event,
) -> Verdict {
  let how = match &resumed {
    Event::Resumed { how, .. } => *how,
    _ => Recovery::Resume,
  };
  let mut runner = Runner::new(world, order, journal, inbox, records);
  if let Some(verdict) = &runner.state.verdict {
    return verdict.clone();
  }
  if let Err(failure) = runner.write(&resumed) {
    return runner.finish(Some(Stop::Failed(failure))).await;
  }
  let found = timeout(LOOK, found(&runner))
    .await
    .unwrap_or_else(|_| Err(Shown::line("looking took too long")));
  let stop = match (found, how) {
    (Ok(Found::Untouched), Recovery::Resume) => go_on(&mut runner).await,
    (Ok(Found::Untouched | Found::Loaded | Found::Pending), Recovery::Rollback) => {
      Some(Stop::Aborted)
    }
    (Ok(Found::Loaded), Recovery::Resume) | (Ok(Found::Recorded), _) => runner.steps().await.err(),
    (Ok(Found::Pending), Recovery::Resume) => Some(Stop::Failed(Failure::new(
      "it was interrupted before the proxy had loaded the new file",
    ))),
    (Ok(Found::MovedSince(slot)), _) => Some(Stop::Failed(Failure::new(format!(
      "{} answers now: users were moved by somebody else since this was recorded",
      slot.shout()
    )))),
    (Err(why), _) => Some(Stop::Failed(Failure::new(format!(
      "it was interrupted, and it cannot be told what the proxy has loaded: {why}"
    )))),
  };
  runner.finish(stop).await
}

/// Continues with the first step that is not done, if the premise still holds.
async fn go_on(runner: &mut Runner<'_>) -> Option<Stop> {
  let world = runner.world;
  let holds = timeout(
    LOOK,
    premise_holds(world, &runner.order.plan, &runner.state),
  )
  .await
  .unwrap_or_else(|_| Err(Failure::new("looking at the site took too long")));
  match holds {
    Ok(()) => runner.steps().await.err(),
    Err(failure) => Some(Stop::Failed(failure)),
  }
}

async fn premise_holds(world: &World, plan: &Plan, state: &RunState) -> Result<(), Failure> {
  if let (Kind::Up, Some(slot)) = (plan.kind, plan.target) {
    return guard::must_serve_nobody(world, slot, state).await;
  }
  let premise = &plan.premise;
  let Some(live) = premise.live else {
    return Ok(());
  };
  match guard::live_now(world).await {
    Ok(now) if now == live => guard::must_be_unchanged(world, live, &premise.untouched).await,
    Ok(now) => Err(Failure::new(format!(
      "{} was live when this began, {} is now: nothing was repeated",
      live.shout(),
      now.shout()
    ))),
    Err(why) => Err(Failure::new(format!(
      "it cannot be told who is live: {why}"
    ))),
  }
}

async fn found(runner: &Runner<'_>) -> Result<Found, Shown> {
  let state = &runner.state;
  let world = runner.world;
  if !state.traffic_touched() {
    return Ok(Found::Untouched);
  }
  let Some((saved, next)) = state.saved() else {
    return Ok(Found::Untouched);
  };
  if state.recorded() || runner.is_live_record() {
    let answering = settled(world).await?;
    return Ok(if answering == next.slot {
      Found::Recorded
    } else {
      Found::MovedSince(answering)
    });
  }
  let now = world
    .router
    .save()
    .await
    .map_err(|error| world.shown(&error.to_string()))?;
  if now.hash != next.hash {
    return Ok(Found::Pending);
  }
  let answering = settled(world).await?;
  let former = runner.order.plan.from.or(saved.slot);
  if answering == next.slot && former != Some(answering) && state.reload_started() {
    Ok(Found::Loaded)
  } else {
    Ok(Found::Pending)
  }
}

/// Right after a reload both slots answer for a moment; ask until they agree.
async fn settled(world: &World) -> Result<Slot, Shown> {
  proof::look_again(world)
    .await
    .map_err(|why| Shown::line(&why.to_string()))
}
