//! Which names speak of secrets, and what must be hidden because of it.
//!
//! A name is judged generously: hiding a harmless value costs nothing.

use std::collections::BTreeSet;

use super::Secrets;

const WORDS: [&str; 11] = [
  "PASSWORD",
  "PASSWD",
  "PASS",
  "SECRET",
  "TOKEN",
  "KEY",
  "CREDENTIAL",
  "DATABASE_URL",
  "DSN",
  "AUTHORIZATION",
  "COOKIE",
];
/// A shorter value would star out ordinary words all over the screen.
const SHORTEST: usize = 6;

/// Whether a variable, key or header of this name holds a secret.
pub(super) fn looks_secret(name: &str) -> bool {
  let upper = name.to_ascii_uppercase();
  WORDS.iter().any(|word| upper.contains(word))
}

/// `line` with the text inside quotes starred out, character by character, when the line names
/// something secret. Columns stay where they are.
pub(super) fn star_out(line: &str) -> String {
  if !looks_secret(line) {
    return line.to_owned();
  }
  let mut quote = None;
  line
    .chars()
    .map(|c| match quote {
      Some(open) if c == open => {
        quote = None;
        c
      }
      Some(_) => '*',
      None => {
        if c == '"' || c == '\'' {
          quote = Some(c);
        }
        c
      }
    })
    .collect()
}

/// Collects values until they are sorted for masking.
#[derive(Debug, Default)]
pub(super) struct Collected(BTreeSet<String>);

impl Collected {
  /// Remembers `value` when `name` speaks of a secret; of a URL also the password inside.
  pub(super) fn note(&mut self, name: &str, value: &str) {
    if !looks_secret(name) {
      return;
    }
    let inside = value
      .split_once("://")
      .and_then(|(_, rest)| rest.split(['/', '?']).next()?.rsplit_once('@'))
      .and_then(|(login, _)| login.split_once(':'))
      .map(|(_, password)| password);
    // A key of several lines is printed line by line.
    for text in value.lines().chain(inside).chain([value]) {
      if text.chars().count() >= SHORTEST {
        self.0.insert(text.to_owned());
      }
    }
  }

  /// Longest first, so that a secret inside another is not left in pieces.
  pub(super) fn sorted(self) -> Secrets {
    let mut all: Vec<String> = self.0.into_iter().collect();
    all.sort_by_key(|text| std::cmp::Reverse(text.len()));
    Secrets(all)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_secret_is_known_by_its_name_and_also_the_password_inside_a_url() {
    let mut collected = Collected::default();
    collected.note("DATABASE_URL", "postgres://app:hunter22@db/app");
    collected.note("POSTGRES_PASSWORD", "short");
    collected.note("LANG", "en_US.UTF-8");
    assert_eq!(
      collected.sorted().0,
      ["postgres://app:hunter22@db/app", "hunter22"]
    );
  }

  #[test]
  fn a_line_that_names_a_secret_keeps_its_columns_and_loses_its_values() {
    assert_eq!(
      star_out("headers = { Authorization = \"Bearer x\" } # é"),
      "headers = { Authorization = \"********\" } # é"
    );
    assert_eq!(star_out("name = \"ala\""), "name = \"ala\"");
  }
}
