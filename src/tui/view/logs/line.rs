//! One line of a log: slot, time, source, level, text, each in its own look.

use super::letter;
use crate::{
  model::log_line::LogLevel,
  tui::{
    state::logs::{Screen, ScreenLine, ScreenRow, Writer, past_accents},
    view::{
      pen::Pen,
      theme::{Role, Theme},
    },
  },
};

pub(super) fn draw(screen: &Screen<'_>, line: &ScreenLine, theme: Theme, mut pen: Pen<'_>) {
  let Some(row) = screen.rows.get(line.row) else {
    return;
  };
  let columns = screen.columns;
  if line.first {
    let role = row.slot.map_or(Role::Faint, Role::Slot);
    column(&mut pen, role, letter(row.slot), columns.gutter);
    column(&mut pen, Role::Faint, &row.stamp, columns.stamp);
    column(&mut pen, Role::Faint, row.source, columns.source);
    let (word, role) = tag(row);
    column(&mut pen, role, word, columns.level);
  } else {
    pen.skip(columns.gutter + columns.stamp + columns.source + columns.level);
  }
  text(row, line, theme, &mut pen);
}

/// The last place stays empty.
fn column(pen: &mut Pen<'_>, role: Role, text: &str, width: u16) {
  if width > 0 {
    pen.clip(role, text, usize::from(width) - 1).skip(1);
  }
}

fn tag(row: &ScreenRow<'_>) -> (&'static str, Role) {
  match row.level {
    _ if row.writer == Writer::Marker => ("--", Role::Marker),
    None => ("", Role::Faint),
    Some(level @ (LogLevel::Debug | LogLevel::Info)) => (level.word(), Role::Faint),
    Some(level @ LogLevel::Warn) => (level.word(), Role::Warn),
    Some(level @ LogLevel::Error) => (level.word(), Role::Bad),
  }
}

fn text(row: &ScreenRow<'_>, line: &ScreenLine, theme: Theme, pen: &mut Pen<'_>) {
  let base = match row.level {
    _ if row.hit => Role::Selected,
    _ if row.writer == Writer::Marker => Role::Marker,
    Some(LogLevel::Error) => Role::Strong,
    Some(LogLevel::Debug) => Role::Faint,
    Some(LogLevel::Info | LogLevel::Warn) | None => Role::Text,
  };
  let plain = theme.style(base);
  let found = plain.patch(theme.style(Role::Found));
  let field = plain.patch(theme.style(Role::Field));
  let (whole, end) = (row.text.text.as_str(), line.part.bytes.end);
  let mut at = line.part.bytes.start;
  let mut hits = row.found.iter().peekable();
  let mut names = row.text.names.iter().peekable();
  while at < end {
    while hits.next_if(|hit| hit.end <= at).is_some() {}
    while names.next_if(|name| name.end <= at).is_some() {}
    let (hit, name) = (hits.peek(), names.peek());
    let style = if hit.is_some_and(|hit| hit.start <= at) {
      found
    } else if name.is_some_and(|name| name.start <= at) {
      field
    } else {
      plain
    };
    // As far as nothing begins or ends.
    let edges = [hit, name].into_iter().flatten();
    let edges = edges.flat_map(|range| [range.start, range.end]);
    let until = edges.filter(|edge| *edge > at).fold(end, usize::min);
    let until = past_accents(whole, until).min(end);
    pen.symbols(style, whole.get(at..until).unwrap_or_default());
    at = until;
  }
  if line.part.cut {
    pen.cut(theme.style(Role::Faint));
  }
}
