//! The files that belong to the team and that we keep true for their own scripts: the variable
//! file (`version.keep_in`) and the state files (`truth`). Everything but the one value stays
//! byte for byte. Pure text in, text out; `files::put_in_place` writes it.

use crate::model::Slot;

/// `text` with `name=value`: the last assignment of `name` gets the value, since the last one is
/// what Compose and shells read; without one a line is added.
pub(super) fn with_variable(text: &[u8], name: &str, value: &str) -> Vec<u8> {
  let mut found = None;
  let mut start = 0;
  for line in text.split_inclusive(|byte| *byte == b'\n') {
    if let Some((from, to)) = value_of(line, name) {
      found = Some((start + from, start + to));
    }
    start += line.len();
  }
  if let Some((from, to)) = found {
    return [&text[..from], value.as_bytes(), &text[to..]].concat();
  }
  let end = if text.windows(2).any(|two| two == b"\r\n") {
    "\r\n"
  } else {
    "\n"
  };
  let mut out = text.to_vec();
  if !out.is_empty() && !out.ends_with(b"\n") {
    out.extend_from_slice(end.as_bytes());
  }
  out.extend_from_slice(format!("{name}={value}{end}").as_bytes());
  out
}

/// Where the value of `name` stands in this line, quotes included, comment excluded.
fn value_of(line: &[u8], name: &str) -> Option<(usize, usize)> {
  let skip = |from: usize| from + line[from..].iter().take_while(|byte| blank(**byte)).count();
  let mut at = skip(0);
  if line[at..].starts_with(b"export ") {
    at = skip(at + 7);
  }
  at += line[at..]
    .strip_prefix(name.as_bytes())
    .map(|_| name.len())?;
  at = skip(at);
  at += line[at..].starts_with(b"=").then_some(1)?;
  let from = skip(at);
  if from > at && line[from..].starts_with(b"#") {
    return Some((at, at));
  }
  let rest = &line[from..];
  Some((from, from + quoted(rest).unwrap_or_else(|| bare(rest))))
}

/// What may stand between a value and its comment; a lone carriage return is part of the value.
fn blank(byte: u8) -> bool {
  matches!(byte, b' ' | b'\t')
}

/// The length of a quoted value, when nothing but a comment follows it.
fn quoted(rest: &[u8]) -> Option<usize> {
  let quote = rest.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
  let length = rest[1..].iter().position(|byte| byte == quote)? + 2;
  let after = &rest[length..];
  let blanks = after.iter().take_while(|byte| blank(**byte)).count();
  let comment = blanks > 0 && after[blanks..].starts_with(b"#");
  (comment || after.trim_ascii().is_empty()).then_some(length)
}

/// An unquoted value ends at ` #`, or at the line's end without its blanks.
fn bare(rest: &[u8]) -> usize {
  let comment = rest
    .windows(2)
    .position(|two| blank(two[0]) && two[1] == b'#');
  rest[..comment.unwrap_or(rest.len())].trim_ascii_end().len()
}

/// The slot a team's state file names.
pub(super) fn slot_named(text: &[u8]) -> Result<Slot, String> {
  let word = String::from_utf8_lossy(text).trim().to_owned();
  if word.is_empty() {
    return Err("it is empty".to_owned());
  }
  word
    .to_ascii_lowercase()
    .parse()
    .map_err(|_| format!("it says '{}'", word.chars().take(40).collect::<String>()))
}

/// The slot written the way the file had it: case, and whether the line is ended.
pub(super) fn slot_written(before: Option<&[u8]>, slot: Slot) -> Vec<u8> {
  let text = before.unwrap_or(b"blue\n");
  let word = text.trim_ascii();
  let mut out = slot.name().as_bytes().to_vec();
  let is_slot = slot_named(text).is_ok();
  if is_slot && word.iter().all(u8::is_ascii_uppercase) {
    out.make_ascii_uppercase();
  } else if is_slot && word.first().is_some_and(u8::is_ascii_uppercase) {
    out[..1].make_ascii_uppercase();
  }
  if text.ends_with(b"\r\n") {
    out.extend_from_slice(b"\r\n");
  } else if text.ends_with(b"\n") || word.is_empty() {
    out.push(b'\n');
  }
  out
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn only_the_value_changes() {
    for (before, after) in [
      ("", "TAG=2.0\n"),
      ("A=1", "A=1\nTAG=2.0\n"),
      ("A=1\r\n", "A=1\r\nTAG=2.0\r\n"),
      ("TAG=1.9\nB=2\n", "TAG=2.0\nB=2\n"),
      ("TAG=1.9", "TAG=2.0"),
      ("TAG=\nB=2\n", "TAG=2.0\nB=2\n"),
      (
        "export TAG = '1.9'  # pinned\r\n",
        "export TAG = 2.0  # pinned\r\n",
      ),
      ("TAG=\"1 # 9\" # why\n", "TAG=2.0 # why\n"),
      ("TAG=1.9 # why\n", "TAG=2.0 # why\n"),
      ("TAG=1.9#x\n", "TAG=2.0\n"),
      (
        "#TAG=1\nXTAG=1\nTAGX=1\n",
        "#TAG=1\nXTAG=1\nTAGX=1\nTAG=2.0\n",
      ),
      ("TAG=1\nTAG=2\n", "TAG=1\nTAG=2.0\n"),
      ("TAG='open\n", "TAG=2.0\n"),
      ("TAG='a'b\n", "TAG=2.0\n"),
      ("TAG= # why\n", "TAG=2.0 # why\n"),
      ("TAG=#not-a-comment\n", "TAG=2.0\n"),
      ("TAG='A'\r#", "TAG=2.0"),
    ] {
      let got = with_variable(before.as_bytes(), "TAG", "2.0");
      assert_eq!(String::from_utf8_lossy(&got), after, "{before:?}");
    }
  }

  #[test]
  fn a_state_file_keeps_its_own_format() {
    for (before, after) in [
      (None, "green\n"),
      (Some("blue\n"), "green\n"),
      (Some("blue"), "green"),
      (Some("BLUE\n"), "GREEN\n"),
      (Some("Blue"), "Green"),
      (Some("blue\r\n"), "green\r\n"),
      (Some(""), "green\n"),
      (Some("NONE\n"), "green\n"),
    ] {
      let got = slot_written(before.map(str::as_bytes), Slot::Green);
      assert_eq!(String::from_utf8_lossy(&got), after, "{before:?}");
    }
  }

  #[test]
  fn a_state_file_that_names_no_slot_says_what_it_says() {
    assert_eq!(slot_named(b" Green \n"), Ok(Slot::Green));
    assert_eq!(slot_named(b"\n"), Err("it is empty".into()));
    assert_eq!(slot_named(b"purple"), Err("it says 'purple'".into()));
  }

  proptest! {
    #[test]
    fn setting_a_variable_twice_is_the_same_as_once(
      text in "(([A-Z]{1,3}|TAG|export TAG|#)[ =\"'#a-z0-9\r]{0,9}\n?){0,6}",
    ) {
      let once = with_variable(text.as_bytes(), "TAG", "2.0");
      prop_assert_eq!(with_variable(&once, "TAG", "2.0"), once);
    }

    #[test]
    fn any_bytes_are_a_variable_file(text in prop::collection::vec(any::<u8>(), 0..200)) {
      let with = with_variable(&text, "TAG", "2.0");
      prop_assert!(with.windows(3).any(|part| part == b"2.0"));
    }
  }
}
