//! What the operator looks for: a regular expression in small letters that also finds capitals,
//! one with a capital that is exact, a leading `!` for everything else.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::model::log_line;

/// A pattern must not compile into more than this.
const MOST_PROGRAM: usize = 1 << 20;
const MOST_TYPED: usize = 256;
/// More marks than this in one line help nobody.
const MOST_HITS: usize = 64;

#[derive(Clone, Debug)]
pub struct Query {
  typed: String,
  regex: Regex,
  inverted: bool,
}

impl Query {
  /// `None` when nothing was typed. What is no regular expression is looked for as it stands.
  pub fn new(typed: &str) -> Option<Self> {
    let typed = &typed[..typed.floor_char_boundary(MOST_TYPED)];
    let (pattern, inverted) = typed
      .strip_prefix('!')
      .map_or((typed, false), |rest| (rest, true));
    if pattern.is_empty() {
      return None;
    }
    let build = |pattern: &str| {
      RegexBuilder::new(pattern)
        .case_insensitive(!pattern.chars().any(char::is_uppercase))
        .size_limit(MOST_PROGRAM)
        .dfa_size_limit(MOST_PROGRAM)
        .build()
        .ok()
    };
    let regex = build(pattern).or_else(|| build(&regex::escape(pattern)))?;
    Some(Self {
      typed: typed.to_owned(),
      regex,
      inverted,
    })
  }

  /// As it was typed.
  pub fn typed(&self) -> &str {
    &self.typed
  }

  /// Whether a raw line is meant; it is compared as it is read on the screen.
  pub(super) fn finds(&self, raw: &str) -> bool {
    let found = if log_line::reads_as_it_stands(raw) {
      self.regex.is_match(raw)
    } else {
      self.regex.is_match(log_line::read(raw).text.as_str())
    };
    found != self.inverted
  }

  /// Where it stands in clean text; nowhere when inverted.
  pub(super) fn hits(&self, text: &str, found: &mut Vec<Range<usize>>) {
    found.clear();
    if !self.inverted {
      let places = self.regex.find_iter(text).map(|hit| hit.range());
      found.extend(places.filter(|hit| !hit.is_empty()).take(MOST_HITS));
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn small_letters_find_all_capitals_are_exact_and_an_exclamation_mark_inverts() {
    for (typed, line, found) in [
      ("error", "ERROR jwt", true),
      ("Error", "ERROR jwt", false),
      ("5\\d\\d", "GET / 502", true),
      ("!health", "GET /api/health", false),
      ("!health", "GET /api/items", true),
      ("foo(", "call foo(1)", true),
      ("status=500", r#"{"msg":"x","status":500}"#, true),
      ("redalert", "\u{1b}[31mred\u{1b}[0malert", true),
    ] {
      assert_eq!(
        Query::new(typed).unwrap().finds(line),
        found,
        "{typed}: {line}"
      );
    }
    assert!(Query::new("").is_none() && Query::new("!").is_none());
  }

  #[test]
  fn a_pattern_that_would_need_too_much_is_taken_literally() {
    let query = Query::new("(a{1000}){1000}").unwrap();
    assert!(query.finds("x (a{1000}){1000} y"));
  }
}
