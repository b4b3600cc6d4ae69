//! A container's files in the cgroup file system, found once and kept open: a reading is four
//! `pread`s. Works on both versions of cgroups and with both drivers of Docker.

use std::{
  fs::File,
  io::{self, ErrorKind},
  os::unix::fs::FileExt,
  path::{Path, PathBuf},
};

use super::parse;
use crate::model::usage::Usage;

pub(super) const MOUNT: &str = "/sys/fs/cgroup";
/// `memory.stat` is the longest, about 1.5 KiB.
const MOST: usize = 8 * 1024;

/// The open files of one container.
pub(super) struct Group {
  version: Version,
  cpu: File,
  memory: File,
  stat: File,
  limit: File,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
  One,
  Two,
}

impl Group {
  /// Where Docker puts a container with the cgroupfs driver and with the systemd driver.
  pub(super) fn by_id(mount: &Path, id: &str) -> Option<Self> {
    [
      format!("system.slice/docker-{id}.scope"),
      format!("docker/{id}"),
    ]
    .iter()
    .find_map(|path| {
      Self::one(
        &mount.join("cpuacct").join(path),
        &mount.join("memory").join(path),
      )
      .or_else(|_| Self::two(&mount.join(path)))
      .ok()
    })
  }

  /// Where the kernel says that a process of the container is.
  pub(super) fn by_membership(mount: &Path, text: &str) -> Option<Self> {
    let all = parse::memberships(text);
    let folders = |controller: &str| -> Vec<PathBuf> {
      let Some(found) = all.iter().find(|one| one.controls(controller)) else {
        return Vec::new();
      };
      // Mounted under all its names, of which one may be a link, or under one.
      [found.controllers.as_str(), controller]
        .map(|name| mount.join(name).join(&found.path))
        .into()
    };
    for cpu in folders("cpuacct") {
      for memory in folders("memory") {
        if let Ok(group) = Self::one(&cpu, &memory) {
          return Some(group);
        }
      }
    }
    let unified = all.iter().find(|one| one.controllers.is_empty())?;
    // The root of a hierarchy counts the whole machine.
    if unified.path.is_empty() {
      return None;
    }
    Self::two(&mount.join(&unified.path)).ok()
  }

  fn one(cpu: &Path, memory: &Path) -> io::Result<Self> {
    Ok(Self {
      version: Version::One,
      cpu: File::open(cpu.join("cpuacct.usage"))?,
      memory: File::open(memory.join("memory.usage_in_bytes"))?,
      stat: File::open(memory.join("memory.stat"))?,
      limit: File::open(memory.join("memory.limit_in_bytes"))?,
    })
  }

  fn two(folder: &Path) -> io::Result<Self> {
    Ok(Self {
      version: Version::Two,
      cpu: File::open(folder.join("cpu.stat"))?,
      memory: File::open(folder.join("memory.current"))?,
      stat: File::open(folder.join("memory.stat"))?,
      limit: File::open(folder.join("memory.max"))?,
    })
  }

  /// Fails when the group is gone: the container ended, and starts with a new one.
  pub(super) fn read(&self) -> io::Result<Usage> {
    let strange = || io::Error::from(ErrorKind::InvalidData);
    let cpu = text(&self.cpu)?;
    let stat = text(&self.stat)?;
    let (cpu, inactive) = match self.version {
      Version::One => (
        parse::cpu_v1(&cpu),
        parse::field(&stat, "total_inactive_file"),
      ),
      Version::Two => (parse::cpu_v2(&cpu), parse::field(&stat, "inactive_file")),
    };
    let memory = parse::number(&text(&self.memory)?).ok_or_else(strange)?;
    Ok(Usage {
      cpu: cpu.ok_or_else(strange)?,
      memory: memory.saturating_sub(inactive.unwrap_or_default()),
      memory_limit: parse::limit(&text(&self.limit)?),
    })
  }
}

fn text(file: &File) -> io::Result<String> {
  let mut bytes = [0; MOST];
  let length = file.read_at(&mut bytes, 0)?;
  Ok(String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned())
}

#[cfg(test)]
mod tests {
  use std::{fs, time::Duration};

  use super::*;

  fn write(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
      fs::write(folder.join(name), text).unwrap();
    }
  }

  fn one(mount: &Path, cpu: &str, path: &str) {
    write(
      &mount.join(cpu).join(path),
      &[("cpuacct.usage", "2000000\n")],
    );
    write(
      &mount.join("memory").join(path),
      &[
        ("memory.usage_in_bytes", "1000\n"),
        ("memory.stat", "inactive_file 1\ntotal_inactive_file 300\n"),
        ("memory.limit_in_bytes", "9223372036854771712\n"),
      ],
    );
  }

  fn two(folder: &Path) {
    write(
      folder,
      &[
        ("cpu.stat", "usage_usec 2000\n"),
        ("memory.current", "1000\n"),
        ("memory.stat", "anon 1\ninactive_file 300\n"),
        ("memory.max", "4096\n"),
      ],
    );
  }

  #[test]
  fn every_usual_place_is_found_and_says_the_same() {
    for (make, limit) in [
      (
        (|mount: &Path| one(mount, "cpuacct", "docker/ab")) as fn(&Path),
        None,
      ),
      (
        |mount| one(mount, "cpuacct", "system.slice/docker-ab.scope"),
        None,
      ),
      (|mount| two(&mount.join("docker/ab")), Some(4096)),
      (
        |mount| two(&mount.join("system.slice/docker-ab.scope")),
        Some(4096),
      ),
    ] {
      let mount = tempfile::tempdir().unwrap();
      make(mount.path());
      let usage = Group::by_id(mount.path(), "ab").unwrap().read().unwrap();
      assert_eq!(
        usage,
        Usage {
          cpu: Duration::from_millis(2),
          memory: 700,
          memory_limit: limit
        }
      );
    }
  }

  #[test]
  fn an_unusual_place_is_found_through_the_process() {
    for (make, text) in [
      (
        (|mount: &Path| one(mount, "cpu,cpuacct", "parent/x")) as fn(&Path),
        "4:cpu,cpuacct:/parent/x\n3:memory:/parent/x\n0::/\n",
      ),
      (
        |mount| two(&mount.join("user.slice/x.scope")),
        "0::/user.slice/x.scope\n",
      ),
    ] {
      let mount = tempfile::tempdir().unwrap();
      make(mount.path());
      let group = Group::by_membership(mount.path(), text).unwrap();
      assert_eq!(group.read().unwrap().memory, 700);
    }
  }

  #[test]
  fn the_whole_machine_is_never_taken_for_a_container() {
    let mount = tempfile::tempdir().unwrap();
    two(mount.path());
    assert!(Group::by_membership(mount.path(), "0::/\n").is_none());
    assert!(Group::by_id(mount.path(), "ab").is_none());
  }
}
