//! What the kernel says about processes of this host, read from `/proc`.
//!
//! Owns the answer to "is this still the same process?"; never signals or ends one. Used by the
//! lock (who holds it), by attachments (is the runner gone) and by `actor` (who asked).

use std::{fs, io::Read, path::Path};

use nix::{errno::Errno, sys::signal, unistd::Pid};

/// The kernel's own account of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessFacts {
  /// One letter as in `ps`: `Z` and `X` are dead although still listed.
  pub state: char,
  pub parent: u32,
  /// Clock ticks since boot; tells a process from a later one with the same number.
  pub started: u64,
}

/// Changes with every boot, so that a pid of before a reboot is never taken for one of now.
pub fn boot_id() -> String {
  fs::read_to_string("/proc/sys/kernel/random/boot_id")
    .map(|text| text.trim().to_owned())
    .unwrap_or_default()
}

/// The numbers of all processes that `/proc` shows; none where it shows nothing.
pub(crate) fn all() -> impl Iterator<Item = u32> {
  fs::read_dir("/proc")
    .into_iter()
    .flatten()
    .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// `None` when there is no such process, or it is hidden from us.
pub fn facts(pid: u32) -> Option<ProcessFacts> {
  parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The command name in field 2 may itself contain spaces and parentheses: split after the last one.
fn parse_stat(text: &str) -> Option<ProcessFacts> {
  let mut fields = text.rsplit_once(')')?.1.split_whitespace();
  let state = fields.next()?.chars().next()?;
  let parent = fields.next()?.parse().ok()?;
  let started = fields.nth(17)?.parse().ok()?;
  Some(ProcessFacts {
    state,
    parent,
    started,
  })
}

/// Whether exactly this process still runs. A process that `/proc` hides from us (`hidepid`) but
/// that exists counts as alive: to call a living runner dead is the worse mistake.
pub fn is_alive(pid: u32, started: u64, boot: &str) -> bool {
  if boot != boot_id() {
    return false;
  }
  match facts(pid) {
    Some(now) => now.started == started && !matches!(now.state, 'Z' | 'X'),
    None => exists(pid),
  }
}

fn exists(pid: u32) -> bool {
  i32::try_from(pid).is_ok_and(|pid| {
    pid > 0
      && !matches!(
        signal::kill(Pid::from_raw(pid), None),
        Err(Errno::ESRCH | Errno::EINVAL)
      )
  })
}

/// The first words of the command line, bounded; the bare command name for a kernel thread.
pub fn command_line(pid: u32) -> Option<String> {
  let raw = read_bounded(Path::new(&format!("/proc/{pid}/cmdline")), 4096)?;
  let words: Vec<_> = raw
    .split(|byte| *byte == 0)
    .filter(|word| !word.is_empty())
    .take(6)
    .map(String::from_utf8_lossy)
    .collect();
  Some(words.join(" ").chars().take(160).collect())
}

/// The whole command line with its words joined by spaces, as a program may have rewritten it;
/// empty for a kernel thread.
pub(crate) fn title(pid: u32) -> Option<String> {
  let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
  let title = String::from_utf8_lossy(&bytes).replace('\0', " ");
  Some(title.trim().to_owned())
}

/// Effective user of a process.
pub fn user_of(pid: u32) -> Option<u32> {
  let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
  let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
  line.split_whitespace().nth(1)?.parse().ok()
}

/// The user who logged in, kept by the kernel through `sudo` and `su`; `None` when nobody did.
pub fn login_of(pid: u32) -> Option<u32> {
  let text = fs::read_to_string(format!("/proc/{pid}/loginuid")).ok()?;
  text
    .trim()
    .parse()
    .ok()
    .filter(|login: &u32| *login != u32::MAX)
}

/// One environment variable of another process, when we may read it.
pub fn variable_of(pid: u32, name: &str) -> Option<String> {
  let raw = read_bounded(Path::new(&format!("/proc/{pid}/environ")), 256 * 1024)?;
  raw.split(|byte| *byte == 0).find_map(|entry| {
    let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
    Some(String::from_utf8_lossy(value).into_owned())
  })
}

/// The chain of parents, nearest first, at most 32 of them and without pid 1.
pub fn ancestors(pid: u32) -> impl Iterator<Item = u32> {
  std::iter::successors(Some(pid), |pid| facts(*pid).map(|facts| facts.parent))
    .skip(1)
    .take_while(|pid| *pid > 1)
    .take(32)
}

fn read_bounded(path: &Path, most: u64) -> Option<Vec<u8>> {
  let mut raw = Vec::new();
  fs::File::open(path)
    .ok()?
    .take(most)
    .read_to_end(&mut raw)
    .ok()?;
  Some(raw)
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_command_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
    let text = "77 (a) b (c) S 12 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9999 1 2";
    assert_eq!(
      parse_stat(text),
      Some(ProcessFacts {
        state: 'S',
        parent: 12,
        started: 9999
      })
    );
    assert_eq!(parse_stat("77 (cut"), None);
    assert_eq!(parse_stat("77 (short) S 1"), None);
  }

  #[test]
  fn this_process_is_alive_and_an_earlier_one_with_its_number_is_not() {
    let me = std::process::id();
    let started = facts(me).unwrap().started;
    assert!(is_alive(me, started, &boot_id()));
    assert!(!is_alive(me, started + 1, &boot_id()));
    assert!(!is_alive(me, started, "another boot"));
  }

  #[test]
  fn a_dead_child_that_nobody_reaped_is_not_alive() {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    let started = facts(pid).unwrap().started;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while is_alive(pid, started, &boot_id()) {
      assert!(std::time::Instant::now() < deadline, "`true` never ended");
      std::thread::yield_now();
    }
    assert!(facts(pid).is_some(), "it is a zombie, still listed");
    child.wait().unwrap();
  }
}
