//! Processes of this host as `/proc` tells them: nginx's master by its pid file, its children, and
//! when they started.

use std::{fs, path::Path};

use chrono::{DateTime, TimeDelta, Utc};

use crate::adapters::processes::{self, facts};

/// Clock ticks a second in `/proc`: `USER_HZ`, 100 on every Linux this is built for.
const TICKS: u64 = 100;

/// The pid in the file, when a process of that number is an nginx master. A pid file that was left
/// behind may name a stranger by now, and a signal would hit it.
pub(super) fn master(pid_file: &Path) -> Result<i32, String> {
  let shown = pid_file.display();
  let text = fs::read_to_string(pid_file).map_err(|error| format!("pid file {shown}: {error}"))?;
  let pid: i32 = text
    .trim()
    .parse()
    .map_err(|_| format!("pid file {shown} holds no number"))?;
  match u32::try_from(pid).ok().and_then(processes::title) {
    Some(title) if title.starts_with("nginx: master process") => Ok(pid),
    Some(_) => Err(format!(
      "pid file {shown} names process {pid}, which is not an nginx master"
    )),
    None => Err(format!(
      "pid file {shown} names process {pid}, which does not exist"
    )),
  }
}

/// Titles of the children of `parent`, with their pids.
pub(super) fn children(parent: i32) -> Vec<(u32, String)> {
  let is_child =
    |pid: &u32| facts(*pid).is_some_and(|facts| i64::from(facts.parent) == i64::from(parent));
  processes::all()
    .filter(is_child)
    .filter_map(|pid| Some((pid, processes::title(pid)?)))
    .collect()
}

/// How long ago the process started.
pub(super) fn age(pid: i32) -> Option<TimeDelta> {
  let ticks = facts(u32::try_from(pid).ok()?)?.started;
  let uptime = fs::read_to_string("/proc/uptime").ok()?;
  let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
  let up = std::time::Duration::try_from_secs_f64(seconds).ok()?;
  let start = std::time::Duration::from_millis(ticks.saturating_mul(1000 / TICKS));
  TimeDelta::from_std(up.saturating_sub(start)).ok()
}

pub(super) fn started_at(pid: i32) -> Option<DateTime<Utc>> {
  Some(Utc::now() - age(pid)?)
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_pid_file_that_names_a_stranger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nginx.pid");
    for (text, why) in [
      (
        format!("{}\n", std::process::id()),
        "is not an nginx master",
      ),
      ("2147483647\n".to_owned(), "does not exist"),
      (String::new(), "holds no number"),
    ] {
      fs::write(&path, &text).unwrap();
      let said = master(&path).unwrap_err();
      assert!(said.contains(why), "{text:?}: {said}");
    }
    assert!(
      master(&folder.path().join("gone"))
        .unwrap_err()
        .contains("gone")
    );
  }

  #[test]
  fn a_child_is_found_by_its_parent_and_is_young() {
    let mut child = std::process::Command::new("sleep")
      .arg("30")
      .spawn()
      .unwrap();
    let me = i32::try_from(std::process::id()).unwrap();
    let found = children(me);
    let age = age(i32::try_from(child.id()).unwrap()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found.iter().any(|(pid, _)| *pid == child.id()), "{found:?}");
    assert!(age < TimeDelta::seconds(5), "{age}");
  }
}
