//! The title of a log. What matters least gives way first when there is no room.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{LogFrame, letter};
use crate::{
  model::{Slot, log_line::LogLevel},
  tui::{
    state::logs::{Facts, PaneId, Showing, Stamps, width},
    view::{pen::Pen, theme::Role},
  },
};

/// A piece of the title; the greater `gives_way`, the sooner it is left out.
struct Piece {
  text: String,
  role: Role,
  gives_way: u8,
}

fn piece(gives_way: u8, role: Role, text: impl Into<String>) -> Piece {
  Piece {
    text: text.into(),
    role,
    gives_way,
  }
}

pub(super) fn draw(facts: &Facts<'_>, id: PaneId, frame: LogFrame, area: Rect, buf: &mut Buffer) {
  let mut left = who(facts, id, frame);
  let mut right = how(facts);
  // Corners, one line of the frame on either side, and one between the two halves.
  let room = usize::from(area.width).saturating_sub(5);
  while length(&left) + length(&right) > room {
    let weakest = |pieces: &[Piece]| pieces.iter().map(|piece| piece.gives_way).max();
    let Some(limit) = weakest(&left)
      .max(weakest(&right))
      .filter(|limit| *limit > 0)
    else {
      break;
    };
    left.retain(|piece| piece.gives_way < limit);
    right.retain(|piece| piece.gives_way < limit);
  }
  let title = Rect {
    x: area.x + 2,
    width: area.width.saturating_sub(4),
    ..area
  };
  write(&left, &mut Pen::row(buf, title, 0, frame.theme));
  if length(&left) + length(&right) <= room {
    let wide = u16::try_from(length(&right)).unwrap_or(u16::MAX);
    let mut pen = Pen::row(buf, title, 0, frame.theme);
    write(&right, pen.skip(title.width.saturating_sub(wide)));
  }
}

fn write(pieces: &[Piece], pen: &mut Pen<'_>) {
  for piece in pieces {
    pen.put(Role::Frame, " ").put(piece.role, &piece.text);
  }
  if !pieces.is_empty() {
    pen.put(Role::Frame, " ");
  }
}

fn length(pieces: &[Piece]) -> usize {
  if pieces.is_empty() {
    return 0;
  }
  pieces
    .iter()
    .map(|piece| 1 + width(&piece.text))
    .sum::<usize>()
    + 1
}

/// `4 LOG [B] BLUE  all 2  filter: x`
fn who(facts: &Facts<'_>, id: PaneId, frame: LogFrame) -> Vec<Piece> {
  let mut pieces = Vec::new();
  if let Some(digit) = frame.digit {
    pieces.push(piece(0, Role::Key, digit));
  }
  pieces.push(piece(7, Role::Text, "LOG"));
  match id {
    PaneId::Slot(slot) => {
      pieces.push(piece(
        0,
        Role::Slot(slot),
        format!("{} {}", letter(Some(slot)), slot.shout()),
      ));
    }
    PaneId::Merged => {
      for slot in Slot::BOTH {
        pieces.push(piece(0, Role::Slot(slot), letter(Some(slot))));
      }
    }
  }
  pieces.push(match facts.showing {
    Showing::All(count) => piece(6, Role::Text, format!(" all {count}")),
    Showing::One(name) => piece(1, Role::Strong, format!(" {name}")),
  });
  if let Some(filter) = facts.filter {
    pieces.push(piece(1, Role::Found, format!("filter {}", short(filter))));
  }
  if let Some(search) = facts.search {
    pieces.push(piece(5, Role::Text, format!("/{}", short(search))));
  }
  match facts.least {
    Some(LogLevel::Info) => pieces.push(piece(2, Role::Strong, "INF+")),
    Some(LogLevel::Warn) => pieces.push(piece(2, Role::Strong, "WRN+")),
    Some(LogLevel::Error) => pieces.push(piece(2, Role::Strong, "ERR")),
    Some(LogLevel::Debug) | None => {}
  }
  if facts.aligned {
    pieces.push(piece(3, Role::Strong, "aligned"));
  }
  pieces.extend(match facts.stamps {
    Stamps::Utc => Some(piece(9, Role::Faint, "UTC")),
    Stamps::Site | Stamps::Relative | Stamps::Off => None,
  });
  pieces
}

/// ` FOLLOW  41/s  WRN 1 ERR 0`, or how many lines wait below.
fn how(facts: &Facts<'_>) -> Vec<Piece> {
  let mut pieces = Vec::new();
  if facts.dropped > 0 {
    pieces.push(piece(4, Role::Warn, format!("{} dropped", facts.dropped)));
  }
  pieces.push(match (facts.following, facts.new) {
    (true, _) => piece(1, Role::Good, "FOLLOW"),
    (false, 0) => piece(1, Role::Warn, "PAUSED"),
    (false, new) => piece(1, Role::Warn, format!("PAUSED {new} new")),
  });
  pieces.push(piece(8, Role::Text, format!(" {}/s", facts.per_second)));
  let loud = |count: u32, role| if count > 0 { role } else { Role::Text };
  pieces.push(piece(
    5,
    loud(facts.warnings, Role::Warn),
    format!(" WRN {}", facts.warnings),
  ));
  pieces.push(piece(
    2,
    loud(facts.errors, Role::Bad),
    format!("ERR {}", facts.errors),
  ));
  pieces
}

fn short(typed: &str) -> String {
  crate::model::shown::Shown::line(typed)
    .as_str()
    .chars()
    .take(24)
    .collect()
}
