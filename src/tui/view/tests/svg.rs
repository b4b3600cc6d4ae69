//! A screen as a picture: one small SVG that stands on its own, every cell where a terminal has it.
//!
//! Text is placed word by word, so that no font can move a column; frames, bars and gauges are
//! drawn as lines and boxes, so that they join as they do on a terminal.

use std::{collections::BTreeMap, fmt::Write};

use ratatui::{
  buffer::{Buffer, Cell},
  style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// A cell, in pixels: wide enough for the widest common monospace font at this size.
const WIDE: u32 = 8;
const HIGH: u32 = 17;
const FONT: u32 = 13;
const MARGIN: u32 = 10;

/// A dark terminal's own colors.
const PAPER: &str = "#14181f";
const INK: &str = "#cdd3de";

/// By color: left, top, width, height.
type Boxes = BTreeMap<&'static str, Vec<[u32; 4]>>;

pub(super) fn picture(buffer: &Buffer, name: &str) -> String {
  let area = buffer.area;
  let width = u32::from(area.width) * WIDE + 2 * MARGIN;
  let height = u32::from(area.height) * HIGH + 2 * MARGIN;
  let mut out = format!(
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
     width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{name}</title>\n\
     <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{PAPER}\"/>\n\
     <g transform=\"translate({MARGIN} {MARGIN})\" font-family=\"ui-monospace,Menlo,Consolas,\
     'DejaVu Sans Mono',monospace\" font-size=\"{FONT}\" fill=\"{INK}\">\n"
  );
  let mut boxes = Boxes::new();
  let mut words = String::new();
  for y in 0..area.height {
    row(buffer, y, &mut boxes, &mut words);
  }
  for (color, boxes) in boxes {
    let _ = write!(out, "<path fill=\"{color}\" d=\"");
    for [x, y, wide, high] in boxes {
      let _ = write!(out, "M{x} {y}h{wide}v{high}h-{wide}z");
    }
    out.push_str("\"/>\n");
  }
  out.push_str(&words);
  out.push_str("</g>\n</svg>\n");
  out
}

/// What lies behind, and whatever is no letter, as boxes of one color; the rest as words.
fn row(buffer: &Buffer, y: u16, boxes: &mut Boxes, words: &mut String) {
  let top = u32::from(y) * HIGH;
  let mut x = 0;
  let mut word: Option<Word> = None;
  while x < buffer.area.width {
    let cell = &buffer[(x, y)];
    let look = Look::of(cell);
    let symbol = cell.symbol();
    let columns = u16::try_from(symbol.width().max(1)).unwrap_or(1);
    let left = u32::from(x) * WIDE;
    if let Some(behind) = look.behind {
      bar(boxes, behind, [left, top, u32::from(columns) * WIDE, HIGH]);
    }
    let drawn = shape(symbol);
    for [dx, dy, wide, high] in drawn.iter().flatten() {
      bar(boxes, look.ink, [left + dx, top + dy, *wide, *high]);
    }
    if drawn.is_some() || symbol.trim().is_empty() {
      finish(word.take(), top, words);
    } else {
      let goes_on = word.as_ref().is_some_and(|word| word.look == look);
      if !goes_on {
        finish(word.take(), top, words);
      }
      let word = word.get_or_insert_with(|| Word {
        x,
        columns: 0,
        look,
        text: String::new(),
      });
      word.columns += columns;
      word.text.push_str(symbol);
    }
    x += columns;
  }
  finish(word, top, words);
}

/// One box; where it only makes another one longer or higher, that one.
fn bar(boxes: &mut Boxes, color: &'static str, [x, y, wide, high]: [u32; 4]) {
  let drawn = boxes.entry(color).or_default();
  for it in drawn.iter_mut().rev() {
    if it[1] == y && it[3] == high && it[0] + it[2] == x {
      it[2] += wide;
      return;
    }
    if it[0] == x && it[2] == wide && it[1] + it[3] == y {
      it[3] += high;
      return;
    }
  }
  drawn.push([x, y, wide, high]);
}

#[derive(Clone, Copy, PartialEq)]
struct Look {
  ink: &'static str,
  behind: Option<&'static str>,
  modifier: Modifier,
}

impl Look {
  fn of(cell: &Cell) -> Self {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let ink = color(cell.fg).unwrap_or(INK);
    let behind = color(cell.bg);
    let (ink, behind) = if reversed {
      (behind.unwrap_or(PAPER), Some(ink))
    } else {
      (ink, behind)
    };
    Self {
      ink,
      behind,
      modifier: cell.modifier.difference(Modifier::REVERSED),
    }
  }
}

fn color(color: Color) -> Option<&'static str> {
  match color {
    Color::Reset => None,
    Color::Black => Some("#14181f"),
    Color::White => Some("#f4f6fa"),
    Color::DarkGray => Some("#8a93a3"),
    Color::Red => Some("#f0606a"),
    Color::Green => Some("#4fb86a"),
    Color::Yellow => Some("#e0b04a"),
    Color::Cyan => Some("#4fc1d0"),
    Color::Magenta => Some("#c48be0"),
    Color::LightBlue => Some("#6cb2ff"),
    Color::LightGreen => Some("#7ee08c"),
    other => panic!("{other:?} has no place in a picture yet"),
  }
}

struct Word {
  x: u16,
  columns: u16,
  look: Look,
  text: String,
}

fn finish(word: Option<Word>, top: u32, out: &mut String) {
  let Some(word) = word else { return };
  let x = u32::from(word.x) * WIDE;
  let y = top + 13;
  let _ = write!(out, "<text x=\"{x}\" y=\"{y}\"");
  if word.columns > 1 {
    let length = u32::from(word.columns) * WIDE;
    let _ = write!(out, " textLength=\"{length}\"");
  }
  if word.look.ink != INK {
    let _ = write!(out, " fill=\"{}\"", word.look.ink);
  }
  for (modifier, attribute) in [
    (Modifier::BOLD, " font-weight=\"bold\""),
    (Modifier::ITALIC, " font-style=\"italic\""),
    (Modifier::UNDERLINED, " text-decoration=\"underline\""),
  ] {
    if word.look.modifier.contains(modifier) {
      out.push_str(attribute);
    }
  }
  let text = word.text.replace('&', "&amp;").replace('<', "&lt;");
  let _ = writeln!(out, ">{text}</text>");
}

/// What a symbol that is no letter is drawn of, in pixels of its cell.
fn shape(symbol: &str) -> Option<Vec<[u32; 4]>> {
  let (middle, center) = (WIDE / 2, HIGH / 2);
  // A single line; the two of a double one.
  let one = |x: u32, y: u32, wide: u32, high: u32| vec![[x, y, wide, high]];
  let right = [middle, center, WIDE - middle, 1];
  let left = [0, center, middle + 1, 1];
  let down = [middle, center, 1, HIGH - center];
  let up = [middle, 0, 1, center + 1];
  let (near, far) = (center - 1, center + 1);
  let (west, east) = (middle - 1, middle + 1);
  Some(match symbol {
    "─" => one(0, center, WIDE, 1),
    "│" => one(middle, 0, 1, HIGH),
    "┌" => vec![right, down],
    "┐" => vec![left, down],
    "└" => vec![right, up],
    "┘" => vec![left, up],
    "═" => vec![[0, near, WIDE, 1], [0, far, WIDE, 1]],
    "║" => vec![[west, 0, 1, HIGH], [east, 0, 1, HIGH]],
    "╔" => vec![
      [west, near, WIDE - west, 1],
      [east, far, WIDE - east, 1],
      [west, near, 1, HIGH - near],
      [east, far, 1, HIGH - far],
    ],
    "╗" => vec![
      [0, near, east + 1, 1],
      [0, far, west + 1, 1],
      [east, near, 1, HIGH - near],
      [west, far, 1, HIGH - far],
    ],
    "╚" => vec![
      [east, near, WIDE - east, 1],
      [west, far, WIDE - west, 1],
      [east, 0, 1, near + 1],
      [west, 0, 1, far + 1],
    ],
    "╝" => vec![
      [0, near, west + 1, 1],
      [0, far, east + 1, 1],
      [west, 0, 1, near + 1],
      [east, 0, 1, far + 1],
    ],
    "░" => (0..HIGH)
      .step_by(4)
      .map(|y| [1, y + 1, WIDE - 2, 1])
      .collect(),
    _ => {
      let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
      let eighths = bars.iter().position(|bar| *bar == symbol)?;
      let high = HIGH * (u32::try_from(eighths).unwrap_or(0) + 1) / 8;
      one(0, HIGH - high, WIDE, high)
    }
  })
}
