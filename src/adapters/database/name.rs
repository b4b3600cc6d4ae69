//! Names of databases and roles: what may stand on a command line or, quoted, in SQL.

use crate::engine::ports::{PortError, PortErrorKind};

/// `PostgreSQL` cuts longer names silently.
const MOST: usize = 63;

/// A name we are about to give: lower case, digits and `_`, not starting with a digit.
pub fn check_new_database(name: &str) -> Result<(), PortError> {
  let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
  let rest = name
    .bytes()
    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
  if starts && rest && name.len() <= MOST && !name.starts_with("pg_") {
    return Ok(());
  }
  Err(PortError::new(
    PortErrorKind::Refused,
    format!("use the database name {name:?}"),
    "it must be 1 to 63 of a-z, 0-9 and '_', not start with a digit or with pg_: write restored_1, for example",
  ))
}

/// A name that exists already, from the configuration or the container. Stricter than `PostgreSQL`:
/// a name with `=` or `://` would be read as a connection string, one with `-` first as an option.
pub(super) fn check_existing(what: &str, name: &str) -> Result<(), PortError> {
  let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
  let rest = name
    .bytes()
    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
  if starts && rest && name.len() <= MOST {
    return Ok(());
  }
  Err(PortError::new(
    PortErrorKind::Misconfigured,
    format!("use the {what} {name:?}"),
    "only names of letters, digits, '_' and '-' that start with a letter or '_' are supported; set user and name in [database]",
  ))
}

/// The name the former database gets when another takes its place.
pub(super) fn set_aside(live: &str, stamp: &str) -> String {
  let suffix = format!("_before_{stamp}");
  let room = MOST - suffix.len().min(MOST);
  let live = live.get(..room).unwrap_or(live);
  format!("{live}{suffix}")
}

/// A quoted identifier.
pub(super) fn identifier(name: &str) -> String {
  format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted text, whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
  format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn only_plain_names_may_be_given_to_a_new_database() {
    for good in ["a", "_a", "restored_20250101", "a".repeat(63).as_str()] {
      assert!(check_new_database(good).is_ok(), "{good}");
    }
    for bad in [
      "",
      "1a",
      "A",
      "a b",
      "a-b",
      "a\"b",
      "a;drop",
      "-d",
      "é",
      "a=b",
      "postgres://x",
      "pg_x",
      "a\n",
      "a\0",
      "a".repeat(64).as_str(),
    ] {
      assert!(check_new_database(bad).is_err(), "{bad:?}");
    }
  }

  #[test]
  fn an_existing_name_is_never_an_option_or_a_connection_string() {
    for good in ["ala_production", "Ala-Prod", "postgres"] {
      assert!(check_existing("database", good).is_ok(), "{good}");
    }
    for bad in [
      "-h",
      "host=evil",
      "postgresql://evil/x",
      "",
      "a b",
      "a'b",
      "a\"b",
    ] {
      assert!(check_existing("database", bad).is_err(), "{bad:?}");
    }
  }

  #[test]
  fn the_name_set_aside_fits_and_keeps_its_stamp() {
    assert_eq!(
      set_aside("ala", "20250102_030405"),
      "ala_before_20250102_030405"
    );
    let long = set_aside(&"x".repeat(63), "20250102_030405");
    assert_eq!(long.len(), 63);
    assert!(long.ends_with("_before_20250102_030405"));
  }

  proptest! {
    #[test]
    fn an_accepted_name_needs_no_quoting_at_all(name in ".*") {
      if check_new_database(&name).is_ok() {
        prop_assert_eq!(identifier(&name), format!("\"{name}\""));
        prop_assert_eq!(literal(&name), format!("E'{name}'"));
      }
    }
  }
}
