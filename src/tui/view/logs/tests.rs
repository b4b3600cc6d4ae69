//! Pictures of a log at three widths, and what hostile lines may do to it: nothing.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{LogFrame, draw, viewport};
use crate::{
  model::{
    Slot,
    container::ContainerId,
    log_line::LogEntry,
    log_source::{Attached, Feed, SourceId},
    shown::Shown,
  },
  tui::{
    state::logs::{LogAction, Logs, PaneId},
    view::theme::{Charset, Palette, Theme},
  },
};

const BLUE: PaneId = PaneId::Slot(Slot::Blue);

fn at(second: &str) -> DateTime<Utc> {
  format!("2026-11-27T14:{second}Z").parse().unwrap()
}

fn lines(slot: Option<Slot>, name: &str, dropped: u64, lines: &[(&str, &str)]) -> Feed {
  let source = SourceId {
    slot,
    name: name.into(),
  };
  let lines: Vec<LogEntry> = lines
    .iter()
    .map(|(second, text)| LogEntry {
      at: Some(at(second)),
      text: (*text).to_owned(),
    })
    .collect();
  Feed::Lines {
    source,
    received: at("32:01"),
    dropped,
    lines,
  }
}

/// What the mock-up of the console shows, and one of everything else.
fn site() -> Logs {
  let mut logs = Logs::new(256 * 1024);
  logs.push(lines(
    Some(Slot::Blue),
    "api",
    0,
    &[
      ("31:58.102", "INFO GET /api/items 200 38ms"),
      ("31:59.377", "WARN slow query 412ms orders_by_day"),
      (
        "32:00.001",
        r#"{"time":"x","level":"error","msg":"jwt: clock skew","skew_s":0.4,"user":"ada"}"#,
      ),
    ],
  ));
  logs.push(lines(
    Some(Slot::Blue),
    "web",
    214,
    &[
      ("31:58.911", "GET / 200 2ms"),
      (
        "32:00.118",
        "\u{1b}[31mDEBUG\u{1b}[0m cache\tmiss \u{202e}日本語",
      ),
    ],
  ));
  logs.push(Feed::Attached {
    source: SourceId {
      slot: Some(Slot::Blue),
      name: "api".into(),
    },
    at: at("32:00.500"),
    how: Attached::Replaced(ContainerId("4f2c1e9".repeat(9)).into()),
  });
  logs.push(lines(
    Some(Slot::Green),
    "api",
    0,
    &[("31:58.300", "INFO boot 2.0.0 listening :5000")],
  ));
  logs.push(lines(
    None,
    "proxy",
    0,
    &[(
      "31:59.000",
      "2026/11/27 14:31:59 [error] 7#7: upstream timed out",
    )],
  ));
  logs.marker(
    at("32:00.900"),
    None,
    &Shown::line("#128 switched to GREEN"),
  );
  logs
}

fn frame(palette: Palette, charset: Charset) -> LogFrame {
  LogFrame {
    theme: Theme { palette, charset },
    now: at("32:02.000"),
    digit: Some('4'),
    focused: true,
    live: true,
  }
}

fn buffer(logs: &Logs, id: PaneId, frame: LogFrame, width: u16, height: u16) -> Buffer {
  let area = Rect::new(0, 0, width, height);
  let mut buffer = Buffer::empty(area);
  draw(logs, id, frame, area, &mut buffer);
  buffer
}

fn text(buffer: &Buffer) -> String {
  let mut text = String::new();
  for y in 0..buffer.area.height {
    let mut x = 0;
    while x < buffer.area.width {
      let symbol = buffer[(x, y)].symbol();
      text.push_str(symbol);
      x += u16::try_from(crate::tui::state::logs::width(symbol).max(1)).unwrap();
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
  }
  text
}

fn act(logs: &mut Logs, id: PaneId, actions: &[LogAction]) {
  for action in actions {
    logs.act(
      id,
      action.clone(),
      viewport(Rect::new(0, 0, 80, 8), at("32:02.000")),
    );
  }
}

#[test]
fn a_log_at_40_80_and_100_columns() {
  let logs = site();
  let plain = frame(Palette::Default, Charset::Unicode);
  for width in [40, 80, 100] {
    insta::assert_snapshot!(
      format!("log_{width}"),
      text(&buffer(&logs, BLUE, plain, width, 10))
    );
  }
}

#[test]
fn a_log_in_ascii_wrapped_and_paused_with_a_filter() {
  let mut logs = site();
  act(
    &mut logs,
    BLUE,
    &[
      LogAction::Wrap,
      LogAction::Filter("!GET".into()),
      LogAction::Search("skew".into()),
      LogAction::Level,
    ],
  );
  let ascii = frame(Palette::Mono, Charset::Ascii);
  insta::assert_snapshot!("log_ascii", text(&buffer(&logs, BLUE, ascii, 80, 10)));
  insta::assert_snapshot!(
    "log_ascii_narrow",
    text(&buffer(&logs, BLUE, ascii, 44, 12))
  );
}

#[test]
fn both_slots_and_the_proxy_in_one_stream() {
  let mut logs = site();
  logs.merge(true);
  let plain = frame(Palette::Default, Charset::Unicode);
  insta::assert_snapshot!(
    "log_merged",
    text(&buffer(&logs, PaneId::Merged, plain, 80, 13))
  );
}

#[test]
fn without_color_an_error_a_hit_and_a_marker_are_still_told_apart() {
  let mut logs = site();
  act(
    &mut logs,
    BLUE,
    &[LogAction::Search("slow".into()), LogAction::PreviousHit],
  );
  let mono = buffer(&logs, BLUE, frame(Palette::Mono, Charset::Ascii), 80, 10);
  let theme = Theme {
    palette: Palette::Mono,
    charset: Charset::Ascii,
  };
  let row = |words: &str| {
    (0..10)
      .find(|y| {
        let line: String = (0..80).map(|x| mono[(x, *y)].symbol()).collect();
        line.contains(words)
      })
      .unwrap()
  };
  let style = |x: u16, y: u16| mono[(x, y)].style().add_modifier;
  let error = theme.style(super::Role::Bad).add_modifier;
  assert_eq!(style(19, row("clock skew")), error);
  let hit = theme.style(super::Role::Selected).add_modifier;
  assert!(style(28, row("slow query")).contains(hit));
  assert_eq!(mono[(19, row("re-attached"))].symbol(), "-");
}

#[test]
fn hostile_lines_leave_every_cell_printable_and_the_frame_whole() {
  let mut logs = Logs::new(256 * 1024);
  let long = "L".repeat(1 << 20);
  let invalid = String::from_utf8_lossy(b"bad \xff\xfe bytes").into_owned();
  let texts = [
    "\u{1b}[2J\u{1b}[H gone",
    "\u{1b}]52;c;cm0gLXJm\u{7} clipboard",
    "\u{1b}]0;title\u{1b}\\ title",
    "\u{9b}31m C1 \u{90}q\u{9c}",
    "\u{202e}reversed\u{202c} \u{2066}x\u{2069}",
    "tab\tstop\r\nnext\u{8}\u{8}",
    "日本語テキスト 한국어 👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} 👍🏽 🇩🇪",
    "a\u{301}\u{302}\u{303}\u{304}\u{305}zalgo \u{e0041}tag",
    &invalid,
    &long,
  ];
  let stamped: Vec<(&str, &str)> = texts.iter().map(|text| ("32:00.000", *text)).collect();
  logs.push(lines(Some(Slot::Blue), "evil\u{1b}[2J", 0, &stamped));
  for wrapped in [false, true] {
    for width in [80, 40, 23] {
      let drawn = buffer(
        &logs,
        BLUE,
        frame(Palette::Default, Charset::Unicode),
        width,
        24,
      );
      sound(&drawn);
    }
    if !wrapped {
      act(&mut logs, BLUE, &[LogAction::Wrap]);
    }
  }
}

/// No control character, no cell wider than the terminal will draw it, the right edge in place.
fn sound(drawn: &Buffer) {
  use unicode_width::UnicodeWidthStr;
  let area = drawn.area;
  for y in 0..area.height {
    let mut x = 0;
    while x < area.width {
      let symbol = drawn[(x, y)].symbol();
      assert!(!symbol.chars().any(char::is_control), "{symbol:?}");
      let wide = u16::try_from(symbol.width()).unwrap();
      assert!(wide >= 1 && x + wide < area.width + 1, "{symbol:?} at {x}");
      for hidden in x + 1..x + wide {
        assert_eq!(drawn[(hidden, y)].symbol(), " ", "behind {symbol:?}");
      }
      x += wide;
    }
    if y > 0 && y < area.height - 1 {
      assert_eq!(drawn[(area.width - 1, y)].symbol(), "║");
    }
  }
}

proptest! {
  #[test]
  fn whatever_a_container_prints_the_picture_is_sound(
    texts in prop::collection::vec("(.|\u{1b}|\u{301}|日|\u{fe0f}|\u{1f3fd}|\u{202e}){0,120}", 1..12),
    width in 20_u16..90, wrap in any::<bool>(), left in 0_usize..3, search in "[a-z.]{0,2}"
  ) {
    let mut logs = Logs::new(64 * 1024);
    let stamped: Vec<(&str, &str)> = texts.iter().map(|text| ("32:00.000", text.as_str())).collect();
    logs.push(lines(Some(Slot::Blue), "api", 0, &stamped));
    if wrap {
      act(&mut logs, BLUE, &[LogAction::Wrap]);
    }
    for _ in 0..left {
      act(&mut logs, BLUE, &[LogAction::Right]);
    }
    act(&mut logs, BLUE, &[LogAction::Search(search)]);
    sound(&buffer(&logs, BLUE, frame(Palette::Default, Charset::Unicode), width, 12));
  }
}
