//! Variables in raw compose files: which there are, and what they come to without Compose.

use std::collections::BTreeMap;

/// One `${NAME…}` of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable<'a> {
  pub(super) name: &'a str,
  pub(super) default: Option<&'a str>,
  /// The whole of it, as written.
  pub(super) whole: &'a str,
}

/// The variables of `text`, in order.
pub(super) fn variables(text: &str) -> Vec<Variable<'_>> {
  let mut found = Vec::new();
  let mut rest = text;
  while let Some(at) = rest.find('$') {
    rest = &rest[at..];
    let Some((variable, used)) = first(rest) else {
      // `$$` is a dollar sign; anything else stands for itself.
      rest = rest
        .get(if rest.starts_with("$$") { 2 } else { 1 }..)
        .unwrap_or("");
      continue;
    };
    found.push(variable);
    rest = &rest[used..];
  }
  found
}

/// `rest` begins with a dollar sign.
fn first(rest: &str) -> Option<(Variable<'_>, usize)> {
  let (inner, used) = if let Some(inner) = rest.strip_prefix("${") {
    let end = inner.find('}')?;
    (&inner[..end], end + 3)
  } else {
    let inner = &rest[1..];
    let end = name_end(inner);
    (&inner[..end], end + 1)
  };
  let (name, tail) = inner.split_at(name_end(inner));
  let default = tail
    .trim_start_matches(':')
    .strip_prefix('-')
    .filter(|_| rest.starts_with("${"));
  let fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
  fine.then(|| {
    let variable = Variable {
      name,
      default,
      whole: &rest[..used],
    };
    (variable, used)
  })
}

fn name_end(text: &str) -> usize {
  text
    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
    .unwrap_or(text.len())
}

/// The text with every variable replaced: by its value, its default, or nothing.
pub(super) fn interpolate(text: &str, values: &BTreeMap<String, String>) -> String {
  let mut out = String::with_capacity(text.len());
  let mut rest = text;
  while let Some(at) = rest.find('$') {
    out.push_str(&rest[..at]);
    rest = &rest[at..];
    if let Some((variable, used)) = first(rest) {
      let value = values
        .get(variable.name)
        .filter(|value| !value.is_empty() || variable.default.is_none());
      out.push_str(value.map_or(variable.default.unwrap_or(""), String::as_str));
      rest = &rest[used..];
    } else {
      out.push('$');
      rest = rest
        .get(if rest.starts_with("$$") { 2 } else { 1 }..)
        .unwrap_or("");
    }
  }
  out + rest
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn variables_are_found_and_replaced_as_compose_does() {
    let text = "a:${TAG:-1}-$PORT-$$x-${E-d}-${M:?no}";
    let names: Vec<&str> = variables(text).iter().map(|v| v.name).collect();
    assert_eq!(names, ["TAG", "PORT", "E", "M"]);
    let values = BTreeMap::from([
      ("PORT".to_owned(), "80".to_owned()),
      ("TAG".to_owned(), String::new()),
    ]);
    assert_eq!(interpolate(text, &values), "a:1-80-$x-d-");
  }
}
