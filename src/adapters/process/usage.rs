//! What a process uses, as `/proc` tells of it. What it started counts for itself and is not here.

use std::{fs, time::Duration};

use nix::unistd::{SysconfVar, sysconf};

use super::place::Place;
use crate::model::usage::Usage;

/// Clock ticks a second in `/proc`: `USER_HZ`, 100 on every Linux this is built for.
const MILLIS_A_TICK: u64 = 10;

/// `None` when it does not run.
pub(super) fn read(place: &Place) -> Option<Usage> {
  let child = place.state()?.living_child()?;
  let stat = fs::read_to_string(format!("/proc/{}/stat", child.pid)).ok()?;
  let memory = fs::read_to_string(format!("/proc/{}/statm", child.pid)).ok()?;
  let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten()?;
  Some(Usage {
    cpu: Duration::from_millis(ticks(&stat)? * MILLIS_A_TICK),
    memory: resident(&memory)? * u64::try_from(page).ok()?,
    memory_limit: None,
  })
}

/// User and system time, fields 14 and 15; the name in field 2 may hold anything.
fn ticks(stat: &str) -> Option<u64> {
  let mut fields = stat.rsplit_once(") ")?.1.split_whitespace().skip(11);
  let user: u64 = fields.next()?.parse().ok()?;
  let system: u64 = fields.next()?.parse().ok()?;
  Some(user + system)
}

fn resident(statm: &str) -> Option<u64> {
  statm.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn times_and_memory_are_read_whatever_the_name_is() {
    let stat = "77 (a) b) S 1 77 77 0 -1 4194560 1 2 3 4 50 6 7 8 20 0 1 0 9999 1 2";
    assert_eq!(ticks(stat), Some(56));
    assert_eq!(ticks("77 (cut"), None);
    assert_eq!(resident("900 25 3 1 0 4 0\n"), Some(25));
  }
}
