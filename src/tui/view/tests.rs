//! Every screen and dialog as text, some with their styles beside it; and the byte oracle.
//!
//! A snapshot is judged by reading it as the operator would: run the tests, look at the files.

mod afternoon;
mod dialogs;
mod moving;
mod oracle;
pub(crate) mod pictures;
mod scenes;
mod screens;
mod steady;
mod svg;

use std::fmt::Write;

use ratatui::{
  buffer::{Buffer, Cell},
  layout::Rect,
  style::{Color, Modifier},
};

use super::{
  draw,
  theme::{Charset, Palette, Theme},
};
use crate::tui::state::app::App;

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (160, 45);

const COLORED: Theme = Theme {
  palette: Palette::Default,
  charset: Charset::Unicode,
};
const MONO: Theme = Theme {
  palette: Palette::Mono,
  charset: Charset::Ascii,
};

fn drawn(app: &App, (width, height): (u16, u16), theme: Theme) -> Buffer {
  let area = Rect::new(0, 0, width, height);
  let mut buffer = Buffer::empty(area);
  draw(&mut buffer, area, app, theme);
  buffer
}

fn rows(buffer: &Buffer, letter: impl Fn(&Cell) -> String) -> String {
  let area = buffer.area;
  let mut text = String::new();
  for y in area.rows().map(|row| row.y) {
    let mut row = String::new();
    let mut hidden = 0;
    for x in 0..area.width {
      let cell = &buffer[(x, y)];
      if hidden > 0 {
        hidden -= 1;
        continue;
      }
      hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
      row.push_str(&letter(cell));
    }
    text.push_str(row.trim_end());
    text.push('\n');
  }
  text
}

fn text(buffer: &Buffer) -> String {
  rows(buffer, |cell| cell.symbol().to_owned())
}

/// One letter for how each cell looks: `b`old, `r`eversed, `u`nderlined and bold, `A`larm; colors
/// by their first letter; a blank is plain.
fn styles(buffer: &Buffer) -> String {
  rows(buffer, |cell| {
    let has = |modifier| cell.modifier.contains(modifier);
    let letter = match (cell.fg, cell.bg) {
      (_, Color::Red) => "A",
      (Color::Reset, Color::Reset) if has(Modifier::REVERSED) && has(Modifier::BOLD) => "A",
      (Color::Reset, Color::Reset) if has(Modifier::REVERSED) => "r",
      (Color::Reset, Color::Reset) if has(Modifier::UNDERLINED) => "u",
      (Color::Reset, Color::Reset) if has(Modifier::ITALIC) => "i",
      (Color::Reset, Color::Reset) if has(Modifier::BOLD) => "b",
      (Color::Reset, Color::Reset) => " ",
      (Color::DarkGray, _) => "-",
      (Color::Green, _) => "g",
      (Color::Yellow, _) => "y",
      (Color::Red, _) => "R",
      (Color::LightBlue, _) => "B",
      (Color::LightGreen, _) => "G",
      (Color::Cyan, _) => "c",
      _ => "?",
    };
    letter.to_owned()
  })
}

/// The text at several sizes, one after another.
fn at(app: &App, theme: Theme, sizes: &[(u16, u16)]) -> String {
  let mut all = String::new();
  for (width, height) in sizes {
    let screen = text(&drawn(app, (*width, *height), theme));
    write!(all, "--- {width}x{height}\n{screen}").expect("a text takes everything");
  }
  all
}
