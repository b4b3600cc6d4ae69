//! Output of unknown length, kept within a bound: its head and its tail, and its lines.

use std::collections::VecDeque;

const MOST_LINE: usize = 8 * 1024;

/// Keeps the first and the last half of `most` bytes and counts what fell out between them.
pub(crate) struct HeadTail {
  head: Vec<u8>,
  tail: VecDeque<u8>,
  half: usize,
  left_out: u64,
}

impl HeadTail {
  pub(crate) fn new(most: usize) -> Self {
    Self {
      head: Vec::new(),
      tail: VecDeque::new(),
      half: most / 2,
      left_out: 0,
    }
  }

  pub(crate) fn push(&mut self, bytes: &[u8]) {
    let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
    let (first, rest) = bytes.split_at(room);
    self.head.extend_from_slice(first);
    self.tail.extend(rest);
    let over = self.tail.len().saturating_sub(self.half);
    self.tail.drain(..over);
    self.left_out += over as u64;
  }

  pub(crate) fn text(&self) -> String {
    let (one, two) = self.tail.as_slices();
    if self.left_out == 0 {
      return String::from_utf8_lossy(&[&self.head, one, two].concat()).into_owned();
    }
    format!(
      "{}\n[{} bytes left out]\n{}",
      String::from_utf8_lossy(&self.head),
      self.left_out,
      String::from_utf8_lossy(&[one, two].concat())
    )
  }
}

/// Cuts a byte stream into lines; a line without end is handed out in pieces.
#[derive(Default)]
pub(crate) struct Lines {
  pending: Vec<u8>,
}

impl Lines {
  pub(crate) fn push(&mut self, bytes: &[u8], line: &mut dyn FnMut(&str)) {
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
      for part in piece.chunks(MOST_LINE) {
        self.pending.extend_from_slice(part);
        if part.ends_with(b"\n") || self.pending.len() >= MOST_LINE {
          self.finish(line);
        }
      }
    }
  }

  /// Hands out what has no line end yet.
  pub(crate) fn finish(&mut self, line: &mut dyn FnMut(&str)) {
    if !self.pending.is_empty() {
      let text = String::from_utf8_lossy(&self.pending);
      line(text.trim_end_matches(['\n', '\r']));
      self.pending.clear();
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn short_output_is_kept_whole_and_long_output_keeps_both_ends() {
    let mut kept = HeadTail::new(8);
    kept.push(b"abcdef");
    assert_eq!(kept.text(), "abcdef");
    kept.push(b"ghijkl");
    assert_eq!(kept.text(), "abcd\n[4 bytes left out]\nijkl");
  }

  #[test]
  fn lines_are_the_same_however_the_bytes_are_cut() {
    let text = b"one\r\ntwo\n\nlast";
    for size in 1..text.len() {
      let mut seen = Vec::new();
      let mut lines = Lines::default();
      for part in text.chunks(size) {
        lines.push(part, &mut |line| seen.push(line.to_owned()));
      }
      lines.finish(&mut |line| seen.push(line.to_owned()));
      assert_eq!(seen, ["one", "two", "", "last"], "cut every {size} bytes");
    }
  }

  #[test]
  fn a_line_without_end_is_never_held_whole() {
    let mut longest = 0;
    let mut lines = Lines::default();
    lines.push(&vec![b'x'; 100_000], &mut |line| {
      longest = longest.max(line.len());
    });
    assert!(longest > 0 && longest <= MOST_LINE, "{longest}");
  }
}
