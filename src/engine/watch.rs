//! What the watch after a switch is about, as the ledger has it: which operation moved users last,
//! when and where to, and whether somebody ended the watch. `model::watch` judges.

use super::{
  ports::{Ledger, PortError},
  world::World,
};
use crate::model::{
  actor::Actor,
  evidence::LiveRecord,
  operation::{Kind, OperationId},
  shown::Shown,
  watch::{Ended, Moved},
};

/// What moved users last; `None` when nothing did, or what did is not on record.
pub fn moved(world: &World) -> Result<Option<Moved>, PortError> {
  match world.ledger.live_record()? {
    Some(record) => of(&*world.ledger, &record),
    None => Ok(None),
  }
}

/// The same for a record that was read already.
pub(super) fn of(ledger: &dyn Ledger, record: &LiveRecord) -> Result<Option<Moved>, PortError> {
  let (Some(from), Some(mover)) = (record.previous, record.moved_by) else {
    return Ok(None);
  };
  let Some(order) = ledger.order(mover.operation)? else {
    return Ok(None);
  };
  if !matches!(mover.kind, Kind::Deploy | Kind::Switch | Kind::Rollback) {
    return Ok(None);
  }
  let ended = ledger.watch_end()?;
  Ok(Some(Moved {
    operation: mover.operation,
    kind: mover.kind,
    by: order.actor,
    from,
    to: record.live,
    at: record.since,
    ended: ended.filter(|ended| ended.operation == mover.operation),
  }))
}

/// Ends the watch after `operation`, for every console and command that looks.
pub fn end(world: &World, operation: OperationId, by: Actor) -> Result<(), Shown> {
  let shown = |error: PortError| world.shown(&error.to_string());
  let last = moved(world).map_err(shown)?.map(|moved| moved.operation);
  if last != Some(operation) {
    return Err(Shown::line(&format!(
      "users were moved again since operation {operation}: nothing was written down"
    )));
  }
  let ended = Ended {
    operation,
    by,
    at: world.clock.now(),
  };
  world.ledger.put_watch_end(&ended).map_err(shown)
}
