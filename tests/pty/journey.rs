//! A release from the first key to the way back, on a real site under load: one console drives it,
//! is killed on the way and replaced, and a second one that only watches sees every step.

use std::{fmt::Write, time::Duration};

use chrono::TimeDelta;
use cutover::model::event::{Event, Record};
use nix::sys::signal::Signal;
use portable_pty::CommandBuilder;

use crate::{
  site::{Site, lost},
  support::{Account, Machine, Terminal, WIDE, console},
};

/// What is promised to whoever watches: from a record of the journal to the screen, without the time in
/// which the console was ready and the processor served others. Two consoles without optimization, a
/// release and its load share the test's two cores.
const SOON: TimeDelta = TimeDelta::milliseconds(250);
/// What every single one is held to, however busy the machine; nine in ten are held to `SOON` here too.
const LATEST: TimeDelta = TimeDelta::seconds(2);

#[test]
fn a_release_from_the_first_key_to_the_way_back_is_seen_step_by_step_and_loses_nothing() {
  let site = Site::up(&[]);
  let load = site.load(120, "new,post");
  let mut watcher = open(&site, &["ui", "--observe"]);
  let machine = Machine::watch(watcher.pid());
  watcher.wait_text("[only watching]");

  let mut first = open(&site, &[]);
  watcher.wait_text("2 watch");
  choose(&mut first);
  first.wait_text("[..] wait until GREEN is healthy");
  first.signal(Signal::SIGKILL);
  first.ended();

  let mut second = open(&site, &[]);
  second.wait_text("WAITS FOR YOU: S");
  second.keys("S");
  second.wait_text("SWITCH USERS");
  second.answer("green\r");
  users_are_on(&second, "LIVE [G] GREEN 1.1.0");
  assert_eq!(site.proven(), "green");

  second.wait_text(" R roll back");
  second.keys("R");
  second.wait_text("ROLL BACK?");
  second.answer("y");
  users_are_on(&second, "LIVE [B] BLUE 1.0.0");
  assert_eq!(site.proven(), "blue");

  users_are_on(&watcher, "LIVE [B] BLUE 1.0.0");
  assert_eq!(site.newest(), 2, "a deploy and a rollback, nothing else");
  let summary = load.stop();
  for kind in ["new", "post"] {
    assert_eq!(lost(&summary, kind), 0, "{summary:#}");
  }
  watcher.keys("q");
  watcher.ended();
  watcher.wait_restored();
  every_step_was_seen_soon(&site, &watcher, &machine.ends());
}

fn open(site: &Site, words: &[&str]) -> Terminal {
  let mut command: CommandBuilder = console(&site.config);
  command.args(words);
  let terminal = Terminal::start(command, WIDE);
  terminal.wait_text("LIVE [");
  terminal
}

/// `D`, the version, and yes to what its plan says.
fn choose(terminal: &mut Terminal) {
  terminal.wait_text(" D deploy");
  terminal.keys("D");
  terminal.wait_text("1.1.0");
  terminal.hold("1.1.0", 1, Duration::from_millis(100));
  terminal.keys("\r");
  terminal.wait_text("Type  green");
  terminal.answer("green\r");
}

#[track_caller]
fn users_are_on(terminal: &Terminal, live: &str) {
  terminal.wait(live, |screen| {
    let text = screen.contents();
    text.contains(live) && text.contains(" done ")
  });
}

/// What the panel of the operation says about it.
struct Shown {
  number: u32,
  text: String,
  done: Option<usize>,
  is_over: bool,
}

fn shown(screen: &vt100::Screen) -> Option<Shown> {
  let text = screen.contents();
  let title = text.lines().find(|line| line.contains("3 #"))?;
  let number = title.split("3 #").nth(1)?;
  let number = number.split(' ').next()?.parse().ok()?;
  let done = title
    .split(' ')
    .find_map(|word| word.split_once('/')?.0.parse().ok());
  Some(Shown {
    number,
    done,
    is_over: title.contains(" done "),
    text,
  })
}

impl Shown {
  /// Whether the screen says what this record, after which so many steps are done, says.
  fn says(&self, number: u32, event: &Event, finished: usize) -> bool {
    let further = |steps| self.done.is_some_and(|done| done >= steps);
    let waits = self.text.contains("WAITS FOR YOU");
    self.number > number
      || self.number == number
        && (self.is_over
          || match event {
            Event::StepStarted { index } => {
              let row = |mark| self.text.contains(&format!("{:>2} [{mark}]", index + 1));
              row("..") || row("ok") || further(index + 1)
            }
            Event::StepFinished { .. } => waits || further(finished),
            Event::GateOpened { .. } => waits,
            Event::Begun { .. } => true,
            _ => false,
          })
  }
}

fn is_step(event: &Event) -> bool {
  matches!(
    event,
    Event::Begun { .. }
      | Event::StepStarted { .. }
      | Event::StepFinished { .. }
      | Event::GateOpened { .. }
      | Event::Ended { .. }
  )
}

#[track_caller]
fn every_step_was_seen_soon(site: &Site, watcher: &Terminal, machine: &Account) {
  let mut waiting: Vec<(u32, Record, usize)> = Vec::new();
  for number in [1, 2] {
    let mut finished = 0;
    for line in site.journal(number).lines() {
      let record: Record = serde_json::from_str(line).expect("a record");
      finished += usize::from(matches!(record.event, Event::StepFinished { .. }));
      if is_step(&record.event) {
        waiting.push((number, record, finished));
      }
    }
  }
  let mut lags: Vec<Lag> = Vec::new();
  watcher.replay(WIDE, |at, screen| {
    let Some(shown) = shown(screen) else { return };
    let live = if shown.number == 1 {
      "LIVE [G]"
    } else {
      "LIVE [B]"
    };
    assert!(
      !shown.is_over || shown.text.contains(live),
      "the operation is over and the header says otherwise:\n{}",
      shown.text
    );
    waiting.retain(|(number, record, finished)| {
      let seen = record.at <= at && shown.says(*number, &record.event, *finished);
      if seen {
        lags.push(Lag {
          took: at - record.at,
          machine: machine.waited(record.at, at),
          what: format!("#{number} {:?}", record.event),
        });
      }
      !seen
    });
  });
  assert!(waiting.is_empty(), "never seen: {waiting:#?}");
  lags.sort_by_key(|lag| lag.took);
  println!("{}", distribution(&lags));
  let soon = lags.iter().filter(|lag| lag.took <= SOON).count();
  let in_time = |lag: &Lag| lag.took - lag.machine <= SOON && lag.took <= LATEST;
  assert!(
    soon * 10 >= lags.len() * 9 && lags.iter().all(in_time),
    "later than {} ms, or {} s at the most:\n{}",
    SOON.num_milliseconds(),
    LATEST.num_seconds(),
    distribution(&lags)
  );
}

/// How long a record took to the screen, and how much of that the machine served others.
struct Lag {
  took: TimeDelta,
  machine: TimeDelta,
  what: String,
}

fn distribution(lags: &[Lag]) -> String {
  let at = |share: usize| lags[(lags.len() - 1) * share / 100].took.num_milliseconds();
  let mut text = format!(
    "{} records, seen after: median {} ms, 90 % {} ms, all {} ms; the slowest:\n",
    lags.len(),
    at(50),
    at(90),
    at(100)
  );
  for lag in lags.iter().rev().take(8) {
    let what: String = lag.what.chars().take(80).collect();
    let (took, machine) = (lag.took.num_milliseconds(), lag.machine.num_milliseconds());
    let _ = writeln!(text, "{took:>6} ms  (machine late by {machine} ms)  {what}");
  }
  text
}
