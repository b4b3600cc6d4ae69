//! What an interrupted operation means, and how another process finishes it. The journal says what
//! was intended; only the world says what is true, so it is asked first.

use super::{
  guard,
  ports::{Inbox, Journal},
  proof,
  runner::{Runner, Stop},
  world::World,
};
use crate::model::{
  Slot,
  event::{Event, Failure, Record, Recovery},
  operation::Verdict,
  plan::Order,
  shown::Shown,
};

/// Where a dead runner left things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
  /// The managed file was never touched: users are where they were.
  Untouched,
  /// It may have been touched, and the proxy still answers from the former slot.
  Pending,
  /// The proxy answers from the new slot, and the file on disk says the same.
  Loaded,
  /// The new truth is recorded; only the tail is missing.
  Recorded,
}

/// Goes on with, or puts back, the operation `order`. `resumed` is written first.
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
  if let Err(failure) = runner.write(&resumed) {
    return runner.finish(Some(Stop::Failed(failure))).await;
  }
  let stop = match (found(&runner).await, how) {
    (Ok(Found::Untouched), Recovery::Resume) => go_on(&mut runner).await,
    (Ok(Found::Loaded | Found::Recorded), Recovery::Resume)
    | (Ok(Found::Recorded), Recovery::Rollback) => runner.steps().await.err(),
    (Ok(Found::Untouched | Found::Loaded | Found::Pending), Recovery::Rollback) => {
      Some(Stop::Aborted)
    }
    (Ok(Found::Pending), Recovery::Resume) => Some(Stop::Failed(Failure::new(
      "it was interrupted before the proxy had loaded the new file",
    ))),
    (Err(why), _) => Some(Stop::Failed(Failure::new(format!(
      "it was interrupted, and it cannot be told what the proxy has loaded: {why}"
    )))),
  };
  runner.finish(stop).await
}

/// Continues with the first step that is not done, if the premise still holds.
async fn go_on(runner: &mut Runner<'_>) -> Option<Stop> {
  let premise = &runner.order.plan.premise;
  if let Some(live) = premise.live {
    match guard::live_now(runner.world).await {
      Ok(now) if now == live => {}
      Ok(now) => {
        return Some(Stop::Failed(Failure::new(format!(
          "{} was live when this began, {} is now: nothing was repeated",
          live.shout(),
          now.shout()
        ))));
      }
      Err(why) => {
        return Some(Stop::Failed(Failure::new(format!(
          "it cannot be told who is live: {why}"
        ))));
      }
    }
    if let Err(failure) = guard::must_be_unchanged(runner.world, live, &premise.untouched).await {
      return Some(Stop::Failed(failure));
    }
  }
  runner.steps().await.err()
}

async fn found(runner: &Runner<'_>) -> Result<Found, Shown> {
  let state = &runner.state;
  if state.recorded() {
    return Ok(Found::Recorded);
  }
  if !state.traffic_touched() {
    return Ok(Found::Untouched);
  }
  let Some((saved, next)) = state.saved() else {
    return Ok(Found::Untouched);
  };
  let now = runner
    .world
    .router
    .save()
    .await
    .map_err(|error| runner.world.shown(&error.to_string()))?;
  if now.hash != next.hash {
    return Ok(Found::Pending);
  }
  let answering = settled(runner.world).await?;
  let former = saved.slot.or(runner.order.plan.from);
  if answering == next.slot && former != Some(answering) && state.reload_started() {
    Ok(Found::Loaded)
  } else {
    Ok(Found::Pending)
  }
}

/// Right after a reload both slots answer for a moment; ask until they agree.
async fn settled(world: &World) -> Result<Slot, Shown> {
  let mut last = Shown::line("it was not asked");
  for _ in 0..20 {
    match proof::glance(world).await {
      Ok(slot) => return Ok(slot),
      Err(why) => last = why,
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
  }
  Err(last)
}
