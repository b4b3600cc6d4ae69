//! Whether anything the ledger would tell may have changed: a number made of what `stat` says of
//! its files and the team's state file. About ten system calls, so it may be asked often.

use std::{
  fs,
  hash::{DefaultHasher, Hash, Hasher},
  os::unix::fs::MetadataExt,
  path::Path,
  sync::{Mutex, PoisonError},
};

use super::{
  holder,
  operations::{self, OperationFolder},
};
use crate::{config::Site, model::operation::OperationId};

/// The newest operation, listed again only when the folder of all of them has changed.
#[derive(Default)]
pub(super) struct Newest(Mutex<Option<(u64, Option<OperationId>)>>);

impl Newest {
  pub(super) fn of(&self, state: &Path) -> Option<OperationId> {
    let mut folder = DefaultHasher::new();
    add(&mut folder, &operations::all(state));
    let folder = folder.finish();
    let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
    match *known {
      Some((as_of, newest)) if as_of == folder => newest,
      _ => {
        let newest = operations::ids(state)
          .ok()
          .and_then(|ids| ids.first().copied());
        *known = Some((folder, newest));
        newest
      }
    }
  }
}

pub(super) fn of(site: &Site, newest: &Newest) -> u64 {
  let state = site.state.as_path();
  let mut sum = DefaultHasher::new();
  // A file that is replaced changes its folder, which stands for all files in it.
  for folder in ["", "evidence", "pins"] {
    add(&mut sum, &state.join(folder));
  }
  add(&mut sum, &holder::record(state));
  add(&mut sum, &operations::all(state));
  if let Some(newest) = newest.of(state) {
    let folder = OperationFolder::of(state, newest);
    add(&mut sum, folder.path());
    add(&mut sum, &folder.journal());
  }
  if let Some(path) = &site.truth.state_file {
    add(&mut sum, path);
  }
  sum.finish()
}

fn add(sum: &mut DefaultHasher, path: &Path) {
  match fs::metadata(path) {
    Ok(file) => (
      file.ino(),
      file.size(),
      file.mtime(),
      file.mtime_nsec(),
      file.ctime(),
      file.ctime_nsec(),
    )
      .hash(sum),
    Err(_) => 0.hash(sum),
  }
}
