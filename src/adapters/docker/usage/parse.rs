//! Reads the text of cgroup files. Pure; every reader answers `None` to what it does not know.

use std::time::Duration;

/// The limit of cgroup v1 without a limit is the largest page count; no machine has this much.
const UNLIMITED: u64 = 1 << 60;

/// `cpuacct.usage` of v1: nanoseconds.
pub(super) fn cpu_v1(text: &str) -> Option<Duration> {
  text.trim().parse().ok().map(Duration::from_nanos)
}

/// `cpu.stat` of v2: `usage_usec 1234`.
pub(super) fn cpu_v2(text: &str) -> Option<Duration> {
  field(text, "usage_usec").map(Duration::from_micros)
}

/// The value of `name` in lines of `name value`.
pub(super) fn field(text: &str, name: &str) -> Option<u64> {
  text.lines().find_map(|line| {
    let (found, value) = line.split_once(' ')?;
    (found == name).then(|| value.trim().parse().ok())?
  })
}

pub(super) fn number(text: &str) -> Option<u64> {
  text.trim().parse().ok()
}

/// `max` of v2 and the huge number of v1 are no limit.
pub(super) fn limit(text: &str) -> Option<u64> {
  number(text).filter(|bytes| *bytes < UNLIMITED)
}

/// One line of `/proc/PID/cgroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
  /// As written: `cpu,cpuacct`; empty for the unified hierarchy.
  pub(super) controllers: String,
  /// Relative to the mount of that hierarchy, without the first slash.
  pub(super) path: String,
}

impl Membership {
  pub(super) fn controls(&self, controller: &str) -> bool {
    self.controllers.split(',').any(|one| one == controller)
  }
}

/// `12:cpu,cpuacct:/docker/ID`. A path that leaves the mount (`/../…`, seen from inside another
/// cgroup namespace) cannot be read and is left out.
pub(super) fn memberships(text: &str) -> Vec<Membership> {
  text
    .lines()
    .filter_map(|line| {
      let (_, rest) = line.split_once(':')?;
      let (controllers, path) = rest.split_once(':')?;
      let path = path.strip_prefix('/')?;
      let leaves = path.split('/').any(|part| part == "..");
      (!leaves).then(|| Membership {
        controllers: controllers.to_owned(),
        path: path.to_owned(),
      })
    })
    .collect()
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn cpu_time_is_read_in_both_versions() {
    for (found, expected) in [
      (
        cpu_v1("1523456789\n"),
        Some(Duration::from_nanos(1_523_456_789)),
      ),
      (cpu_v1(""), None),
      (
        cpu_v2("usage_usec 250\nuser_usec 200\nsystem_usec 50\n"),
        Some(Duration::from_micros(250)),
      ),
      (cpu_v2("user_usec 200\n"), None),
      (cpu_v2("usage_usec many\n"), None),
    ] {
      assert_eq!(found, expected);
    }
  }

  #[test]
  fn a_field_is_found_by_its_whole_name() {
    let text = "cache 1\ntotal_inactive_file 77\ninactive_file 5\n";
    assert_eq!(field(text, "inactive_file"), Some(5));
    assert_eq!(field(text, "total_inactive_file"), Some(77));
    assert_eq!(field(text, "file"), None);
  }

  #[test]
  fn no_limit_is_none() {
    for (text, expected) in [
      ("max\n", None),
      ("9223372036854771712\n", None),
      ("134217728\n", Some(134_217_728)),
      ("", None),
    ] {
      assert_eq!(limit(text), expected, "{text:?}");
    }
  }

  #[test]
  fn a_process_is_in_one_group_of_each_hierarchy() {
    let text = "12:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab\n0::/system.slice/docker-ab.scope\n5:pids:/../other\nbroken\n";
    let found = memberships(text);
    let at = |controller: &str| found.iter().find(|one| one.controls(controller));
    assert_eq!(at("cpuacct").unwrap().controllers, "cpu,cpuacct");
    assert_eq!(at("memory").unwrap().path, "docker/ab");
    assert_eq!(at("").unwrap().path, "system.slice/docker-ab.scope");
    assert_eq!(at("pids"), None);
  }

  proptest! {
    #[test]
    fn any_text_is_read_without_failing(text in "(\\PC|\n|:|/)*") {
      let _ = (memberships(&text), field(&text, "a"), limit(&text), cpu_v1(&text), cpu_v2(&text));
    }
  }
}
