//! What the logs cost: two slots of 5 000 lines a second each, drawn 30 times a second at 200x50.
//!
//! Run by hand: `cargo bench --bench log_pane -- [seconds]`. Needs no Docker: lines are made up
//! outside the measured time. Prints CPU per second of stream, a steady frame and the memory held.

#![allow(
  clippy::print_stdout,
  clippy::unwrap_used,
  clippy::cast_precision_loss,
  reason = "a program that prints measurements; a failed one must end loudly"
)]

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use cutover::{
  model::{
    Slot,
    log_line::LogEntry,
    log_source::{Feed, SourceId},
  },
  tui::{
    state::logs::{LogAction, Logs, PaneId},
    view::{
      logs::{LogFrame, draw, viewport},
      theme::Theme,
    },
  },
};
use ratatui::{
  Terminal,
  backend::TestBackend,
  layout::{Constraint, Layout, Rect},
};

const FRAMES: i64 = 30;
const LINES: i64 = 5000;
const BUDGET: usize = 4 * 1024 * 1024;

fn main() {
  let seconds = std::env::args()
    .skip(1)
    .find_map(|word| word.parse().ok())
    .unwrap_or(20_i64);
  for (name, json, filter) in [
    ("prose", false, ""),
    ("prose, filtered", false, "!/items/7"),
    ("JSON", true, ""),
    ("JSON, filtered", true, "!status=500"),
  ] {
    stream(name, json, filter, seconds);
  }
}

fn stream(name: &str, json: bool, filter: &str, seconds: i64) {
  let mut logs = Logs::new(BUDGET);
  let began: DateTime<Utc> = "2026-11-27T14:31:58Z".parse().unwrap();
  let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
  let (mut pushing, mut drawing) = (Duration::ZERO, Duration::ZERO);
  let mut slowest = Duration::ZERO;
  let view = viewport(Rect::new(0, 0, 100, 50), began);
  for slot in Slot::BOTH {
    logs.act(PaneId::Slot(slot), LogAction::Filter(filter.into()), view);
  }
  let mut number = 0;
  for frame in 0..seconds * FRAMES {
    let now = began + TimeDelta::milliseconds(frame * 1000 / FRAMES);
    let feeds = Slot::BOTH.map(|slot| {
      number += LINES / FRAMES;
      Feed::Lines {
        source: SourceId {
          slot: Some(slot),
          name: "api".into(),
        },
        received: now,
        dropped: 0,
        lines: (number..number + LINES / FRAMES)
          .map(|number| line(number, now, json))
          .collect(),
      }
    });
    let start = Instant::now();
    for feed in feeds {
      logs.push(feed);
    }
    pushing += start.elapsed();
    let start = Instant::now();
    frame_of(&mut terminal, &logs, now);
    let took = start.elapsed();
    drawing += took;
    slowest = slowest.max(took);
  }
  let per_second = |spent: Duration| spent.as_secs_f64() * 1000.0 / seconds as f64;
  let now = began + TimeDelta::seconds(seconds);
  let start = Instant::now();
  for _ in 0..100 {
    frame_of(&mut terminal, &logs, now);
  }
  let steady = start.elapsed() / 100;
  println!(
    "{name:16} push {:6.2} ms/s  draw {:6.2} ms/s  slowest frame {:5.2} ms  steady frame {:6.1} us  RSS {} kB",
    per_second(pushing),
    per_second(drawing),
    slowest.as_secs_f64() * 1000.0,
    steady.as_secs_f64() * 1e6,
    resident(),
  );
}

fn frame_of(terminal: &mut Terminal<TestBackend>, logs: &Logs, now: DateTime<Utc>) {
  terminal
    .draw(|screen| {
      let halves = Layout::horizontal([Constraint::Fill(1); 2]).split(screen.area());
      for (slot, area) in Slot::BOTH.into_iter().zip(halves.iter()) {
        let frame = LogFrame {
          theme: Theme::default(),
          now,
          digit: None,
          focused: false,
          live: slot == Slot::Blue,
        };
        draw(logs, PaneId::Slot(slot), frame, *area, screen.buffer_mut());
      }
    })
    .unwrap();
}

fn line(number: i64, at: DateTime<Utc>, json: bool) -> LogEntry {
  let level = [
    "INFO", "INFO", "INFO", "DEBUG", "WARN", "INFO", "INFO", "ERROR",
  ][usize::try_from(number % 8).unwrap()];
  let (path, status) = (number % 5000, if number % 8 == 7 { 500 } else { 200 });
  let text = if json {
    format!(
      r#"{{"time":"2026-11-27T14:31:58.102Z","level":"{level}","msg":"GET /api/v1/items/{path}","status":{status},"ms":{},"trace":"{number:016x}"}}"#,
      number % 90
    )
  } else {
    format!(
      "#{number:09} @1700000000.123456 blue-api-1 {level} GET /api/v1/items/{path} {status} {}ms trace={number:016x}",
      number % 90
    )
  };
  LogEntry { at: Some(at), text }
}

/// Resident memory in kB.
fn resident() -> u64 {
  let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
  status
    .lines()
    .find_map(|line| line.strip_prefix("VmRSS:"))
    .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
    .unwrap_or_default()
}
