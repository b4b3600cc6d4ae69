//! A terminal that went away: the console follows it at once and burns nothing.

use std::{fs, time::Duration};

use portable_pty::CommandBuilder;

use crate::support::{NARROW, Nowhere, Terminal, plain};

/// What is promised for a vanished terminal.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn a_lost_line_ends_it_by_the_hang_up_signal() {
  let site = Nowhere::new();
  let mut terminal = site.open(NARROW);
  let id = terminal.pid().to_string();
  terminal.hang_up();
  gone(&id);
  terminal.ended();
}

#[test]
fn a_lost_line_ends_it_also_where_no_signal_tells_of_it() {
  let site = Nowhere::new();
  // In a session of its own the terminal is not its controlling one, and sends it nothing.
  let mut command = CommandBuilder::new("setsid");
  command.arg("--wait");
  let console = site.console();
  command.args(console.get_argv());
  plain(&mut command);
  if let Some(docker) = console.get_env("DOCKER_HOST") {
    command.env("DOCKER_HOST", docker);
  }
  let mut terminal = Terminal::start(command, NARROW);
  terminal.wait_text("DOCKER:");
  let leader = terminal.pid();
  let children = format!("/proc/{leader}/task/{leader}/children");
  let id = fs::read_to_string(children).expect("its child");
  let id = id.trim().to_owned();
  let before = ticks(&id);
  terminal.hang_up();
  let after = gone(&id);
  // Of two seconds at 100 ticks each: a loop that spins takes them all.
  assert!(after.saturating_sub(before) < 50, "{before} to {after}");
}

/// Waits until it is gone, and returns the processor time it had when last seen.
#[track_caller]
fn gone(id: &str) -> u64 {
  let mut last = 0;
  crate::site::wait_until("the process is gone", SOON, || {
    let now = ticks(id);
    last = last.max(now);
    now == 0
  });
  last
}

/// User and system time, in ticks; 0 for a process that is no more.
fn ticks(id: &str) -> u64 {
  let Ok(text) = fs::read_to_string(format!("/proc/{id}/stat")) else {
    return 0;
  };
  let after = text.rsplit(") ").next().unwrap_or_default();
  let fields: Vec<&str> = after.split(' ').collect();
  if fields.first() == Some(&"Z") {
    return 0;
  }
  let number = |index: usize| fields[index].parse::<u64>().expect("ticks");
  number(11) + number(12) + 1
}
