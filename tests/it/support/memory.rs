//! What the fake site remembers and runs on the host: ledger, journal, database, commands.

use std::{
  collections::BTreeMap,
  hash::{DefaultHasher, Hash, Hasher},
  path::Path,
  sync::Arc,
  time::Duration,
};

use cutover::{
  engine::ports::{
    Clock, CommandOutput, Commands, Database, Journal, Ledger, Notes, PortError, PortErrorKind,
    PortFuture, StateFile, Torn,
  },
  model::{
    Slot, VersionName,
    actor::Actor,
    event::{BackupRecord, Event, Record},
    evidence::{Evidence, LiveRecord, Pins},
    finding::Finding,
    observation::Holder,
    offer::SourceTag,
    operation::OperationId,
    plan::Order,
    presence::{Presence, Watcher},
    watch::Ended,
  },
};

use super::fake::{Death, FakeSite};

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
    let mut state = self.state();
    state.ledger.pins[pins.slot] = Some(pins.clone());
    state.ledger.recorded.push(pins.clone());
    Ok(())
  }

  fn recorded_pins(&self, version: &VersionName) -> Result<Option<Pins>, PortError> {
    self.enter_now("ledger.recorded_pins")?;
    let state = self.state();
    let newest = state.ledger.recorded.iter().rev();
    Ok(
      newest
        .into_iter()
        .find(|pins| pins.version == *version)
        .cloned(),
    )
  }

  fn last_pins(&self, slot: Slot, most: usize) -> Result<Vec<Pins>, PortError> {
    self.enter_now("ledger.last_pins")?;
    let mut found: Vec<Pins> = Vec::new();
    for pins in self.state().ledger.recorded.iter().rev() {
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
    if state.ledger.state_file.is_some() {
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
    let text = self.state().ledger.state_file.clone();
    Ok(text.map(|text| StateFile {
      name: ".current-env".into(),
      says: text.parse::<Slot>().map_err(|error| error.to_string()),
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
    self.state().ledger.present.push(watcher);
    Ok(Box::new(()))
  }

  fn present(&self) -> Result<Vec<Watcher>, PortError> {
    Ok(self.state().ledger.present.clone())
  }

  fn stamp(&self) -> u64 {
    let state = self.state();
    let ledger = &state.ledger;
    let mut sum = DefaultHasher::new();
    let written: usize = ledger.records.values().map(Vec::len).sum();
    let generation = ledger.live.as_ref().map(|live| live.generation);
    (
      written,
      ledger.orders.len(),
      ledger.recorded.len(),
      generation,
    )
      .hash(&mut sum);
    (ledger.lock.is_some(), &ledger.state_file).hash(&mut sum);
    sum.finish()
  }

  fn pinned(&self, most: usize) -> Result<Vec<Pins>, PortError> {
    self.enter_now("ledger.pinned")?;
    let state = self.state();
    let newest = state.ledger.recorded.iter().rev();
    Ok(newest.take(most).cloned().collect())
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
        return Err(super::fake::injected("journal"));
      }
      state.written += 1;
      state.written
    };
    if self.site.dies(Death::BeforeRecord(number)) {
      return Err(super::fake::injected("journal"));
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
      return Err(super::fake::injected("journal"));
    }
    Ok(record)
  }
}

struct MigrationLock(Arc<FakeSite>);

impl Drop for MigrationLock {
  fn drop(&mut self) {
    self.0.state().migration_locked = false;
  }
}

/// The database port needs the shared handle to hand out a lock that frees itself.
pub struct FakeDatabase(pub Arc<FakeSite>);

impl Database for FakeDatabase {
  fn backup<'a>(
    &'a self,
    live_version: Option<&'a VersionName>,
    schema_head: Option<&'a str>,
    _: Notes<'a>,
  ) -> PortFuture<'a, BackupRecord> {
    Box::pin(async move {
      self.0.enter("backup").await?;
      let backup = {
        let at = self.0.now();
        let mut state = self.0.state();
        state.backups += 1;
        BackupRecord {
          file: format!("ala-{}.dump", state.backups),
          sha256: "00".into(),
          bytes: 84_000_000,
          entries: 120,
          server: "15.18".into(),
          database: "ala".into(),
          schema_head: schema_head.map(ToOwned::to_owned),
          live_version: live_version.map(ToString::to_string),
          at,
        }
      };
      self.0.leave("backup").await?;
      Ok(backup)
    })
  }

  fn backups(&self) -> PortFuture<'_, Vec<BackupRecord>> {
    Box::pin(async { Ok(Vec::new()) })
  }

  fn preflight(&self) -> PortFuture<'_, Vec<Finding>> {
    Box::pin(async {
      self.0.enter("database.preflight").await?;
      Ok(Vec::new())
    })
  }

  fn restore_into<'a>(
    &'a self,
    _: &'a Path,
    _: &'a str,
    _: Notes<'a>,
  ) -> PortFuture<'a, Vec<(String, u64)>> {
    Box::pin(async {
      self.0.enter("restore_into").await?;
      Ok(vec![("patients".into(), 10)])
    })
  }

  fn row_counts(&self) -> PortFuture<'_, Vec<(String, u64)>> {
    Box::pin(async { Ok(vec![("patients".into(), 12)]) })
  }

  fn swap<'a>(&'a self, database: &'a str) -> PortFuture<'a, String> {
    Box::pin(async move {
      self.0.enter("swap").await?;
      Ok(format!("former_of_{database}"))
    })
  }

  fn migration_lock(&self) -> PortFuture<'_, Box<dyn Send + Sync>> {
    Box::pin(async {
      self.0.enter("migration_lock").await?;
      {
        let mut state = self.0.state();
        if state.migration_locked {
          return Err(PortError::new(
            PortErrorKind::Refused,
            "take the migration lock",
            "another migration holds it",
          ));
        }
        state.migration_locked = true;
      }
      Ok(Box::new(MigrationLock(self.0.clone())) as Box<dyn Send + Sync>)
    })
  }
}

impl Commands for FakeSite {
  fn run<'a>(
    &'a self,
    _: &'a [String],
    _: &'a BTreeMap<String, String>,
    _: Duration,
    _: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput> {
    Box::pin(async {
      self.enter("command").await?;
      let exit_code = self.state().hook_exit;
      self.leave("command").await?;
      Ok(CommandOutput {
        exit_code,
        output: "said hunter2hunter2".into(),
      })
    })
  }

  fn update_source<'a>(&'a self, version: &'a VersionName, _: Notes<'a>) -> PortFuture<'a, String> {
    Box::pin(async move {
      self.enter("update_source").await?;
      Ok(format!("commit of {version}"))
    })
  }

  fn source_tags(&self) -> PortFuture<'_, Vec<SourceTag>> {
    Box::pin(async {
      self.enter("source_tags").await?;
      Ok(self.state().tags.clone())
    })
  }
}
