//! What every ledger promises.

use cutover::{
  adapters::actor::actor,
  engine::ports::{Journal, Ledger, Torn},
  model::{
    Slot,
    event::Event,
    evidence::Pins,
    operation::OperationId,
    plan::Order,
    presence::{Presence, Watcher},
  },
};

use super::records::{evidence, live, order, pinned, pins};

/// Works at an operation as its runner does: with the lock, its name on it, and the journal open.
pub(crate) trait Desk {
  fn ledger(&self) -> &dyn Ledger;

  fn work(&self, order: &Order, work: &mut dyn FnMut(&dyn Journal));

  /// The operation `id`, which writes just these events.
  fn writes(&self, id: u32, events: &[Event]) {
    self.work(&order(id), &mut |journal| {
      for event in events {
        journal.write(event).unwrap();
      }
    });
  }
}

fn step(index: usize) -> Event {
  Event::StepStarted { index }
}

/// A site that was never used has no past, and that is no error.
pub(crate) fn has_no_past_at_first(ledger: &dyn Ledger) {
  for slot in Slot::BOTH {
    assert_eq!(ledger.evidence(slot).unwrap(), None);
    assert_eq!(ledger.pins(slot).unwrap(), None);
    assert_eq!(ledger.last_pins(slot, 9).unwrap(), []);
  }
  assert_eq!(ledger.live_record().unwrap(), None);
  let version = "1.0".parse().unwrap();
  assert_eq!(ledger.recorded_pins(&version).unwrap(), None);
  assert_eq!(ledger.pinned(9).unwrap(), []);
  assert_eq!(ledger.orders(9).unwrap(), []);
  assert_eq!(ledger.order(OperationId(1)).unwrap(), None);
  assert_eq!(
    ledger.records(OperationId(1)).unwrap(),
    (Vec::new(), Torn::Whole)
  );
  assert_eq!(ledger.lock_holder().unwrap(), None);
  assert_eq!(ledger.present().unwrap(), []);
  assert_eq!(ledger.verify().unwrap(), []);
}

/// The newest of what was put down for a slot, and nothing for the other one.
pub(crate) fn gives_back_the_newest_of_what_was_put(ledger: &dyn Ledger) {
  for (operation, digest) in [(1, "aa"), (2, "bb")] {
    let (evidence, pins) = (
      evidence(Slot::Blue, operation),
      pins(Slot::Blue, "1.9", digest),
    );
    let live = live(Slot::Blue, operation);
    ledger.put_evidence(&evidence).unwrap();
    ledger.put_pins(&pins).unwrap();
    ledger.put_live_record(&live).unwrap();
    assert_eq!(ledger.evidence(Slot::Blue).unwrap(), Some(evidence));
    assert_eq!(ledger.pins(Slot::Blue).unwrap(), Some(pins));
    assert_eq!(ledger.live_record().unwrap(), Some(live));
  }
  assert_eq!(ledger.evidence(Slot::Green).unwrap(), None);
  assert_eq!(ledger.pins(Slot::Green).unwrap(), None);
}

/// The team's own state file is read as a person would read it, and follows the live record.
/// `hand` is somebody else's: it writes the file or takes it away.
pub(crate) fn keeps_the_teams_state_file(ledger: &dyn Ledger, hand: &dyn Fn(Option<&str>)) {
  let says = || ledger.state_file().unwrap().unwrap().says;
  for (text, wanted) in [
    (None, Err("it does not exist")),
    (Some("\n"), Err("it is empty")),
    (Some("both\n"), Err("it says 'both'")),
    (Some("blue"), Ok(Slot::Blue)),
    (Some(" GREEN \n"), Ok(Slot::Green)),
  ] {
    hand(text);
    assert_eq!(says(), wanted.map_err(str::to_owned), "{text:?}");
  }
  assert!(
    ledger
      .state_file()
      .unwrap()
      .unwrap()
      .name
      .ends_with(".current-env")
  );
  for (operation, slot) in [(1, Slot::Blue), (2, Slot::Green), (2, Slot::Green)] {
    ledger.put_live_record(&live(slot, operation)).unwrap();
    assert_eq!(says(), Ok(slot));
  }
  hand(None);
  ledger.put_live_record(&live(Slot::Green, 2)).unwrap();
  assert_eq!(says(), Ok(Slot::Green), "it was made again");
}

fn digests(found: impl IntoIterator<Item = Pins>) -> Vec<String> {
  found
    .into_iter()
    .map(|pins| pins.images[0].id.0.clone())
    .collect()
}

/// What earlier operations pinned is in their journals, and what a slot is pinned to counts before
/// its journal says so.
pub(crate) fn finds_pins_again(desk: &dyn Desk) {
  let ledger = desk.ledger();
  for (id, version) in [(1, "1.0"), (2, "1.1"), (3, "1.0"), (4, "1.2")] {
    let pins = pins(Slot::Green, version, &format!("of{id}"));
    desk.writes(id, &[step(0), pinned(pins)]);
  }
  let recorded = |version: &str| digests(ledger.recorded_pins(&version.parse().unwrap()).unwrap());
  let last = |slot, most| digests(ledger.last_pins(slot, most).unwrap());
  let all = |most| digests(ledger.pinned(most).unwrap());
  assert_eq!(recorded("1.0"), ["sha256:of3"]);
  assert_eq!(recorded("1.2"), ["sha256:of4"]);
  assert!(recorded("3.0").is_empty());
  assert_eq!(
    last(Slot::Green, 9),
    ["sha256:of4", "sha256:of3", "sha256:of2"],
    "each version once"
  );
  assert_eq!(last(Slot::Green, 2), ["sha256:of4", "sha256:of3"]);
  assert!(last(Slot::Blue, 9).is_empty());
  assert_eq!(
    all(9),
    ["sha256:of4", "sha256:of3", "sha256:of2", "sha256:of1"]
  );

  desk.writes(5, &[step(0)]);
  assert_eq!(
    all(2),
    ["sha256:of4"],
    "an operation that pinned nothing is one too"
  );
  ledger.put_pins(&pins(Slot::Green, "1.0", "now")).unwrap();
  assert_eq!(recorded("1.0"), ["sha256:now"]);
  assert_eq!(last(Slot::Green, 2), ["sha256:now", "sha256:of4"]);
  assert_eq!(all(2), ["sha256:of4"], "no operation says so yet");
  ledger.put_pins(&pins(Slot::Green, "1.1", "later")).unwrap();
  assert_eq!(
    recorded("1.0"),
    ["sha256:of3"],
    "what no journal tells is forgotten when it is replaced"
  );
}

/// Operations are found by number and listed newest first.
pub(crate) fn lists_operations_newest_first(desk: &dyn Desk) {
  let ledger = desk.ledger();
  for id in [1, 2, 128] {
    desk.writes(id, &[]);
  }
  assert_eq!(ledger.orders(2).unwrap(), [order(128), order(2)]);
  assert_eq!(ledger.order(OperationId(2)).unwrap(), Some(order(2)));
  assert_eq!(ledger.order(OperationId(3)).unwrap(), None);
}

/// What `write` returns is what is read, numbered from 1, and another life goes on counting.
pub(crate) fn numbers_records_and_keeps_them(desk: &dyn Desk) {
  let ledger = desk.ledger();
  let mut written = Vec::new();
  for _ in 0..2 {
    desk.work(&order(1), &mut |journal| {
      for index in 0..3 {
        written.push(journal.write(&step(index)).unwrap());
        let read = ledger.records(OperationId(1)).unwrap();
        assert_eq!(read, (written.clone(), Torn::Whole));
      }
    });
  }
  let numbers: Vec<u64> = written.iter().map(|record| record.number).collect();
  assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
  desk.writes(2, &[step(0)]);
  assert_eq!(ledger.records(OperationId(2)).unwrap().0[0].number, 1);
  assert_eq!(ledger.verify().unwrap(), []);
}

/// The holder is named while it works and no longer.
pub(crate) fn names_who_holds_the_lock(desk: &dyn Desk) {
  let ledger = desk.ledger();
  assert_eq!(ledger.lock_holder().unwrap(), None);
  let order = order(7);
  desk.work(&order, &mut |_| {
    let holder = ledger.lock_holder().unwrap().unwrap();
    assert_eq!((holder.operation, holder.kind), (order.id, order.plan.kind));
  });
  assert_eq!(ledger.lock_holder().unwrap(), None);
}

/// A console is seen while it is open, the longest open first.
pub(crate) fn shows_consoles_while_they_are_open(ledger: &dyn Ledger) {
  let present = || -> Vec<Presence> {
    let seen = ledger.present().unwrap();
    seen
      .iter()
      .map(|Watcher { presence, .. }| *presence)
      .collect()
  };
  let operator = ledger.announce(&actor(), Presence::Operator).unwrap();
  let observer = ledger.announce(&actor(), Presence::Observer).unwrap();
  assert_eq!(present(), [Presence::Operator, Presence::Observer]);
  drop(operator);
  assert_eq!(present(), [Presence::Observer]);
  drop(observer);
  assert_eq!(present(), []);
}

/// Whatever is written changes the stamp, and looking does not.
pub(crate) fn stamps_what_is_written(desk: &dyn Desk) {
  let ledger = desk.ledger();
  let before = std::cell::Cell::new(ledger.stamp());
  let changed = |what: &str| {
    let now = ledger.stamp();
    assert_ne!(before.replace(now), now, "{what}");
  };
  ledger.put_evidence(&evidence(Slot::Blue, 1)).unwrap();
  changed("evidence");
  ledger.put_pins(&pins(Slot::Blue, "1.9", "aa")).unwrap();
  changed("pins");
  ledger.put_live_record(&live(Slot::Green, 1)).unwrap();
  changed("the live record");
  desk.work(&order(1), &mut |journal| {
    changed("an operation began");
    journal.write(&step(0)).unwrap();
    changed("a record");
  });
  changed("the lock is free");

  let _watching = ledger.announce(&actor(), Presence::Observer).unwrap();
  let quiet = ledger.stamp();
  for slot in Slot::BOTH {
    ledger.evidence(slot).unwrap();
    ledger.pins(slot).unwrap();
  }
  ledger.live_record().unwrap();
  ledger.state_file().unwrap();
  ledger.orders(9).unwrap();
  ledger.records(OperationId(1)).unwrap();
  ledger.lock_holder().unwrap();
  ledger.present().unwrap();
  assert_eq!(ledger.stamp(), quiet);
}
