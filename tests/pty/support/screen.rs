//! What a program wrote: every byte, when it came, and the screen it makes.

use std::{
  io::Read,
  sync::{Arc, Condvar, Mutex, MutexGuard},
  time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{Terminal, number, settings, wait_until};

pub(super) struct Seen {
  pub(super) parser: vt100::Parser,
  pub(super) raw: Vec<u8>,
  /// How much had come by when, for each piece that came.
  pub(super) arrivals: Vec<(DateTime<Utc>, usize)>,
  /// Nobody reads: the program's writes pile up.
  pub(super) held: bool,
  /// The reader ends before it reads again.
  pub(super) hung_up: bool,
  pub(super) ended: bool,
}

#[derive(Clone)]
pub(super) struct Shared(pub(super) Arc<(Mutex<Seen>, Condvar)>);

impl Shared {
  pub(super) fn lock(&self) -> MutexGuard<'_, Seen> {
    self.0.0.lock().expect("no reader panicked")
  }

  pub(super) fn change(&self, change: impl FnOnce(&mut Seen)) {
    change(&mut self.lock());
    self.0.1.notify_all();
  }
}

pub(super) fn read(mut reader: Box<dyn Read + Send>, shared: &Shared) {
  let mut chunk = [0; 8192];
  loop {
    let mut seen = shared.lock();
    while seen.held && !seen.hung_up {
      seen = shared.0.1.wait(seen).expect("no test panicked with it");
    }
    let hung_up = seen.hung_up;
    drop(seen);
    let count = if hung_up {
      0
    } else {
      reader.read(&mut chunk).unwrap_or(0)
    };
    if count == 0 {
      drop(reader);
      shared.change(|seen| seen.ended = true);
      return;
    }
    shared.change(|seen| {
      seen.raw.extend_from_slice(&chunk[..count]);
      let length = seen.raw.len();
      seen.arrivals.push((Utc::now(), length));
      seen.parser.process(&chunk[..count]);
    });
  }
}

pub(super) fn last(raw: &[u8], sequence: &str) -> Option<usize> {
  raw
    .windows(sequence.len())
    .rposition(|window| window == sequence.as_bytes())
}

impl Terminal {
  /// Waits for a fact on the screen.
  #[track_caller]
  pub(crate) fn wait(&self, what: &str, mut fact: impl FnMut(&vt100::Screen) -> bool) {
    let end = Instant::now() + self.patience;
    let mut seen = self.shared.lock();
    while !fact(seen.parser.screen()) {
      let left = end.saturating_duration_since(Instant::now());
      if left.is_zero() {
        let text = seen.parser.screen().contents();
        drop(seen);
        panic!("never came true: {what}; the screen:\n{text}");
      }
      // A guard that came back late is looked at like any other.
      (seen, _) = self
        .shared
        .0
        .1
        .wait_timeout(seen, left.min(Duration::from_millis(100)))
        .expect("no reader panicked");
    }
  }

  #[track_caller]
  pub(crate) fn wait_text(&self, text: &str) {
    self.wait(text, |screen| screen.contents().contains(text));
  }

  #[track_caller]
  pub(crate) fn wait_no_text(&self, text: &str) {
    let what = format!("no {text}");
    self.wait(&what, |screen| !screen.contents().contains(text));
  }

  pub(crate) fn text(&self) -> String {
    self.shared.lock().parser.screen().contents()
  }

  pub(crate) fn has(&self, text: &str) -> bool {
    self.text().contains(text)
  }

  /// Everything it has written so far.
  pub(crate) fn raw(&self) -> Vec<u8> {
    self.shared.lock().raw.clone()
  }

  /// Shows everything once more on a terminal of this size, each piece with the time at which it
  /// came.
  pub(crate) fn replay(
    &self,
    (columns, rows): (u16, u16),
    mut each: impl FnMut(DateTime<Utc>, &vt100::Screen),
  ) {
    let (raw, arrivals) = {
      let seen = self.shared.lock();
      (seen.raw.clone(), seen.arrivals.clone())
    };
    let mut parser = vt100::Parser::new(number(rows), number(columns), 0);
    let mut from = 0;
    for (at, to) in arrivals {
      parser.process(&raw[from..to]);
      each(at, parser.screen());
      from = to;
    }
  }

  pub(crate) fn written(&self) -> usize {
    self.shared.lock().raw.len()
  }

  /// Whether any cell of the screen has what is asked for.
  pub(crate) fn any_cell(&self, has: impl Fn(&vt100::Cell) -> bool) -> bool {
    let seen = self.shared.lock();
    let screen = seen.parser.screen();
    let (rows, columns) = screen.size();
    (0..rows.get())
      .any(|row| (0..columns.get()).any(|column| screen.cell(row, column).is_some_and(&has)))
  }

  /// Waits until the program on it has left nothing of itself behind.
  #[track_caller]
  pub(crate) fn wait_restored(&self) {
    self.wait("the first screen is back", |screen| {
      !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    });
    let raw = self.raw();
    for (mode, on, off, normal) in [
      ("line wrap", "\u{1b}[?7h", "\u{1b}[?7l", true),
      ("focus reports", "\u{1b}[?1004h", "\u{1b}[?1004l", false),
      (
        "synchronized output",
        "\u{1b}[?2026h",
        "\u{1b}[?2026l",
        false,
      ),
      ("mouse reports", "\u{1b}[?1000h", "\u{1b}[?1000l", false),
    ] {
      let is_on = last(&raw, on) > last(&raw, off);
      let untouched = last(&raw, on).is_none() && last(&raw, off).is_none();
      assert!(untouched || is_on == normal, "{mode} was left as it was");
    }
    let (name, before) = (self.name.clone(), self.before.clone());
    wait_until("the line settings are what they were", || {
      settings(&name) == before
    });
  }
}
