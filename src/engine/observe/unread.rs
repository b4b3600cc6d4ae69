//! What the site remembers and cannot be read. It is said, because what is unknown must never look
//! like "nothing there".

use crate::{
  engine::{ports::PortError, world::World},
  model::{Slot, plan::Fault},
};

/// Parts that decide what may be done at all: who holds the lock, what lies interrupted, who was
/// made live by us. Nothing is planned while one of them is unknown.
pub(crate) fn decisive(world: &World) -> Vec<Fault> {
  let ledger = &world.ledger;
  let newest = || -> Result<(), PortError> {
    for order in ledger.orders(1)? {
      ledger.records(order.id)?;
    }
    Ok(())
  };
  [
    ("who holds the lock", ledger.lock_holder().map(drop)),
    ("the newest operation", newest()),
    ("the record of who is live", ledger.live_record().map(drop)),
  ]
  .into_iter()
  .filter_map(|(what, read)| fault(world, what, read))
  .collect()
}

/// Every part, in words.
pub(super) fn find(world: &World) -> Vec<Fault> {
  let mut found = decisive(world);
  for slot in Slot::BOTH {
    let name = slot.shout();
    let tests = format!("what {name} passed");
    found.extend(fault(world, &tests, world.ledger.evidence(slot).map(drop)));
    let pins = format!("which images {name} is pinned to");
    found.extend(fault(world, &pins, world.ledger.pins(slot).map(drop)));
  }
  found
}

fn fault(world: &World, what: &str, read: Result<(), PortError>) -> Option<Fault> {
  let error = read.err()?;
  let text = world.shown(&format!("{what} cannot be read, so it is unknown: {error}"));
  Some(Fault::new(
    text.as_str(),
    "put the file right, or move it aside to go on without what it said",
  ))
}
