//! The file as a tree whose every value knows its place in the text.
//!
//! Reading goes tree first, so that all faults can be told at once; `shape` compares the tree
//! with the schema and `build` makes the site of it.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{
  fault::ConfigFault,
  source::{Sources, Span},
  template::{Lookup, Template},
};

#[derive(Clone, Debug)]
pub(super) struct Node {
  pub(super) span: Span,
  pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
  Text(Template),
  Integer(i64),
  Float(f64),
  Bool(bool),
  /// A date or a number out of range; nothing in the schema takes one.
  Strange,
  List(Vec<Node>),
  Table(Table),
}

impl Value {
  /// As people call it, with its article.
  pub(super) fn kind(&self) -> &'static str {
    match self {
      Self::Text(_) => "a text",
      Self::Integer(_) => "an integer",
      Self::Float(_) => "a number with a fraction",
      Self::Bool(_) => "true or false",
      Self::Strange => "a date or a number out of range",
      Self::List(_) => "a list",
      Self::Table(_) => "a table",
    }
  }
}

/// Entries in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(pub(super) Vec<Entry>);

#[derive(Clone, Debug)]
pub(super) struct Entry {
  pub(super) key: String,
  pub(super) key_span: Span,
  pub(super) node: Node,
}

impl Table {
  pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
    self.0.iter().find(|entry| entry.key == key)
  }

  pub(super) fn node(&self, key: &str) -> Option<&Node> {
    self.entry(key).map(|entry| &entry.node)
  }

  /// Sets a dotted key, making the tables on the way. Says whether it could.
  pub(super) fn put(&mut self, path: &str, node: Node) -> bool {
    let (key, rest) = path
      .split_once('.')
      .map_or((path, None), |(k, r)| (k, Some(r)));
    let index = self
      .0
      .iter()
      .position(|entry| entry.key == key)
      .unwrap_or_else(|| {
        self.0.push(Entry {
          key: key.to_owned(),
          key_span: node.span,
          node: Node {
            span: node.span,
            value: Value::Table(Self::default()),
          },
        });
        self.0.len() - 1
      });
    let Some(entry) = self.0.get_mut(index) else {
      return false;
    };
    match (rest, &mut entry.node.value) {
      (None, _) => {
        entry.key_span = node.span;
        entry.node = node;
        true
      }
      (Some(rest), Value::Table(table)) => table.put(rest, node),
      (Some(_), _) => false,
    }
  }

  /// Takes from `weaker` what is not here, table by table.
  pub(super) fn fill(&mut self, weaker: &Self) {
    for entry in &weaker.0 {
      let mine = self.0.iter_mut().find(|mine| mine.key == entry.key);
      match (mine.map(|mine| &mut mine.node.value), &entry.node.value) {
        (None, _) => self.0.push(entry.clone()),
        (Some(Value::Table(mine)), Value::Table(weaker)) => mine.fill(weaker),
        (Some(_), _) => {}
      }
    }
  }

  /// The value of a dotted key.
  pub(super) fn at(&self, path: &str) -> Option<&Node> {
    match path.split_once('.') {
      None => self.node(path),
      Some((key, rest)) => match &self.node(key)?.value {
        Value::Table(table) => table.at(rest),
        _ => None,
      },
    }
  }
}

/// Parses one text; its syntax faults are all reported.
pub(super) fn document<'t>(
  text: &'t str,
  source: usize,
  sources: &Sources,
  file: &Path,
) -> Result<DeTable<'t>, Vec<ConfigFault>> {
  let (table, errors) = DeTable::parse_recoverable(text);
  if errors.is_empty() {
    return Ok(table.into_inner());
  }
  Err(
    errors
      .into_iter()
      .map(|error| ConfigFault {
        key: String::new(),
        message: error.message().lines().collect::<Vec<_>>().join(", "),
        hint: None,
        file: file.to_owned(),
        at: sources.get(source).zip(error.span()).map(|(text, range)| {
          text.position(Span {
            source,
            start: range.start,
            end: range.end,
          })
        }),
      })
      .collect(),
  )
}

/// A fault of a text, before it is put into words: the key, the place, message and hint.
pub(super) type RawFault = (String, Span, String, String);

/// Makes the tree, resolving variables on the way.
pub(super) struct Grow<'a> {
  pub(super) source: usize,
  pub(super) lookup: Lookup<'a>,
  pub(super) faults: Vec<RawFault>,
}

impl Grow<'_> {
  pub(super) fn table(&mut self, table: &DeTable<'_>, path: &str) -> Table {
    self.chosen(table, path, |_| true)
  }

  /// Only those entries whose keys `keep` wants; nothing is said about the others.
  pub(super) fn chosen(
    &mut self,
    table: &DeTable<'_>,
    path: &str,
    keep: impl Fn(&str) -> bool,
  ) -> Table {
    let mut entries: Vec<Entry> = table
      .iter()
      .filter(|(key, _)| keep(key.get_ref()))
      .map(|(key, value)| {
        let name = key.get_ref().as_ref();
        let path = join(path, name);
        Entry {
          key: name.to_owned(),
          key_span: self.span(key.span()),
          node: self.node(value.get_ref(), value.span(), &path),
        }
      })
      .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Table(entries)
  }

  fn span(&self, range: std::ops::Range<usize>) -> Span {
    Span {
      source: self.source,
      start: range.start,
      end: range.end,
    }
  }

  fn node(&mut self, value: &DeValue<'_>, range: std::ops::Range<usize>, path: &str) -> Node {
    let span = self.span(range);
    let value = match value {
      DeValue::String(text) => Value::Text(self.text(text, span, path)),
      DeValue::Integer(number) => {
        i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Strange, Value::Integer)
      }
      DeValue::Float(number) => match number.as_str().parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        _ => Value::Strange,
      },
      DeValue::Boolean(yes) => Value::Bool(*yes),
      DeValue::Datetime(_) => Value::Strange,
      DeValue::Array(items) => Value::List(
        items
          .iter()
          .enumerate()
          .map(|(index, item)| self.node(item.get_ref(), item.span(), &format!("{path}[{index}]")))
          .collect(),
      ),
      DeValue::Table(table) => Value::Table(self.table(table, path)),
    };
    Node { span, value }
  }

  fn text(&mut self, raw: &str, span: Span, path: &str) -> Template {
    let mut faults = Vec::new();
    let made = Template::parse(raw, self.lookup, &mut faults);
    self.faults.extend(
      faults
        .into_iter()
        .map(|(message, hint)| (path.to_owned(), span, message, hint)),
    );
    made
  }
}

/// `router` and `switch` make `router.switch`.
pub(super) fn join(path: &str, key: &str) -> String {
  if path.is_empty() {
    key.to_owned()
  } else {
    format!("{path}.{key}")
  }
}
