//! The texts a configuration is made of, and where in them a byte lies.
//!
//! A text is the site's file, a machine-wide defaults file, or the value of one environment
//! variable or flag; a fault in any of them is shown with its own name, line and caret.

use std::path::{Path, PathBuf};

/// Which kind of text a value was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceKind {
  /// The site's own file.
  Site,
  /// A machine-wide or user-wide defaults file.
  Defaults,
  /// An environment variable such as `CUTOVER_STATE`.
  Variable,
  Flag,
}

#[derive(Debug)]
pub(super) struct Source {
  pub(super) kind: SourceKind,
  /// A path, or the name of the variable or flag.
  pub(super) name: PathBuf,
  text: String,
  /// Byte offsets at which lines start.
  lines: Vec<usize>,
}

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
  pub(super) source: usize,
  pub(super) start: usize,
  pub(super) end: usize,
}

/// A place in a text as people count it, with the line for the caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
  /// From 1.
  pub line: usize,
  /// From 1, in characters.
  pub column: usize,
  /// Characters at fault on this line, at least 1.
  pub length: usize,
  pub source: String,
}

#[derive(Debug, Default)]
pub(super) struct Sources(Vec<Source>);

impl Sources {
  /// Adds a text and returns its number.
  pub(super) fn add(&mut self, kind: SourceKind, name: &Path, text: &str) -> usize {
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    self.0.push(Source {
      kind,
      name: name.to_owned(),
      text: text.to_owned(),
      lines: std::iter::once(0).chain(starts).collect(),
    });
    self.0.len() - 1
  }

  pub(super) fn get(&self, number: usize) -> Option<&Source> {
    self.0.get(number)
  }
}

impl Source {
  /// Line from 1 of a byte offset.
  pub(super) fn line(&self, offset: usize) -> usize {
    self.lines.partition_point(|start| *start <= offset).max(1)
  }

  pub(super) fn position(&self, span: Span) -> Position {
    let line = self.line(span.start);
    let from = self.lines.get(line - 1).copied().unwrap_or(0);
    let rest = self.text.get(from..).unwrap_or("");
    let source = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
    let chars_before = |offset: usize| {
      source
        .char_indices()
        .take_while(|(at, _)| from + at < offset)
        .count()
    };
    let before = chars_before(span.start);
    Position {
      line,
      column: before + 1,
      length: chars_before(span.end).saturating_sub(before).max(1),
      source: source.to_owned(),
    }
  }
}
