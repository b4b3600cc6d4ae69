//! The byte oracle: hostile text in every place that shows text from outside, and only sequences
//! that a harmless screen emits too may leave the program.

use std::collections::BTreeSet;

use ratatui::{
  backend::{Backend, CrosstermBackend},
  buffer::Buffer,
};
use unicode_width::UnicodeWidthStr;

use super::{COLORED, SMALL, drawn, scenes};
use crate::{
  model::{
    Slot,
    event::Event,
    log_line::LogEntry,
    log_source::{Feed, SourceId},
    shown::Shown,
  },
  render::{
    Page, Tone,
    samples::{actor, begun, now, order},
  },
  tui::{
    msg::Msg,
    scene::{Console, rollback},
    state::modal::{Choice, Choosing, Does, Modal, Purpose, Reading, Searchable, Writing},
    view,
  },
};

/// Text as it may come from a container, a label, a file or another operator.
fn hostile() -> Vec<String> {
  let mut all: Vec<String> = [
    "\u{1b}",
    "\u{1b}[2J",
    "\u{1b}[31mRED\u{1b}[0m",
    "\u{1b}[?1049l",
    "\u{1b}[?2026l",
    "\u{1b}[6n",
    "\u{1b}[c",
    "\u{1b}[20t",
    "\u{1b}[999;999H",
    "\u{1b}[31",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]0;owned\u{1b}\\",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\u{1b}]8;;http://evil\u{7}link\u{1b}]8;;\u{7}",
    "\u{1b}]0;no end",
    "\u{1b}P$q\"p\u{1b}\\",
    "\u{1b}_Gf=100;AAAA\u{1b}\\",
    "\u{1b}^pm\u{1b}\\",
    "\u{1b}Xsos\u{1b}\\",
    "\u{1b}c",
    "\u{1b}#8",
    "\u{1b}\u{1b}[31m",
    "\u{9b}31mred",
    "\u{9d}0;owned\u{9c}",
    "\u{90}q\u{9c}",
    "\u{85}next\u{84}",
    "a\tb\tc",
    "over\rwritten",
    "two\nlines\u{b}\u{c}",
    "bell\u{7}\u{8}\u{8}\u{8}",
    "nul\0\u{1}\u{7f}",
    "\u{e}shifted\u{f}",
    "\u{202e}dlrow\u{202c}",
    "\u{2066}isolate\u{2069}",
    "\u{61c}\u{200e}\u{200f}",
    "z\u{200b}e\u{200c}r\u{200d}o\u{feff}",
    "\u{e0001}\u{e0041}\u{e007f}tags",
    "line\u{2028}paragraph\u{2029}",
    "so\u{ad}ft",
    "👩\u{200d}👩\u{200d}👧",
    "日本語日本語",
    "ｆｕｌｌ",
    "\u{fffd}\u{fff9}note\u{fffa}s\u{fffb}",
    "%s%n{}\\x1b[31m^[[31m",
  ]
  .map(str::to_owned)
  .to_vec();
  all.push(format!("a{}", "\u{301}".repeat(400)));
  all.push("\u{1b}[".repeat(300));
  all.push("x".repeat(20_000));
  all.push("\u{1b}]52;c;".repeat(50) + "\u{7}");
  let wrapped: Vec<String> = all.iter().map(|text| format!("api{text}-blue")).collect();
  all.extend(wrapped);
  all
}

/// The consoles and dialogs of one text, everywhere.
fn everywhere(text: &str) -> Vec<Console> {
  let mut consoles = Vec::new();
  let base = || {
    let mut console = Console::over(scenes::all_texts(text));
    text.clone_into(&mut std::sync::Arc::make_mut(&mut console.app.site).name);
    for slot in Slot::BOTH {
      std::sync::Arc::make_mut(&mut console.app.site).slots[slot].label = Some(text.to_owned());
    }
    console.app.me.user = text.into();
    console.app.me.host = text.into();
    for slot in Slot::BOTH {
      console.tell(Msg::Log(logged(slot, text)));
    }
    console.tell(Msg::Said {
      tone: Tone::Bad,
      text: text.into(),
    });
    console
  };
  consoles.push(base());
  consoles.push(running(base(), text));
  consoles.push(noted(base(), text));
  for modal in modals(text) {
    let mut console = base();
    console.app.modals.push(modal);
    consoles.push(console);
  }
  let mut asking = Console::quiet();
  asking.press("R");
  let mut plan = rollback();
  plan.site = text.to_owned();
  plan.warnings = vec![text.into()];
  plan.notes = vec![text.into()];
  plan.reason = Some(text.into());
  plan.word = Some(text.to_owned());
  plan.risk = crate::model::plan::Risk::Red;
  asking.planned(plan);
  asking.tell(Msg::Paste(text.to_owned()));
  consoles.push(asking);
  consoles
}

/// A log line, and a source of that name.
fn logged(slot: Slot, text: &str) -> Feed {
  Feed::Lines {
    source: SourceId {
      slot: Some(slot),
      name: text.to_owned(),
    },
    received: now(),
    dropped: 0,
    lines: vec![LogEntry {
      at: Some(now()),
      text: text.to_owned(),
    }],
  }
}

fn running(mut console: Console, text: &str) -> Console {
  let mut order = order();
  order.actor.user = text.into();
  order.plan.steps[0].details = vec![text.into()];
  let mut failure = scenes::failure();
  failure.what = text.into();
  failure.output = vec![text.into()];
  failure.log = vec![text.into()];
  failure.rerun = vec![text.into()];
  if let Some(container) = &mut failure.container {
    text.clone_into(&mut container.name);
    container.health_output = Some(text.to_owned());
  }
  let events = vec![
    begun(),
    Event::StepStarted { index: 0 },
    Event::StepNote {
      index: 0,
      text: text.into(),
    },
    Event::StepFailed {
      index: 0,
      failure,
      millis: 10,
    },
    Event::RestoreStarted { why: text.into() },
  ];
  console.follows(order, events);
  console
}

fn noted(mut console: Console, text: &str) -> Console {
  let mut someone = actor();
  someone.user = text.into();
  let events = vec![
    begun(),
    Event::StepStarted { index: 0 },
    Event::StepNote {
      index: 0,
      text: text.into(),
    },
    Event::Noted {
      actor: someone,
      text: text.into(),
    },
  ];
  console.follows(order(), events);
  console
}

fn modals(text: &str) -> Vec<Modal> {
  let mut page = Page::default();
  page.push(Tone::Plain, text);
  page.wrapped(Tone::Bad, text, 4);
  let choice = Choice {
    key: Some(text.to_owned()),
    name: text.to_owned(),
    help: text.to_owned(),
    does: Does::Nothing,
    why_not: None,
  };
  let refused = Choice {
    why_not: Some(text.to_owned()),
    ..choice.clone()
  };
  vec![
    Modal::Read(Reading {
      title: text.to_owned(),
      page,
      ..Reading::default()
    }),
    Modal::Write(Writing {
      title: text.to_owned(),
      label: text.to_owned(),
      purpose: Purpose::Note,
      input: text.into(),
    }),
    Modal::Choose(Choosing {
      title: text.to_owned(),
      input: "".into(),
      all: vec![choice, refused],
      selected: 0,
      searchable: Searchable::Yes,
    }),
  ]
}

fn bytes(buffer: &Buffer) -> Vec<u8> {
  let mut bytes = Vec::new();
  let empty = Buffer::empty(buffer.area);
  CrosstermBackend::new(&mut bytes)
    .draw(empty.diff(buffer).into_iter())
    .expect("a vector takes every byte");
  bytes
}

/// Every sequence that was emitted; where the cursor goes is no matter.
fn sequences(raw: &[u8]) -> BTreeSet<String> {
  let text = String::from_utf8(raw.to_vec()).expect("whole characters");
  let mut found = BTreeSet::new();
  let mut chars = text.chars().peekable();
  while let Some(c) = chars.next() {
    if c == '\u{1b}' {
      let mut sequence = String::new();
      for c in chars.by_ref() {
        sequence.push(c);
        if sequence.len() > 1 && ('\u{40}'..='\u{7e}').contains(&c) || !sequence.starts_with('[') {
          break;
        }
      }
      if sequence.ends_with('H') {
        "[H".clone_into(&mut sequence);
      }
      found.insert(sequence);
    } else if c.is_control() {
      found.insert(format!("{c:?}"));
    }
  }
  found
}

/// What no cell may hold, whatever the terminal makes of it.
fn is_hidden(c: char) -> bool {
  c.is_control()
    || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
      | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
      | '\u{e0000}'..='\u{e007f}')
}

#[test]
fn no_text_from_outside_reaches_the_terminal_as_more_than_text() {
  // With the mark of something cut out, which is dim wherever it stands.
  let harmless = everywhere("harm␛less");
  let mut looked_at = 0;
  for text in hostile() {
    for (place, (console, plain)) in everywhere(&text).iter().zip(&harmless).enumerate() {
      for size in [SMALL, (40, 8)] {
        let buffer = drawn(&console.app, size, COLORED);
        let allowed = sequences(&bytes(&drawn(&plain.app, size, COLORED)));
        let emitted = sequences(&bytes(&buffer));
        let more: Vec<_> = emitted.difference(&allowed).collect();
        assert!(more.is_empty(), "place {place}, {text:?}: {more:?}");
        for cell in &buffer.content {
          let symbol = cell.symbol();
          assert!(!symbol.chars().any(is_hidden), "place {place}: {symbol:?}");
          assert!(symbol.chars().count() <= 3, "place {place}: {symbol:?}");
          assert!(symbol.width() <= 2, "place {place}: {symbol:?}");
        }
        looked_at += 1;
      }
      let title = view::title(&console.app);
      assert!(!title.chars().any(is_hidden), "{title:?}");
    }
  }
  assert!(looked_at > 1_000, "{looked_at}");
}

#[test]
fn the_oracle_sees_what_it_looks_for() {
  assert!(sequences(b"a\x1b[31mb").contains("[31m"));
  assert!(sequences(b"a\x1b]52;c;x\x07").contains("]"));
  assert!(sequences("a\u{9b}31m".as_bytes()).contains("'\\u{9b}'"));
  assert!(!Shown::line("a\u{202e}b").as_str().chars().any(is_hidden));
  assert!("a\u{202e}b".chars().any(is_hidden));
}
