//! Decodes a container's log stream: Docker's frames, or raw bytes when the container has a terminal.
//!
//! Pure. Which of the two it is comes from the container's `Config.Tty` and is never guessed from
//! the bytes: a container could otherwise print something that looks like a frame header and hide
//! its log (fussybeaver/bollard#805). Memory is bounded by the two line cutters.

use crate::adapters::line_cutter::LineCutter;

const HEADER: usize = 8;
const BROKEN: &str = "-- the log stream is not in Docker's frame format; shown as it comes --";

/// How the stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
  /// Frames of stdout and stderr, each with a header of eight bytes.
  Frames,
  /// The container has a terminal: its bytes, unframed.
  Raw,
}

pub(super) struct LogDecoder {
  framing: Framing,
  header: Vec<u8>,
  /// What is still to come of the present frame, and where it goes.
  left: usize,
  to_stderr: bool,
  stdout: LineCutter,
  stderr: LineCutter,
}

impl LogDecoder {
  pub(super) fn new(framing: Framing) -> Self {
    Self {
      framing,
      header: Vec::with_capacity(HEADER),
      left: 0,
      to_stderr: false,
      stdout: LineCutter::default(),
      stderr: LineCutter::default(),
    }
  }

  pub(super) fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(String)) {
    while !bytes.is_empty() {
      if self.framing == Framing::Raw {
        self.stdout.push(bytes, each);
        return;
      }
      if self.left > 0 {
        let (part, rest) = bytes.split_at(self.left.min(bytes.len()));
        self.left -= part.len();
        bytes = rest;
        if self.to_stderr {
          self.stderr.push(part, each);
        } else {
          self.stdout.push(part, each);
        }
        continue;
      }
      let (part, rest) = bytes.split_at((HEADER - self.header.len()).min(bytes.len()));
      self.header.extend_from_slice(part);
      bytes = rest;
      if self.header.len() == HEADER {
        self.begin_frame(each);
      }
    }
  }

  fn begin_frame(&mut self, each: &mut dyn FnMut(String)) {
    if let [stream @ 0..=3, 0, 0, 0, a, b, c, d] = self.header[..] {
      // 2 is stderr, 3 an error of the daemon itself.
      self.to_stderr = stream >= 2;
      self.left = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
      self.header.clear();
      return;
    }
    each(BROKEN.to_owned());
    self.framing = Framing::Raw;
    let header = std::mem::take(&mut self.header);
    self.stdout.push(&header, each);
  }

  pub(super) fn finish(&mut self, each: &mut dyn FnMut(String)) {
    self.stdout.finish(each);
    self.stderr.finish(each);
  }
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  fn decode(framing: Framing, pieces: &[&[u8]]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut decoder = LogDecoder::new(framing);
    for piece in pieces {
      decoder.push(piece, &mut |line| lines.push(line));
    }
    decoder.finish(&mut |line| lines.push(line));
    lines
  }

  fn frame(stream: u8, text: &[u8]) -> Vec<u8> {
    let mut out = vec![stream, 0, 0, 0];
    out.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    out.extend(text);
    out
  }

  #[test]
  fn frames_of_both_streams_become_whole_lines() {
    let bytes = [
      frame(1, b"one\nhalf"),
      frame(2, b"warning\n"),
      frame(1, b" done\n"),
    ]
    .concat();
    let lines = ["one", "warning", "half done"];
    assert_eq!(decode(Framing::Frames, &[&bytes]), lines);
    let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(decode(Framing::Frames, &bytewise), lines);
  }

  #[test]
  fn a_terminal_that_prints_a_frame_header_hides_nothing() {
    let bytes = b"\x01\0\0\0\0\xff\xff\xffhello\nworld\n";
    let lines = decode(Framing::Raw, &[bytes]);
    assert!(lines[0].ends_with("hello"));
    assert_eq!(lines[1], "world");
  }

  #[test]
  fn bytes_that_are_no_frames_are_shown_and_marked() {
    let lines = decode(Framing::Frames, &[b"plain text\nmore\n"]);
    assert_eq!(lines, [BROKEN, "plain text", "more"]);
  }

  #[test]
  fn a_frame_larger_than_memory_is_never_gathered() {
    let mut decoder = LogDecoder::new(Framing::Frames);
    let mut lines = 0;
    decoder.push(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], &mut |_| lines += 1);
    for _ in 0..10_000 {
      decoder.push(&[b'x'; 1024], &mut |_| lines += 1);
    }
    assert_eq!(lines, 1);
  }

  proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_bounded_lines(
      bytes in prop::collection::vec(any::<u8>(), 0..20_000), step in 1_usize..5000, raw in any::<bool>()
    ) {
      let framing = if raw { Framing::Raw } else { Framing::Frames };
      let pieces: Vec<&[u8]> = bytes.chunks(step).collect();
      let lines = decode(framing, &pieces);
      prop_assert!(lines.iter().all(|line| line.len() <= 3 * 8 * 1024 + 8));
      prop_assert_eq!(lines, decode(framing, &[&bytes]));
    }

    #[test]
    fn framed_text_comes_out_as_it_went_in(texts in prop::collection::vec((1_u8..3, "[a-z ]{0,40}"), 0..20)) {
      let bytes: Vec<u8> = texts.iter().flat_map(|(stream, text)| frame(*stream, format!("{text}\n").as_bytes())).collect();
      let lines: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
      prop_assert_eq!(decode(Framing::Frames, &[&bytes]), lines);
    }
  }
}
