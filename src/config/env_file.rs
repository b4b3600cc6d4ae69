//! Reads the `.env` files Docker Compose reads: `KEY=VALUE`, `export`, quotes, comments.
//!
//! Nothing is expanded or executed. A line that is not an assignment is skipped, as the file
//! belongs to Compose, which has its own complaints; a missing variable is reported where it is used.

use std::collections::BTreeMap;

/// More than this is not read: it is not an environment file.
pub(super) const LARGEST: usize = 1 << 20;

/// Variables in the text; the last assignment of a name wins.
pub fn parse_env(text: &str) -> BTreeMap<String, String> {
  let mut variables = BTreeMap::new();
  let mut rest = text.trim_start_matches('\u{feff}');
  while !rest.is_empty() {
    let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
    rest = after;
    let line = line.trim();
    let line = line
      .strip_prefix("export")
      .filter(|rest| rest.starts_with([' ', '\t']))
      .map_or(line, str::trim_start);
    let Some((name, value)) = line.split_once('=') else {
      continue;
    };
    let name = name.trim();
    if !is_name(name) {
      continue;
    }
    let value = value.trim_start();
    let (value, unread) = match value.chars().next() {
      Some(quote @ ('"' | '\'')) => quoted(&value[1..], quote, rest),
      _ => (unquoted(value), rest),
    };
    rest = unread;
    variables.insert(name.to_owned(), value);
  }
  variables
}

/// Letters, digits and `_`, not starting with a digit.
pub(super) fn is_name(text: &str) -> bool {
  !text.is_empty()
    && !text.starts_with(|c: char| c.is_ascii_digit())
    && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A `#` after white space starts a comment.
fn unquoted(value: &str) -> String {
  let end = value
    .char_indices()
    .find(|(at, c)| {
      *c == '#'
        && value[..*at]
          .chars()
          .next_back()
          .is_none_or(char::is_whitespace)
    })
    .map_or(value.len(), |(at, _)| at);
  value[..end].trim_end().to_owned()
}

/// A quoted value, which may go on over the following lines; without its closing quote it ends
/// with its own line.
fn quoted<'t>(line: &str, quote: char, following: &'t str) -> (String, &'t str) {
  if let Some((value, _)) = until(line, quote) {
    return (value, following);
  }
  let whole = format!("{line}\n{following}");
  match until(&whole, quote) {
    Some((value, used)) if used > line.len() => {
      let after = following.get(used - line.len() - 1..).unwrap_or("");
      (value, after.split_once('\n').map_or("", |(_, rest)| rest))
    }
    _ => (line.trim_end().to_owned(), following),
  }
}

/// The text up to the closing quote and the bytes used, quote included.
fn until(text: &str, quote: char) -> Option<(String, usize)> {
  let mut value = String::new();
  let mut chars = text.char_indices();
  while let Some((at, c)) = chars.next() {
    match c {
      _ if c == quote => return Some((value, at + 1)),
      '\\' if quote == '"' => match chars.next()?.1 {
        'n' => value.push('\n'),
        'r' => value.push('\r'),
        't' => value.push('\t'),
        other @ ('"' | '\\' | '$') => value.push(other),
        other => value.extend(['\\', other]),
      },
      _ => value.push(c),
    }
  }
  None
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn assignments_are_read_the_way_compose_reads_them() {
    let text = "\u{feff}# comment\nA=1\nexport B = two words # note\nC=\"a#b\\n\\\"c\\\"\" # x\nD='raw \\n'\r\nE=\nF=a#b\n\
      not an assignment\n1G=no\nMULTI=\"first\nsecond\" # after\nexported=yes\nA=last\nOPEN=\"never\nZ=end";
    let read = parse_env(text);
    let expected = [
      ("A", "last"),
      ("B", "two words"),
      ("C", "a#b\n\"c\""),
      ("D", "raw \\n"),
      ("E", ""),
      ("F", "a#b"),
      ("MULTI", "first\nsecond"),
      ("OPEN", "never"),
      ("Z", "end"),
      ("exported", "yes"),
    ];
    assert_eq!(
      read
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect::<Vec<_>>(),
      expected
    );
  }

  proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
      for name in parse_env(&String::from_utf8_lossy(&bytes)).keys() {
        prop_assert!(is_name(name));
      }
    }

    #[test]
    fn any_mix_of_quotes_and_lines_is_read_without_a_panic(text in "[A-Z=\"'\\\\ #\n\r$é]{0,80}") {
      parse_env(&text);
    }
  }
}
