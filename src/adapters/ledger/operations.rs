//! The folder of each operation, `operations/000128`, and what is read back from it.

use std::{
  fs, io,
  path::{Path, PathBuf},
  thread,
  time::Duration,
};

use super::{
  chain::{self, ROOT},
  files::{failed, read_json},
};
use crate::{
  engine::ports::{PortError, Torn},
  model::{
    Slot, VersionName,
    event::{Event, Produced, Record},
    evidence::Pins,
    finding::{Finding, Hazard},
    operation::OperationId,
    plan::Order,
  },
};

/// Where one operation keeps what belongs to it.
#[derive(Clone, Debug)]
pub struct OperationFolder(PathBuf);

impl OperationFolder {
  pub(super) fn of(state: &Path, id: OperationId) -> Self {
    Self(all(state).join(format!("{:06}", id.0)))
  }

  pub fn path(&self) -> &Path {
    &self.0
  }

  pub fn order(&self) -> PathBuf {
    self.0.join("order.json")
  }

  pub fn journal(&self) -> PathBuf {
    self.0.join("journal.jsonl")
  }

  /// What the runner prints: nothing, unless it cannot even begin.
  pub fn log(&self) -> PathBuf {
    self.0.join("runner.log")
  }

  pub fn socket(&self) -> PathBuf {
    self.0.join("socket")
  }
}

pub(super) fn all(state: &Path) -> PathBuf {
  state.join("operations")
}

/// Numbers of all operations, newest first.
pub(super) fn ids(state: &Path) -> Result<Vec<OperationId>, PortError> {
  let folder = all(state);
  let fault = |error: &io::Error| failed(format!("list {}", folder.display()), error);
  let entries = match fs::read_dir(&folder) {
    Ok(entries) => entries,
    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
    Err(error) => return Err(fault(&error)),
  };
  let mut ids = Vec::new();
  for entry in entries {
    let name = entry.map_err(|error| fault(&error))?.file_name();
    ids.extend(
      name
        .to_str()
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|name| name.parse().ok())
        .map(OperationId),
    );
  }
  ids.sort_unstable_by(|one, other| other.cmp(one));
  Ok(ids)
}

/// A folder whose order was never written belongs to an operation that never was.
pub(super) fn orders(state: &Path, most: usize) -> Result<Vec<Order>, PortError> {
  let mut orders = Vec::new();
  for id in ids(state)? {
    if orders.len() >= most {
      break;
    }
    orders.extend(order(state, id)?);
  }
  Ok(orders)
}

pub(super) fn order(state: &Path, id: OperationId) -> Result<Option<Order>, PortError> {
  read_json(&OperationFolder::of(state, id).order())
}

pub(super) fn records(state: &Path, id: OperationId) -> Result<(Vec<Record>, Torn), PortError> {
  let (records, chain) = chain::read(&journal_bytes(state, id)?);
  Ok((records, chain.torn()))
}

/// A line without its end may be one that is being written right now: look again before calling
/// it torn.
fn journal_bytes(state: &Path, id: OperationId) -> Result<Vec<u8>, PortError> {
  let path = OperationFolder::of(state, id).journal();
  let mut bytes = Vec::new();
  for _ in 0..3 {
    bytes = match fs::read(&path) {
      Ok(bytes) => bytes,
      Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
      Err(error) => return Err(failed(format!("read {}", path.display()), &error)),
    };
    if bytes.is_empty() || bytes.ends_with(b"\n") {
      break;
    }
    thread::sleep(Duration::from_millis(5));
  }
  Ok(bytes)
}

/// What the first record of `id` continues from: the last one of the newest operation before it
/// that has any.
pub(super) fn root(state: &Path, id: OperationId) -> Result<String, PortError> {
  for earlier in ids(state)?.into_iter().filter(|earlier| *earlier < id) {
    let (_, chain) = chain::read(&journal_bytes(state, earlier)?);
    if let Some(last) = chain.last() {
      return Ok(last.short().to_owned());
    }
  }
  Ok(ROOT.to_owned())
}

/// What each of the newest `most` operations pinned.
pub(super) fn all_pinned(state: &Path, most: usize) -> Result<Vec<Pins>, PortError> {
  let mut found = Vec::new();
  for id in ids(state)?.into_iter().take(most) {
    found.extend(pins_of(state, id)?.into_iter().next());
  }
  Ok(found)
}

/// The newest pins of `version` in any journal.
pub(super) fn pinned(state: &Path, version: &VersionName) -> Result<Option<Pins>, PortError> {
  for id in ids(state)? {
    let found = pins_of(state, id)?
      .into_iter()
      .find(|pins| pins.version == *version);
    if found.is_some() {
      return Ok(found);
    }
  }
  Ok(None)
}

/// `found` and the newest pins of other versions of `slot`, until there are `most` of them.
pub(super) fn last_pinned(
  state: &Path,
  slot: Slot,
  mut found: Vec<Pins>,
  most: usize,
) -> Result<Vec<Pins>, PortError> {
  for id in ids(state)? {
    if found.len() >= most {
      break;
    }
    for pins in pins_of(state, id)? {
      if pins.slot == slot && found.iter().all(|known| known.version != pins.version) {
        found.push(pins);
      }
    }
  }
  found.truncate(most);
  Ok(found)
}

/// The pins an operation recorded, newest first.
fn pins_of(state: &Path, id: OperationId) -> Result<Vec<Pins>, PortError> {
  let bytes = journal_bytes(state, id)?;
  if !contains(&bytes, b"\"produced\":\"pinned\"") {
    return Ok(Vec::new());
  }
  let (records, _) = chain::read(&bytes);
  Ok(
    records
      .into_iter()
      .rev()
      .filter_map(|record| match record.event {
        Event::StepFinished {
          produced: Produced::Pinned { pins },
          ..
        } => Some(pins),
        _ => None,
      })
      .collect(),
  )
}

fn contains(text: &[u8], part: &[u8]) -> bool {
  text.windows(part.len()).any(|window| window == part)
}

/// Whether the journals of all operations are whole and each continues one before it. An edited,
/// shortened or missing journal is named.
pub(super) fn verify(state: &Path) -> Result<Vec<Finding>, PortError> {
  const WHY: &str = "what was done here, and by whom, can no longer be told for certain";
  let mut faults = Vec::new();
  let mut ids = ids(state)?;
  ids.reverse();
  let mut sums: Vec<String> = vec![ROOT.to_owned()];
  for id in ids {
    let path = OperationFolder::of(state, id).journal();
    let look = format!("look at {}", path.display());
    let bytes = journal_bytes(state, id)?;
    let (_, chain) = chain::read(&bytes);
    // An interrupted operation may be recovered after a later one began, so the later one
    // continues any record of it, not always its last.
    if let Some(root) = chain.root() {
      if !sums.iter().any(|sum| sum == root) {
        faults.push(Finding::red(
          Hazard::H(33),
          format!("the journal of {id} does not continue any journal before it: one was edited, shortened or removed"),
          WHY,
          &look,
        ));
      }
      sums = chain::sums(&bytes);
    }
    if let Torn::At(line, why) = chain.torn() {
      faults.push(Finding::red(
        Hazard::H(33),
        format!("line {line} of the journal of {id} is not valid: {why}"),
        WHY,
        look,
      ));
    }
  }
  Ok(faults)
}
