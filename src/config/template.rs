//! Text with holes: `{color}` and its kin for each slot, `${NAME}` from the environment.
//!
//! `{version}`, `{generation}` and `{operation}` stay in the text for those who know them later,
//! `${capture.NAME}` for the smoke tests. `{{word}}` and `$${` stand for themselves. What comes
//! out of the environment is never looked at again for holes.

use super::{env_file::is_name, fault::did_you_mean};

/// Replaced for each slot when the configuration is read.
pub(super) const SLOT_WORDS: [&str; 6] = ["color", "other", "COLOR", "port", "host", "url"];
/// Left in place.
const LATER_WORDS: [&str; 3] = ["version", "generation", "operation"];

/// Where the value of a variable came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
  Environment(String),
  EnvFile(String),
  /// The default written behind `:-`.
  Fallback(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
  Literal(String),
  /// A word in braces, such as `color`; perhaps one that does not exist.
  Word(String),
  /// `${capture.NAME}`.
  Capture(String),
}

/// A text whose variables are resolved and whose slot words are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
  pieces: Vec<Piece>,
  /// The first variable it used.
  pub(super) from: Option<From>,
  /// A fault was told about it; more would only repeat it.
  pub(super) broken: bool,
}

/// Looks a variable up: its value and where that came from.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<(String, From)>;

impl Template {
  /// Resolves variables; what cannot be resolved is said in `faults` and left out.
  pub(super) fn parse(raw: &str, lookup: Lookup<'_>, faults: &mut Vec<(String, String)>) -> Self {
    let mut made = Self::default();
    let before = faults.len();
    let mut rest = raw;
    while let Some(at) = rest.find(['{', '$']) {
      made.literal(&rest[..at]);
      rest = &rest[at..];
      let used = if rest.starts_with("$${") {
        made.literal("${");
        3
      } else if rest.starts_with("${") {
        made.variable(rest, lookup, faults)
      } else {
        made.word(rest)
      };
      rest = rest.get(used..).unwrap_or("");
    }
    made.literal(rest);
    made.broken = faults.len() > before;
    made
  }

  /// A text without holes.
  pub(super) fn literal_from(text: &str, from: From) -> Self {
    Self {
      pieces: vec![Piece::Literal(text.to_owned())],
      from: Some(from),
      broken: false,
    }
  }

  fn literal(&mut self, text: &str) {
    match self.pieces.last_mut() {
      Some(Piece::Literal(last)) => last.push_str(text),
      _ if text.is_empty() => {}
      _ => self.pieces.push(Piece::Literal(text.to_owned())),
    }
  }

  /// `rest` starts with a brace or a lone dollar sign; returns the bytes used.
  fn word(&mut self, rest: &str) -> usize {
    let escaped = rest.starts_with("{{");
    let open = if escaped { 2 } else { 1 };
    let inner = rest.get(open..).unwrap_or("");
    let end = inner
      .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
      .unwrap_or(inner.len());
    let word = &inner[..end];
    let close = if escaped { "}}" } else { "}" };
    if !rest.starts_with('{') || !is_name(word) || !inner[end..].starts_with(close) {
      self.literal(&rest[..1]);
      return 1;
    }
    if escaped {
      self.literal(&format!("{{{word}}}"));
    } else {
      self.pieces.push(Piece::Word(word.to_owned()));
    }
    open + end + close.len()
  }

  /// `rest` starts with `${`; returns the bytes used.
  fn variable(
    &mut self,
    rest: &str,
    lookup: Lookup<'_>,
    faults: &mut Vec<(String, String)>,
  ) -> usize {
    let Some(end) = rest.find('}') else {
      faults.push((
        "'${' is never closed".into(),
        "write ${NAME}, or $${ for the two characters themselves".into(),
      ));
      return rest.len();
    };
    let inner = &rest[2..end];
    let (name, default) = inner
      .split_once(":-")
      .map_or((inner, None), |(n, d)| (n, Some(d)));
    if let Some(captured) = inner.strip_prefix("capture.").filter(|name| is_name(name)) {
      self.pieces.push(Piece::Capture(captured.to_owned()));
    } else if is_name(name) {
      match (lookup(name), default) {
        // As in a shell, `:-` also replaces an empty value.
        (Some((value, from)), None) => self.resolved(&value, from),
        (Some((value, from)), Some(_)) if !value.is_empty() => self.resolved(&value, from),
        (_, Some(default)) => self.resolved(default, From::Fallback(name.to_owned())),
        (None, None) => faults.push((
          format!("the variable {name} is not set"),
          format!("set {name} in the environment or in env_file, or write ${{{name}:-default}}"),
        )),
      }
    } else {
      faults.push((
        format!("'${{{inner}}}' is not a variable"),
        "write ${NAME} or ${NAME:-default}, or $${ for the two characters themselves".into(),
      ));
    }
    end + 1
  }

  fn resolved(&mut self, value: &str, from: From) {
    self.literal(value);
    self.from.get_or_insert(from);
  }

  /// Why this text may not stand where `rule` holds.
  pub(super) fn fault(&self, rule: Rule) -> Option<(String, Option<String>)> {
    self.pieces.iter().find_map(|piece| match piece {
      Piece::Literal(_) => None,
      Piece::Capture(_) if rule.captures() => None,
      Piece::Capture(name) => Some((
        format!("'${{capture.{name}}}' cannot be used here"),
        Some("captured values are for the url, headers and body of a smoke test".into()),
      )),
      Piece::Word(word) if LATER_WORDS.contains(&word.as_str()) => None,
      Piece::Word(word) if SLOT_WORDS.contains(&word.as_str()) => (!rule.slots()).then(|| {
        (
          format!("'{{{word}}}' cannot be used here: this value is the same for both slots"),
          Some("write the value out".into()),
        )
      }),
      Piece::Word(word) => Some((
        format!("'{{{word}}}' is not known here"),
        Some(
          did_you_mean(word, SLOT_WORDS.into_iter().chain(LATER_WORDS)).map_or_else(
            || format!("write {{{{{word}}}}} for the text itself"),
            |guess| format!("{guess} Or write {{{{{word}}}}} for the text itself"),
          ),
        ),
      )),
    })
  }

  /// The text with slot words replaced by `value`, which says `None` for a word this slot lacks;
  /// that word is returned as the error.
  pub(super) fn render(&self, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    for piece in &self.pieces {
      match piece {
        Piece::Literal(text) => out.push_str(text),
        Piece::Capture(name) => out.extend(["${capture.", name, "}"]),
        Piece::Word(word) if SLOT_WORDS.contains(&word.as_str()) => {
          out.push_str(&value(word).ok_or_else(|| word.clone())?);
        }
        Piece::Word(word) => out.extend(["{", word, "}"]),
      }
    }
    Ok(out)
  }

  /// The text as it is for a value which is the same for both slots.
  pub(super) fn plain(&self) -> String {
    self
      .render(&|word| Some(format!("{{{word}}}")))
      .unwrap_or_default()
  }

  /// Names used as `${capture.NAME}`.
  pub(super) fn captures(&self) -> impl Iterator<Item = &str> {
    self.pieces.iter().filter_map(|piece| match piece {
      Piece::Capture(name) => Some(name.as_str()),
      Piece::Literal(_) | Piece::Word(_) => None,
    })
  }
}

/// Which holes a value may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
  /// The same for both slots.
  Fixed,
  /// Slot words are replaced.
  Slots,
  /// The same for both slots; may use values captured by earlier smoke tests.
  Captures,
  SlotsAndCaptures,
}

impl Rule {
  fn slots(self) -> bool {
    matches!(self, Self::Slots | Self::SlotsAndCaptures)
  }

  fn captures(self) -> bool {
    matches!(self, Self::Captures | Self::SlotsAndCaptures)
  }
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  fn lookup(name: &str) -> Option<(String, From)> {
    match name {
      "TAG" => Some(("{color}".into(), From::Environment(name.into()))),
      "EMPTY" => Some((String::new(), From::EnvFile(name.into()))),
      _ => None,
    }
  }

  fn green(word: &str) -> Option<String> {
    let value = match word {
      "color" => "green",
      "other" => "blue",
      "COLOR" => "GREEN",
      "host" => "127.0.0.1",
      _ => return None,
    };
    Some(value.into())
  }

  #[test]
  fn every_hole_is_filled_kept_or_left_as_it_stands() {
    for (raw, expected) in [
      (
        "api-{color} not {other}, {COLOR}",
        "api-green not blue, GREEN",
      ),
      (
        "{version} {generation} #{operation}",
        "{version} {generation} #{operation}",
      ),
      (
        "{{color}} $${A} {} {a b} {\"k\": 1} $host {{ {color",
        "{color} ${A} {} {a b} {\"k\": 1} $host {{ {color",
      ),
      (
        "${TAG} ${EMPTY}|${EMPTY:-e}|${NONE:-d:-e}|${NONE:-}",
        "{color} |e|d:-e|",
      ),
      ("${capture.code}", "${capture.code}"),
      ("server {host}:1;\n", "server 127.0.0.1:1;\n"),
    ] {
      let mut faults = Vec::new();
      let made = Template::parse(raw, &lookup, &mut faults);
      assert_eq!(made.render(&green).as_deref(), Ok(expected), "{raw}");
      assert_eq!(faults, [], "{raw}");
    }
  }

  #[test]
  fn an_unset_variable_and_a_misspelt_word_are_named() {
    let mut faults = Vec::new();
    let made = Template::parse("${NONE} ${1x} {colour}", &lookup, &mut faults);
    assert_eq!(faults[0].0, "the variable NONE is not set");
    assert_eq!(faults[1].0, "'${1x}' is not a variable");
    let (message, hint) = made.fault(Rule::Slots).expect("an unknown word is a fault");
    assert_eq!(message, "'{colour}' is not known here");
    assert!(hint.expect("a hint").starts_with("did you mean 'color'?"));
    let port = Template::parse("{port}", &lookup, &mut faults);
    assert_eq!(port.render(&green), Err("port".to_owned()));
  }

  proptest! {
    #[test]
    fn any_text_is_a_template_without_a_panic(raw in "[{}$a-z:.\\-é\"]{0,60}|\\PC{0,60}") {
      let mut faults = Vec::new();
      let made = Template::parse(&raw, &lookup, &mut faults);
      let _ = (made.render(&green), made.plain(), made.fault(Rule::Fixed));
    }
  }
}
