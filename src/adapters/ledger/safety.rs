//! Whether the state folder is in safe hands, as ssh asks of keys (`StrictModes`): who may write it
//! can make the runner, which is as good as root, do anything. Looks only; each fault names its fix.

use std::{
  fs::{self, Metadata},
  os::unix::fs::MetadataExt,
  path::{Path, PathBuf},
};

use nix::{
  sys::{
    statfs::{self, NFS_SUPER_MAGIC, TMPFS_MAGIC},
    statvfs::statvfs,
  },
  unistd::{Gid, Group, Uid, User, geteuid},
};

use super::{files::Access, operations};
use crate::{
  adapters::actor::name_of,
  config::Site,
  model::finding::{Finding, Hazard},
};

const LEAST_FREE: u64 = 64 << 20;
const HANDS: &str =
  "whoever may write there can make the next operation do anything on this machine";

/// Whom the state folder belongs to, when we are root and it is not root's: the owner of the
/// folder, or of the one it will be created in.
pub(super) fn owner(state: &Path) -> Option<Uid> {
  let found = state
    .ancestors()
    .find_map(|folder| fs::metadata(folder).ok())?;
  (geteuid().is_root() && found.uid() != 0).then(|| Uid::from_raw(found.uid()))
}

pub(super) fn preflight(site: &Site, access: Access) -> Vec<Finding> {
  let state = &site.state;
  let trusted = Trusted::of(site);
  let mut faults = Vec::new();
  let Some(there) = state.ancestors().find(|folder| folder.exists()) else {
    return vec![hands(
      format!("{} is not inside any folder", state.display()),
      "set state to a folder in the configuration",
    )];
  };
  if there == state.as_path() {
    for path in paths_of(state) {
      faults.extend(own_fault(&path, access, &trusted));
    }
  }
  let above = if there == state.as_path() {
    there.parent()
  } else {
    Some(there)
  };
  for folder in above.into_iter().flat_map(Path::ancestors) {
    faults.extend(parent_fault(folder, access, &trusted));
  }
  faults.extend(space_fault(there));
  faults.extend(system_fault(state, there));
  faults
}

/// What is unwise without being wrong: a state folder that a reboot empties, or whose locks
/// another host may not see.
fn system_fault(state: &Path, there: &Path) -> Option<Finding> {
  let name = state.display();
  match statfs::statfs(there).ok()?.filesystem_type() {
    TMPFS_MAGIC => Some(Finding::amber(
      Hazard::H(14),
      format!("{name} is in memory (tmpfs)"),
      "a reboot loses the journal, pins and evidence, and with them what was half done",
      "set state to a folder on disk, such as /var/lib/cutover/SITE",
    )),
    NFS_SUPER_MAGIC => Some(Finding::amber(
      Hazard::H(17),
      format!("{name} is on NFS"),
      "its lock is only as good as the server's: two operators could act at once",
      "set state to a folder on a disk of this host, such as /var/lib/cutover/SITE",
    )),
    _ => None,
  }
}

/// The folder, what is directly in it and its folders, and what belongs to the newest operation.
fn paths_of(state: &Path) -> Vec<PathBuf> {
  let mut paths = vec![state.to_owned()];
  let mut folders = vec![state.to_owned(), state.join("evidence"), state.join("pins")];
  folders.push(operations::all(state));
  if let Some(newest) = operations::ids(state)
    .ok()
    .and_then(|ids| ids.first().copied())
  {
    folders.push(
      operations::OperationFolder::of(state, newest)
        .path()
        .to_owned(),
    );
  }
  for folder in folders {
    let Ok(entries) = fs::read_dir(folder) else {
      continue;
    };
    paths.extend(entries.flatten().map(|entry| entry.path()));
  }
  paths
}

/// Found to be in hands that are not ours.
fn hands(what: impl AsRef<str>, fix: impl AsRef<str>) -> Finding {
  Finding::red(Hazard::H(32), what, HANDS, fix)
}

fn own_fault(path: &Path, access: Access, trusted: &Trusted) -> Option<Finding> {
  let found = fs::symlink_metadata(path).ok()?;
  let name = quoted(path);
  if found.is_symlink() {
    return Some(hands(
      format!("{} is a link; nothing of ours is", path.display()),
      format!("rm {name}"),
    ));
  }
  let mode = if found.is_dir() {
    access.folder_mode()
  } else {
    access.file_mode()
  };
  let shared = access.group.filter(|gid| gid.as_raw() == found.gid());
  if !trusted.has(found.uid()) && shared.is_none() {
    return Some(hands(
      format!("{} belongs to {}", path.display(), name_of(found.uid())),
      format!("chown {} {name}", name_of(geteuid().as_raw())),
    ));
  }
  if let Some(gid) = access.group.filter(|_| shared.is_none()) {
    return Some(hands(
      format!("{} does not belong to the site's group", path.display()),
      format!("chgrp {} {name}", group_name(gid)),
    ));
  }
  let most = mode & 0o777;
  (found.mode() & 0o777 & !most != 0).then(|| {
    hands(
      format!(
        "{} may be used by others (mode {:03o})",
        path.display(),
        found.mode() & 0o777
      ),
      format!("chmod {mode:o} {name}"),
    )
  })
}

/// Who may write a folder above may put another state folder in place of ours.
fn parent_fault(folder: &Path, access: Access, trusted: &Trusted) -> Option<Finding> {
  let found = fs::metadata(folder).ok()?;
  let name = quoted(folder);
  if !trusted.has(found.uid()) && access.group.is_none() {
    return Some(hands(
      format!(
        "{}, above the state folder, belongs to {}",
        folder.display(),
        name_of(found.uid())
      ),
      format!(
        "run cutover as {}, or chown {} {name}",
        name_of(found.uid()),
        name_of(geteuid().as_raw())
      ),
    ));
  }
  // In a sticky folder such as /tmp nobody can rename or remove what another one owns.
  if found.mode() & 0o1000 != 0 {
    return None;
  }
  let by_group = found.mode() & 0o020 != 0 && !is_harmless(&found, access);
  let by_others = found.mode() & 0o002 != 0;
  let who = match (by_group, by_others) {
    (false, false) => return None,
    (true, false) => "g-w",
    (false, true) => "o-w",
    (true, true) => "go-w",
  };
  Some(hands(
    format!(
      "{}, above the state folder, may be written by others (mode {:03o})",
      folder.display(),
      found.mode() & 0o777
    ),
    format!("chmod {who} {name}"),
  ))
}

/// The site's own group, or a group that holds nobody but the owner (user private groups).
fn is_harmless(found: &Metadata, access: Access) -> bool {
  let gid = Gid::from_raw(found.gid());
  if access.group == Some(gid) || gid.as_raw() == 0 {
    return true;
  }
  let owner = User::from_uid(Uid::from_raw(found.uid())).ok().flatten();
  let group = Group::from_gid(gid).ok().flatten();
  match (owner, group) {
    (Some(owner), Some(group)) => {
      owner.gid == gid
        && group.name == owner.name
        && group.mem.iter().all(|name| *name == owner.name)
    }
    _ => false,
  }
}

fn space_fault(folder: &Path) -> Option<Finding> {
  let fix = format!("df -h {}", quoted(folder));
  match statvfs(folder) {
    Ok(system) => {
      let free = system.blocks_available() * system.fragment_size();
      (free < LEAST_FREE).then(|| {
        Finding::red(
          Hazard::H(16),
          format!(
            "{} has {} MiB free and {} MiB are the least",
            folder.display(),
            free >> 20,
            LEAST_FREE >> 20
          ),
          "a journal that cannot be written stops an operation in the middle",
          format!("free some space: {fix}"),
        )
      })
    }
    Err(error) => Some(Finding::red(
      Hazard::H(16),
      format!(
        "cannot see how much space {} has: {error}",
        folder.display()
      ),
      "a journal that cannot be written stops an operation in the middle",
      fix,
    )),
  }
}

/// Root, ourselves, and the owner of the configuration, who already decides what we run.
struct Trusted([u32; 3]);

impl Trusted {
  fn of(site: &Site) -> Self {
    let configured = fs::metadata(&site.file).map_or(0, |file| file.uid());
    Self([0, geteuid().as_raw(), configured])
  }

  fn has(&self, uid: u32) -> bool {
    self.0.contains(&uid)
  }
}

fn group_name(gid: Gid) -> String {
  Group::from_gid(gid)
    .ok()
    .flatten()
    .map_or_else(|| gid.to_string(), |group| group.name)
}

/// The path as a shell reads it as one word, since fixes are made to be pasted.
fn quoted(path: &Path) -> String {
  let text = path.display().to_string();
  let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
  if text.chars().all(plain) {
    text
  } else {
    format!("'{}'", text.replace('\'', r"'\''"))
  }
}
