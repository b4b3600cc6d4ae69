//! Makes JSON safe to look at without changing what it means.
//!
//! Works on the finished text and only inside string literals, so that masking can break neither
//! the structure nor a number that happens to equal a secret.

use std::fmt::Write;

use crate::config::Secrets;

/// `json` with secrets masked and every character outside printable ASCII as a `\u` escape.
pub(super) fn clean(json: &str, secrets: &Secrets) -> String {
  let escaped = Secrets(secrets.0.iter().map(|secret| inside(secret)).collect());
  let mut out = String::with_capacity(json.len());
  let mut rest = json;
  while let Some(start) = rest.find('"') {
    let (before, literal) = rest.split_at(start + 1);
    out.push_str(before);
    let end = end_of_literal(literal);
    let (literal, after) = literal.split_at(end);
    push_ascii(&mut out, &escaped.mask(literal));
    out.push('"');
    rest = after.get(1..).unwrap_or_default();
  }
  out.push_str(rest);
  out
}

/// A secret the way it looks inside a string literal.
fn inside(secret: &str) -> String {
  let quoted = serde_json::to_string(secret).unwrap_or_default();
  let inner = quoted
    .strip_prefix('"')
    .and_then(|text| text.strip_suffix('"'));
  inner.unwrap_or(secret).to_owned()
}

fn end_of_literal(text: &str) -> usize {
  let mut escaped = false;
  for (index, byte) in text.bytes().enumerate() {
    match byte {
      _ if escaped => escaped = false,
      b'\\' => escaped = true,
      b'"' => return index,
      _ => {}
    }
  }
  text.len()
}

fn push_ascii(out: &mut String, text: &str) {
  for c in text.chars() {
    if matches!(c, ' '..='~') {
      out.push(c);
      continue;
    }
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
      let _ = write!(out, "\\u{unit:04x}");
    }
  }
}
