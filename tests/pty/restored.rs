//! However the console ends or is set aside, the shell finds its terminal as it left it.

use nix::sys::signal::Signal;
use portable_pty::CommandBuilder;

use crate::support::{NARROW, Nowhere, Terminal, WIDE, plain, wait_until};

#[test]
fn it_opens_says_what_is_wrong_and_leaves_at_q() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  terminal.wait("the console has the screen", |screen| {
    screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste()
  });
  for text in ["shop", "LIVE UNKNOWN", "[B] BLUE", "[G] GREEN", "q quit"] {
    assert!(terminal.has(text), "{text}:\n{}", terminal.text());
  }
  terminal.keys("q");
  assert!(terminal.ended().success());
  terminal.wait_restored();
}

#[test]
fn ctrl_c_twice_quits_from_inside_a_dialog_too() {
  let site = Nowhere::new();
  let mut terminal = site.open(NARROW);
  terminal.keys(":");
  terminal.wait_text("COMMANDS");
  terminal.keys("\u{3}\u{3}");
  assert!(terminal.ended().success());
  terminal.wait_restored();
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
  let site = Nowhere::new();
  for signal in [
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
  ] {
    let mut terminal = site.open(NARROW);
    terminal.signal(signal);
    assert_eq!(terminal.ended().signal(), None, "{signal} was caught");
    terminal.wait_restored();
  }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
  let site = Nowhere::new();
  let mut command = site.console();
  command.env("CUTOVER_PANIC_AT", "f5");
  let mut terminal = Terminal::start(command, WIDE);
  terminal.wait_text("DOCKER:");
  terminal.keys("\u{1b}[15~");
  assert!(!terminal.ended().success());
  terminal.wait_restored();
  terminal.wait_text("asked for by CUTOVER_PANIC_AT");
}

#[test]
fn a_shell_gets_its_terminal_for_as_long_as_the_console_is_suspended() {
  let site = Nowhere::new();
  let mut terminal = Terminal::start(shell(&site), WIDE);
  terminal.wait_text("ready$");
  let words = site.console();
  let words: Vec<_> = words
    .get_argv()
    .iter()
    .map(|word| word.to_string_lossy())
    .collect();
  terminal.keys(&format!("{}\r", words.join(" ")));
  for _ in 0..2 {
    terminal.wait_text("LIVE UNKNOWN");
    terminal.keys("\u{1a}");
    terminal.wait("the shell says that it is stopped", |screen| {
      !screen.alternate_screen() && !screen.hide_cursor() && screen.contents().contains("Stopped")
    });
    // Echo is the shell's again.
    terminal.keys("echo back-$((6*7))\r");
    terminal.wait_text("back-42");
    let before = terminal.written();
    terminal.keys("clear; fg\r");
    terminal.wait("the console is back", |screen| {
      screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste()
    });
    terminal.wait_text("LIVE UNKNOWN");
    let raw = String::from_utf8_lossy(&terminal.raw()[before..]).into_owned();
    assert!(raw.contains("GREEN"), "everything is painted again: {raw}");
  }
  terminal.keys("q");
  terminal.wait_text("ready$");
  terminal.keys("exit\r");
  terminal.ended();
}

#[test]
fn a_stop_from_elsewhere_is_painted_over_when_it_goes_on() {
  let site = Nowhere::new();
  let mut terminal = site.open(NARROW);
  terminal.signal(Signal::SIGSTOP);
  wait_until("it is stopped", || state(&terminal) == 'T');
  let before = terminal.written();
  terminal.signal(Signal::SIGCONT);
  terminal.wait_text("LIVE UNKNOWN");
  wait_until("everything is painted again", || {
    String::from_utf8_lossy(&terminal.raw()[before..]).contains("GREEN")
  });
  terminal.keys("q");
  assert!(terminal.ended().success());
  terminal.wait_restored();
}

#[test]
fn where_no_shell_waits_ctrl_z_stays_and_says_so() {
  let site = Nowhere::new();
  let mut terminal = site.open(NARROW);
  terminal.keys("\u{1a}");
  terminal.wait_text("there is no shell to go back to");
  assert_ne!(state(&terminal), 'T');
  terminal.keys("q");
  assert!(terminal.ended().success());
  terminal.wait_restored();
}

#[test]
fn a_terminal_that_takes_nothing_does_not_keep_it_from_ending() {
  let site = Nowhere::new();
  let mut terminal = site.open(WIDE);
  terminal.stick();
  terminal.signal(Signal::SIGTERM);
  assert_eq!(terminal.ended().signal(), None);
}

/// An interactive bash without anybody's settings.
fn shell(site: &Nowhere) -> CommandBuilder {
  let mut command = CommandBuilder::new("bash");
  command.args(["--norc", "--noprofile", "-i"]);
  plain(&mut command);
  command.env("PS1", "ready$ ");
  command.env("HISTFILE", "");
  if let Some(docker) = site.console().get_env("DOCKER_HOST") {
    command.env("DOCKER_HOST", docker);
  }
  command
}

/// The state letter of `/proc/PID/stat`.
fn state(terminal: &Terminal) -> char {
  let path = format!("/proc/{}/stat", terminal.pid());
  let text = std::fs::read_to_string(path).expect("the process is there");
  let after = text.rsplit(") ").next().expect("a state");
  after.chars().next().expect("a state")
}
