//! Everything that must be hidden in what a probe shows: the site's secrets, values captured by
//! earlier steps, and headers and URL parts whose name speaks of a secret.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::config::{Secrets, Site};

const HIDDEN: &str = "********";
/// Shorter captured values are not secrets, and hiding every `1` would hide everything.
const SHORTEST: usize = 4;

#[derive(Clone, Debug, Default)]
pub(super) struct Masks(Secrets);

impl Masks {
  pub(super) fn of(site: &Site) -> Self {
    Self(site.secrets.clone())
  }

  #[must_use]
  pub(super) fn with_captured(mut self, captured: &BTreeMap<String, String>) -> Self {
    self.0.0.extend(
      captured
        .values()
        .filter(|value| value.len() >= SHORTEST)
        .cloned(),
    );
    self.0.0.sort_by_key(|secret| usize::MAX - secret.len());
    self
  }

  pub(super) fn mask(&self, text: &str) -> String {
    self.0.mask(text)
  }

  /// A header's value, hidden as a whole when its name says so.
  pub(super) fn header(&self, name: &str, value: &str) -> String {
    if speaks_of_a_secret(name) {
      HIDDEN.to_owned()
    } else {
      self.mask(value)
    }
  }

  /// Path and query, without the values of secret parameters.
  pub(super) fn target(&self, url: &Url) -> String {
    let bare = bare(url);
    let query = bare
      .query()
      .map(|query| format!("?{query}"))
      .unwrap_or_default();
    self.mask(&format!("{}{query}", bare.path()))
  }
}

/// The URL with every secret query value replaced; its user and password are never shown at all.
fn bare(url: &Url) -> Url {
  let mut bare = url.clone();
  if url.query_pairs().any(|(name, _)| speaks_of_a_secret(&name)) {
    let pairs: Vec<(String, String)> = url
      .query_pairs()
      .map(|(name, value)| {
        let value = if speaks_of_a_secret(&name) {
          HIDDEN.into()
        } else {
          value.into_owned()
        };
        (name.into_owned(), value)
      })
      .collect();
    bare.query_pairs_mut().clear().extend_pairs(pairs);
  }
  bare
}

fn speaks_of_a_secret(name: &str) -> bool {
  let name = name.to_ascii_lowercase();
  [
    "auth",
    "cookie",
    "token",
    "secret",
    "passw",
    "api-key",
    "apikey",
    "api_key",
    "session",
    "credential",
    "signature",
    "csrf",
  ]
  .iter()
  .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn headers_that_carry_secrets_are_hidden_whole() {
    let masks = Masks::default();
    for name in [
      "Authorization",
      "Proxy-Authorization",
      "Cookie",
      "set-cookie",
      "X-Api-Key",
      "X-CSRF-Token",
    ] {
      assert_eq!(masks.header(name, "v"), HIDDEN, "{name}");
    }
    assert_eq!(masks.header("Content-Type", "text/html"), "text/html");
  }

  #[test]
  fn captured_values_are_hidden_longest_first() {
    let captured = BTreeMap::from([
      ("a".to_owned(), "abcd".to_owned()),
      ("b".to_owned(), "abcdef".to_owned()),
      ("c".to_owned(), "1".to_owned()),
    ]);
    let masks = Masks::default().with_captured(&captured);
    assert_eq!(
      masks.mask("x abcdef abcd 1"),
      format!("x {HIDDEN} {HIDDEN} 1")
    );
  }

  #[test]
  fn a_url_is_shown_without_its_password_and_its_token() {
    let url: Url = "http://u:pw@h/p?token=abc&q=1".parse().unwrap();
    let shown = Masks::default().target(&url);
    assert_eq!(shown, format!("/p?token={HIDDEN}&q=1"));
  }
}
