//! What the fake site remembers: its ledger and its journals.

use std::{
  hash::{DefaultHasher, Hash, Hasher},
  sync::{Arc, Weak},
};

use cutover::{
  engine::ports::{Clock, Journal, Ledger, PortError, PortErrorKind, StateFile, Torn},
  model::{
    Slot, VersionName,
    actor::Actor,
    event::{Event, Produced, Record},
    evidence::{Evidence, LiveRecord, Pins},
    finding::Finding,
    observation::Holder,
    operation::OperationId,
    plan::Order,
    presence::{Presence, Watcher},
    watch::Ended,
  },
};

use super::{
  fake::FakeSite,
  faults::{Death, injected},
};

impl Ledger for FakeSite {
  fn evidence(&self, slot: Slot) -> Result<Option<Evidence>, PortError> {
    self.enter_now("ledger.evidence")?;
    Ok(self.state().ledger.evidence[slot].clone())
  }

  fn put_evidence(&self, evidence: &Evidence) -> Result<(), PortError> {
    self.enter_now("ledger.put_evidence")?;
    self.state().ledger.evidence[evidence.slot] = Some(evidence.clone());
    Ok(())
  }

  fn pins(&self, slot: Slot) -> Result<Option<Pins>, PortError> {
    self.enter_now("ledger.pins")?;
    Ok(self.state().ledger.pins[slot].clone())
  }

  fn put_pins(&self, pins: &Pins) -> Result<(), PortError> {
    self.enter_now("ledger.put_pins")?;
    self.state().ledger.pins[pins.slot] = Some(pins.clone());
    Ok(())
  }

  fn recorded_pins(&self, version: &VersionName) -> Result<Option<Pins>, PortError> {
    self.enter_now("ledger.recorded_pins")?;
    let ledger = &self.state().ledger;
    let journaled = ledger.journaled().flatten();
    let newest = journaled
      .into_iter()
      .find(|pins| pins.version == *version)
      .cloned();
    let pinned = Slot::BOTH
      .into_iter()
      .filter_map(|slot| ledger.pins[slot].clone());
    let found = newest.into_iter().chain(pinned);
    Ok(
      found
        .filter(|pins| pins.version == *version)
        .max_by_key(|pins| pins.at),
    )
  }

  fn last_pins(&self, slot: Slot, most: usize) -> Result<Vec<Pins>, PortError> {
    self.enter_now("ledger.last_pins")?;
    let ledger = &self.state().ledger;
    let mut found: Vec<Pins> = ledger.pins[slot].clone().into_iter().collect();
    for pins in ledger.journaled().flatten() {
      if pins.slot == slot && found.iter().all(|known| known.version != pins.version) {
        found.push(pins.clone());
      }
    }
    found.truncate(most);
    Ok(found)
  }

  fn live_record(&self) -> Result<Option<LiveRecord>, PortError> {
    self.enter_now("ledger.live_record")?;
    Ok(self.state().ledger.live.clone())
  }

  fn put_live_record(&self, record: &LiveRecord) -> Result<(), PortError> {
    self.enter_now("ledger.put_live_record")?;
    self.state().ledger.live = Some(record.clone());
    self.enter_now("ledger.put_state_file")?;
    let mut state = self.state();
    if state.site.truth.state_file.is_some() {
      state.ledger.state_file = Some(record.live.to_string());
    }
    Ok(())
  }

  fn watch_end(&self) -> Result<Option<Ended>, PortError> {
    self.enter_now("ledger.watch_end")?;
    Ok(self.state().ledger.watch_end.clone())
  }

  fn put_watch_end(&self, ended: &Ended) -> Result<(), PortError> {
    self.enter_now("ledger.put_watch_end")?;
    self.state().ledger.watch_end = Some(ended.clone());
    Ok(())
  }

  fn state_file(&self) -> Result<Option<StateFile>, PortError> {
    self.enter_now("ledger.state_file")?;
    let state = self.state();
    let Some(path) = &state.site.truth.state_file else {
      return Ok(None);
    };
    let text = state.ledger.state_file.as_deref().map(str::trim);
    Ok(Some(StateFile {
      name: path.display().to_string(),
      says: match text {
        None => Err("it does not exist".into()),
        Some("") => Err("it is empty".into()),
        Some(word) => word
          .to_ascii_lowercase()
          .parse()
          .map_err(|_| format!("it says '{word}'")),
      },
    }))
  }

  fn lock_holder(&self) -> Result<Option<Holder>, PortError> {
    Ok(self.state().ledger.lock.clone())
  }

  fn orders(&self, most: usize) -> Result<Vec<Order>, PortError> {
    self.enter_now("ledger.orders")?;
    let state = self.state();
    Ok(
      state
        .ledger
        .orders
        .iter()
        .rev()
        .take(most)
        .cloned()
        .collect(),
    )
  }

  fn order(&self, id: OperationId) -> Result<Option<Order>, PortError> {
    let state = self.state();
    Ok(
      state
        .ledger
        .orders
        .iter()
        .find(|order| order.id == id)
        .cloned(),
    )
  }

  fn records(&self, id: OperationId) -> Result<(Vec<Record>, Torn), PortError> {
    Ok((self.state().records(id).to_vec(), Torn::Whole))
  }

  fn preflight(&self) -> Vec<Finding> {
    self.state().ledger.findings.clone()
  }

  fn verify(&self) -> Result<Vec<Finding>, PortError> {
    Ok(Vec::new())
  }

  fn announce(&self, actor: &Actor, presence: Presence) -> Result<Box<dyn Send + Sync>, PortError> {
    let watcher = Watcher {
      actor: actor.clone(),
      presence,
      since: self.now(),
    };
    let watcher = Arc::new(watcher);
    self.state().ledger.present.push(Arc::downgrade(&watcher));
    Ok(Box::new(watcher))
  }

  fn present(&self) -> Result<Vec<Watcher>, PortError> {
    let state = self.state();
    let open = state.ledger.present.iter().filter_map(Weak::upgrade);
    Ok(open.map(|watcher| Watcher::clone(&watcher)).collect())
  }

  fn stamp(&self) -> u64 {
    let state = self.state();
    let ledger = &state.ledger;
    let mut sum = DefaultHasher::new();
    let written: usize = ledger.records.values().map(Vec::len).sum();
    (written, ledger.orders.len()).hash(&mut sum);
    let put = (
      &ledger.evidence,
      &ledger.pins,
      &ledger.live,
      &ledger.state_file,
      &ledger.lock,
    );
    format!("{put:?}").hash(&mut sum);
    sum.finish()
  }

  fn pinned(&self, most: usize) -> Result<Vec<Pins>, PortError> {
    self.enter_now("ledger.pinned")?;
    let state = self.state();
    let newest = state.ledger.journaled().take(most);
    Ok(
      newest
        .filter_map(|pins| pins.into_iter().next().cloned())
        .collect(),
    )
  }
}

impl super::fake::Ledger {
  /// What each operation wrote down that it pinned; newest first, in it too.
  fn journaled(&self) -> impl Iterator<Item = Vec<&Pins>> {
    self.orders.iter().rev().map(|order| {
      let records = self.records.get(&order.id.0).into_iter().flatten().rev();
      records
        .filter_map(|record| match &record.event {
          Event::StepFinished {
            produced: Produced::Pinned { pins },
            ..
          } => Some(pins),
          _ => None,
        })
        .collect()
    })
  }
}

/// One operation's journal in memory.
pub struct FakeJournal {
  pub site: Arc<FakeSite>,
  pub id: OperationId,
}

impl Journal for FakeJournal {
  fn write(&self, event: &Event) -> Result<Record, PortError> {
    let number = {
      let mut state = self.site.state();
      if state.dead {
        return Err(injected("journal"));
      }
      state.written += 1;
      state.written
    };
    if self.site.dies(Death::BeforeRecord(number)) {
      return Err(injected("journal"));
    }
    let at = self.site.now();
    let record = {
      let mut state = self.site.state();
      if state
        .full_disk
        .is_some_and(|(first, last)| (first..=last).contains(&number))
      {
        return Err(PortError::new(
          PortErrorKind::Unexpected,
          "write the journal",
          "no space left on device",
        ));
      }
      let records = state.ledger.records.entry(self.id.0).or_default();
      let record = Record {
        number: u64::try_from(records.len()).unwrap() + 1,
        at,
        event: event.clone(),
      };
      records.push(record.clone());
      record
    };
    self.site.spoke.notify_waiters();
    if self.site.dies(Death::AfterRecord(number)) {
      return Err(injected("journal"));
    }
    Ok(record)
  }
}
