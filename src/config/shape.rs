//! Compares the tree with the schema: unknown keys, wrong types, words that are not a choice,
//! kinds of a later version. After this `build` may take what it finds on trust and be silent
//! about what it does not.

use std::{
  cell::RefCell,
  collections::BTreeSet,
  path::{Path, PathBuf},
  time::Duration,
};

use super::{
  fault::{ConfigFault, did_you_mean},
  schema::{self, Groups, Kind, Rule},
  source::{Sources, Span},
  template::Template,
  tree::{Node, Table, Value, join},
};
use crate::model::watch::Share;

/// No deadline or wait is longer; it also keeps arithmetic on instants safe.
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// Faults beyond these are not collected.
const MOST_FAULTS: usize = 200;

/// Collects faults from everywhere.
#[derive(Debug)]
pub(super) struct Faults<'a> {
  pub(super) sources: &'a Sources,
  pub(super) file: PathBuf,
  pub(super) list: RefCell<Vec<ConfigFault>>,
  /// Tables of a kind this version lacks: nothing else about them is worth saying.
  pub(super) unsupported: RefCell<Vec<String>>,
  /// Keys whose value is no value: what follows from it is not worth saying either.
  pub(super) told: RefCell<BTreeSet<String>>,
}

impl<'a> Faults<'a> {
  pub(super) fn new(sources: &'a Sources, file: &Path, list: Vec<ConfigFault>) -> Self {
    Self {
      sources,
      file: file.to_owned(),
      list: RefCell::new(list),
      unsupported: RefCell::default(),
      told: RefCell::default(),
    }
  }

  /// From here on nothing more is said about keys which have a fault.
  pub(super) fn shape_is_done(&self) {
    let keys = self
      .list
      .borrow()
      .iter()
      .map(|fault| fault.key.clone())
      .collect();
    self.told.replace(keys);
  }

  pub(super) fn push(
    &self,
    path: &str,
    span: Option<Span>,
    message: impl Into<String>,
    hint: impl Into<Option<String>>,
  ) {
    let muted = self.unsupported.borrow().iter().any(|table| {
      path
        .strip_prefix(table.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    let mut list = self.list.borrow_mut();
    if muted || self.told.borrow().contains(path) || list.len() >= MOST_FAULTS {
      return;
    }
    let span = span.filter(|span| span.end > span.start);
    let found = span.and_then(|span| self.sources.get(span.source).map(|source| (span, source)));
    list.push(ConfigFault {
      key: path.to_owned(),
      message: message.into(),
      hint: hint.into(),
      file: found.map_or_else(|| self.file.clone(), |(_, source)| source.name.clone()),
      at: found.map(|(span, source)| source.position(span)),
    });
  }
}

/// Checks one table and everything in it.
pub(super) fn table(faults: &Faults<'_>, table: &Table, groups: Groups, path: &str) {
  let names = || {
    groups
      .iter()
      .flat_map(|group| group.iter())
      .map(|key| key.name)
  };
  let mut strange = false;
  // The kind first: when it is of a later version, its other keys are not ours to judge.
  for entry in &table.0 {
    let Some(Kind::Choice { built, later }) = schema::row(groups, &entry.key).map(|key| &key.kind)
    else {
      continue;
    };
    choice(
      faults,
      &entry.key,
      &entry.node,
      built,
      later,
      &join(path, &entry.key),
    );
    let word = word_of(&entry.node);
    if matches!(entry.key.as_str(), "kind" | "via") && later.contains(&word.as_str()) {
      faults.unsupported.borrow_mut().push(path.to_owned());
      return;
    }
    strange |= matches!(entry.key.as_str(), "kind" | "via") && !built.contains(&word.as_str());
  }
  for entry in &table.0 {
    let path = join(path, &entry.key);
    match schema::row(groups, &entry.key) {
      Some(key) => node(faults, &entry.node, &key.kind, &path, entry.key_span),
      None => faults.push(
        &path,
        Some(entry.key_span),
        format!("unknown key '{}'", entry.key),
        did_you_mean(&entry.key, names()).or_else(|| {
          Some(format!(
            "this table knows: {}",
            names().collect::<Vec<_>>().join(", ")
          ))
        }),
      ),
    }
  }
  if strange {
    faults.unsupported.borrow_mut().push(path.to_owned());
  }
}

/// The word of a choice, or nothing.
fn word_of(node: &Node) -> String {
  match &node.value {
    Value::Text(text) => text.plain(),
    _ => String::new(),
  }
}

fn node(faults: &Faults<'_>, node: &Node, kind: &Kind, path: &str, key_span: Span) {
  let expected = |what: &str| {
    let message = format!("this must be {what}, not {}", node.value.kind());
    faults.push(path, Some(node.span), message, None);
  };
  match (kind, &node.value) {
    (_, Value::Text(text)) if text.broken => {}
    (Kind::Choice { .. }, Value::Text(_)) | (Kind::Bool, Value::Bool(_)) => {}
    (Kind::Bool, Value::Text(text)) if text.from.is_some() => {
      if !matches!(text.plain().as_str(), "true" | "false") {
        expected("true or false");
      }
    }
    (Kind::Text(rule), Value::Text(text)) => holes(faults, text, *rule, path, node.span),
    (Kind::List(rule), Value::List(items)) => {
      for (index, item) in items.iter().enumerate() {
        text_item(faults, item, *rule, &format!("{path}[{index}]"));
      }
    }
    (Kind::Texts(rule), Value::Table(table)) => {
      for entry in &table.0 {
        text_item(faults, &entry.node, *rule, &join(path, &entry.key));
      }
    }
    (Kind::Lists, Value::Table(table)) => lists(faults, table, path),
    (Kind::Json(rule), _) => json(faults, node, *rule, path),
    (Kind::WordOrInteger { word, .. }, Value::Text(text)) if text.plain() == *word => {}
    (Kind::WordOrInteger { word, least, most }, _) => {
      integer(faults, node, (*least, *most), &format!("\"{word}\" or "), path);
    }
    (Kind::Integer { least, most }, _) => integer(faults, node, (*least, *most), "", path),
    (Kind::Port, value) => {
      if !integer_of_any(value).is_some_and(|port| (1..=65_535).contains(&port)) {
        faults.push(
          path,
          Some(node.span),
          "this must be a port from 1 to 65535".to_owned(),
          None,
        );
      }
    }
    (Kind::Duration { least }, Value::Text(text)) => {
      if let Err(why) = duration_of(&text.plain(), *least) {
        faults.push(
          path,
          Some(node.span),
          why,
          Some("write \"15s\", \"5m\" or \"1h\"".to_owned()),
        );
      }
    }
    (Kind::Share, Value::Text(text)) if Share::parse(&text.plain()).is_some() => {}
    (Kind::Share, _) => faults.push(
      path,
      Some(node.span),
      "this must be a share such as \"5%\", at most 100%",
      Some("write \"5%\" or \"0.5%\"".to_owned()),
    ),
    (Kind::Duration { .. }, Value::Integer(number)) => faults.push(
      path,
      Some(node.span),
      "a duration needs a unit and quotes",
      Some(format!(
        "write \"{number}s\" for seconds, \"{number}m\" for minutes"
      )),
    ),
    (Kind::Table(groups), Value::Table(inner)) => table(faults, inner, groups, path),
    (Kind::Tables(groups), Value::List(items)) => {
      for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match &item.value {
          Value::Table(inner) => table(faults, inner, groups, &path),
          other => faults.push(
            &path,
            Some(item.span),
            format!("this must be a table, not {}", other.kind()),
            None,
          ),
        }
      }
    }
    (Kind::Each(groups), Value::Table(inner)) => {
      for entry in &inner.0 {
        let path = join(path, &entry.key);
        match &entry.node.value {
          Value::Table(inner) => table(faults, inner, groups, &path),
          other => faults.push(
            &path,
            Some(entry.node.span),
            format!("this must be a table, not {}", other.kind()),
            Some(format!("write [{path}]")),
          ),
        }
      }
    }
    (Kind::Later, _) => faults.push(
      path,
      Some(key_span),
      format!("'{path}' is not supported by this version of cutover"),
      Some("take it out".to_owned()),
    ),
    (Kind::Personal, _) => faults.push(
      path,
      Some(key_span),
      format!("'{path}' is each person's own and cannot be in a site's file"),
      Some(format!(
        "write [{path}] in ~/.config/cutover/config.toml, or for everyone here in /etc/cutover/config.toml"
      )),
    ),
    (Kind::Text(_) | Kind::Choice { .. }, _) => expected("a text in quotes"),
    (Kind::List(_), _) => expected("a list of texts"),
    (Kind::Bool, _) => expected("true or false"),
    (Kind::Duration { .. }, _) => expected("a duration such as \"15s\""),
    (Kind::Tables(_), _) => {
      expected(&format!("a list of tables ([[{path}]])"));
    }
    (Kind::Texts(_) | Kind::Lists | Kind::Table(_) | Kind::Each(_), _) => expected("a table"),
  }
}

fn holes(faults: &Faults<'_>, text: &Template, rule: Rule, path: &str, span: Span) {
  if let Some((message, hint)) = text.fault(rule) {
    faults.push(path, Some(span), message, hint);
  }
}

/// `or` is what may stand there instead of a number.
fn integer(faults: &Faults<'_>, node: &Node, (least, most): (i64, i64), or: &str, path: &str) {
  let message = match integer_of(&node.value) {
    Some(number) if number >= least && number <= most => return,
    Some(_) if least == most => format!("this version of cutover knows only {least}"),
    Some(_) => format!("this must be {or}from {least} to {most}"),
    None => format!("this must be {or}an integer, not {}", node.value.kind()),
  };
  faults.push(path, Some(node.span), message, None);
}

fn lists(faults: &Faults<'_>, table: &Table, path: &str) {
  for entry in &table.0 {
    let path = join(path, &entry.key);
    match &entry.node.value {
      Value::List(items) => {
        for (index, item) in items.iter().enumerate() {
          text_item(faults, item, Rule::Fixed, &format!("{path}[{index}]"));
        }
      }
      Value::Text(text) => holes(faults, text, Rule::Fixed, &path, entry.node.span),
      other => {
        let kind = other.kind();
        let message = format!("this must be a text in quotes or a list of them, not {kind}");
        faults.push(&path, Some(entry.node.span), message, None);
      }
    }
  }
}

fn text_item(faults: &Faults<'_>, item: &Node, rule: Rule, path: &str) {
  match &item.value {
    Value::Text(text) => holes(faults, text, rule, path, item.span),
    other => faults.push(
      path,
      Some(item.span),
      format!("this must be a text in quotes, not {}", other.kind()),
      None,
    ),
  }
}

fn json(faults: &Faults<'_>, node: &Node, rule: Rule, path: &str) {
  match &node.value {
    Value::Text(text) => holes(faults, text, rule, path, node.span),
    Value::List(items) => {
      for (index, item) in items.iter().enumerate() {
        json(faults, item, rule, &format!("{path}[{index}]"));
      }
    }
    Value::Table(table) => {
      for entry in &table.0 {
        json(faults, &entry.node, rule, &join(path, &entry.key));
      }
    }
    Value::Strange => faults.push(
      path,
      Some(node.span),
      "JSON has no such value: a date or a number out of range",
      Some("write it as a text in quotes".to_owned()),
    ),
    Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {}
  }
}

fn choice(
  faults: &Faults<'_>,
  name: &str,
  node: &Node,
  built: &[&str],
  later: &[&str],
  path: &str,
) {
  let Value::Text(text) = &node.value else {
    return; // Told with the other types.
  };
  let word = text.plain();
  if text.broken {
    return;
  }
  if built.contains(&word.as_str()) {
    return;
  }
  let all = built.join(", ");
  let (message, hint) = if later.contains(&word.as_str()) {
    (
      format!("{name} '{word}' is not supported by this version of cutover; it supports: {all}"),
      None,
    )
  } else {
    let close = did_you_mean(&word, built.iter().copied());
    (
      format!("'{word}' is not a {name}; it is one of: {all}"),
      close,
    )
  };
  faults.push(path, Some(node.span), message, hint);
}

/// An integer, or one that came out of the environment as text.
pub(super) fn integer_of(value: &Value) -> Option<i64> {
  match value {
    Value::Text(text) if text.from.is_none() => None,
    _ => integer_of_any(value),
  }
}

/// An integer, or a text holding one.
pub(super) fn integer_of_any(value: &Value) -> Option<i64> {
  match value {
    Value::Integer(number) => Some(*number),
    Value::Text(text) => text.plain().trim().parse().ok(),
    _ => None,
  }
}

/// A duration of at least `least` milliseconds.
pub(super) fn duration_of(text: &str, least: u64) -> Result<Duration, String> {
  let duration = humantime::parse_duration(text.trim())
    .map_err(|error| format!("'{text}' is not a duration: {error}"))?;
  let least = Duration::from_millis(least);
  if duration < least {
    return Err(format!(
      "this must be at least {}",
      humantime::format_duration(least)
    ));
  }
  if duration > LONGEST {
    return Err("this must be at most 30days".to_owned());
  }
  Ok(duration)
}
