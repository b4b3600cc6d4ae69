//! Bytes from outside become lines of bounded length, whatever they are.
//!
//! Container logs and the output of Compose go through here. A line is handed on as soon as it
//! ends or reaches the limit; what follows up to the next line end is then left out.

const MOST_BYTES: usize = 8 * 1024;
const MARK: &str = " [cut]";

#[derive(Default)]
pub(crate) struct LineCutter {
  line: Vec<u8>,
  /// The line was already handed on at its limit; skip to its end.
  skipping: bool,
}

impl LineCutter {
  pub(crate) fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(String)) {
    while !bytes.is_empty() {
      let end = bytes.iter().position(|&byte| byte == b'\n');
      let (part, rest) = end.map_or((bytes, &bytes[bytes.len()..]), |at| {
        (&bytes[..at], &bytes[at + 1..])
      });
      if !self.skipping {
        let room = MOST_BYTES - self.line.len();
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
          self.skipping = true;
          let text = self.take();
          each(text + MARK);
        }
      }
      if end.is_some() {
        if !std::mem::take(&mut self.skipping) {
          each(self.take());
        }
        self.line.clear();
      }
      bytes = rest;
    }
  }

  /// The last line, when it has no line end.
  pub(crate) fn finish(&mut self, each: &mut dyn FnMut(String)) {
    if !std::mem::take(&mut self.skipping) && !self.line.is_empty() {
      each(self.take());
    }
    self.line.clear();
  }

  fn take(&mut self) -> String {
    if self.line.last() == Some(&b'\r') {
      self.line.pop();
    }
    let text = String::from_utf8_lossy(&self.line).into_owned();
    self.line.clear();
    text
  }
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  fn cut(pieces: &[&[u8]]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut cutter = LineCutter::default();
    for piece in pieces {
      cutter.push(piece, &mut |line| lines.push(line));
    }
    cutter.finish(&mut |line| lines.push(line));
    lines
  }

  #[test]
  fn lines_are_the_same_however_the_bytes_arrive() {
    for pieces in [
      &[b"one\ntwo\r\n\nfour".as_slice()] as &[&[u8]],
      &[b"on", b"e\nt", b"wo\r", b"\n", b"\nfour"],
    ] {
      assert_eq!(cut(pieces), ["one", "two", "", "four"]);
    }
  }

  #[test]
  fn a_line_without_end_is_shown_at_once_and_marked() {
    let mut lines = Vec::new();
    let mut cutter = LineCutter::default();
    for _ in 0..1000 {
      cutter.push(&[b'x'; 1000], &mut |line| lines.push(line));
    }
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("xx [cut]"));
    cutter.push(b"\nnext\n", &mut |line| lines.push(line));
    assert_eq!(lines[1..], ["next"]);
  }

  #[test]
  fn a_line_of_exactly_the_limit_is_whole() {
    let whole = vec![b'y'; MOST_BYTES];
    assert_eq!(cut(&[&whole, b"\n"])[0].len(), MOST_BYTES);
    assert_eq!(cut(&[&whole, b"z\n"])[0].len(), MOST_BYTES + MARK.len());
  }

  proptest! {
    #[test]
    fn any_bytes_give_bounded_lines(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9000), 0..6)) {
      let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
      for line in cut(&pieces) {
        // Every broken byte may become a three-byte replacement character.
        prop_assert!(line.len() <= 3 * MOST_BYTES + MARK.len());
        prop_assert!(!line.contains('\n'));
      }
    }
  }
}
