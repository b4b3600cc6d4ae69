//! One table as the parts read it: typed values, defaults from the schema, settings noted on the
//! way. A value of the wrong type was reported by `shape` and counts as absent here, silently.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::Value as Json;

use super::{Build, default_of, within};
use crate::{
  config::{
    origin::{Origin, Setting},
    shape::{duration_of, integer_of},
    source::Span,
    template::Template,
    tree::{Entry, Node, Table, Value, join},
  },
  model::BySlot,
};

#[derive(Clone)]
pub(super) struct View<'a> {
  pub(super) build: &'a Build<'a>,
  pub(super) path: String,
  table: Option<&'a Table>,
  span: Option<Span>,
}

impl<'a> View<'a> {
  pub(super) fn top(build: &'a Build<'a>, table: &'a Table) -> Self {
    Self {
      build,
      path: String::new(),
      table: Some(table),
      span: None,
    }
  }

  pub(super) fn is_present(&self) -> bool {
    self.table.is_some()
  }

  pub(super) fn has(&self, key: &str) -> bool {
    self.node(key).is_some()
  }

  pub(super) fn node(&self, key: &str) -> Option<&'a Node> {
    self.table?.node(key)
  }

  /// An inner table; an absent one reads as empty.
  pub(super) fn table(&self, key: &str) -> Self {
    self.inner(key, self.node(key))
  }

  fn inner(&self, key: &str, node: Option<&'a Node>) -> Self {
    Self {
      build: self.build,
      path: join(&self.path, key),
      table: node.and_then(|node| match &node.value {
        Value::Table(table) => Some(table),
        _ => None,
      }),
      span: node.map(|node| node.span),
    }
  }

  /// Everything of this table in the order of the file.
  pub(super) fn entries(&self) -> &'a [Entry] {
    self
      .table
      .map(|table| table.0.as_slice())
      .unwrap_or_default()
  }

  /// Named inner tables in the order of the file.
  pub(super) fn each(&self) -> Vec<(String, Self)> {
    self
      .entries()
      .iter()
      .map(|entry| (entry.key.clone(), self.inner(&entry.key, Some(&entry.node))))
      .collect()
  }

  /// The tables of `[[key]]`.
  pub(super) fn tables(&self, key: &str) -> Vec<Self> {
    let Some(Node {
      value: Value::List(items),
      ..
    }) = self.node(key)
    else {
      return Vec::new();
    };
    let view = |(index, item): (usize, &'a Node)| match &item.value {
      Value::Table(table) => Some(Self {
        build: self.build,
        path: format!("{}[{index}]", join(&self.path, key)),
        table: Some(table),
        span: Some(item.span),
      }),
      _ => None,
    };
    items.iter().enumerate().filter_map(view).collect()
  }

  /// A fault at `key`; at the table itself when the key is absent or empty.
  pub(super) fn fault(&self, key: &str, message: impl Into<String>, hint: Option<&str>) {
    let span = self.node(key).map(|node| node.span).or(self.span);
    let path = if key.is_empty() {
      self.path.clone()
    } else {
      join(&self.path, key)
    };
    self
      .build
      .faults
      .push(&path, span, message, hint.map(str::to_owned));
  }

  pub(super) fn missing(&self, key: &str, hint: &str) {
    self.fault(key, format!("'{key}' is missing"), Some(hint));
  }

  fn setting(&self, path: String, value: Json, node: Option<&Node>) {
    let origin = node.map_or(Origin::Default, |node| {
      Origin::of(node, self.build.faults.sources)
    });
    self.build.settings.borrow_mut().push(Setting {
      key: path,
      value,
      origin,
    });
  }

  /// Notes a default that is worked out instead of written.
  pub(super) fn note(&self, key: &str, value: &str) {
    self.setting(join(&self.path, key), value.into(), None);
  }

  /// Notes what a key of the file came to.
  pub(super) fn noted(&self, key: &str, value: Json) {
    self.setting(join(&self.path, key), value, self.node(key));
  }

  fn template(&self, key: &str) -> Option<&'a Template> {
    match &self.node(key)?.value {
      Value::Text(text) if !text.broken => Some(text),
      _ => None,
    }
  }

  /// A text which is the same for both slots.
  pub(super) fn text(&self, key: &str) -> Option<String> {
    let text = self.template(key)?.plain();
    self.setting(join(&self.path, key), text.as_str().into(), self.node(key));
    if text.trim().is_empty() {
      self.fault(
        key,
        "this is empty",
        Some("write a value, or take the key out"),
      );
      return None;
    }
    Some(text)
  }

  pub(super) fn required(&self, key: &str, hint: &str) -> Option<String> {
    if !self.has(key) {
      self.missing(key, hint);
    }
    self.text(key)
  }

  /// The text, or the schema's default.
  pub(super) fn choice(&self, key: &str) -> String {
    if self.template(key).is_some() {
      return self.text(key).unwrap_or_default();
    }
    let default = default_of(&join(&self.path, key));
    self.note(key, default);
    default.to_owned()
  }

  /// Renders a text for each slot; a word the slot lacks is a fault.
  fn render(&self, key: &str, text: &Template) -> Option<BySlot<String>> {
    if text.broken {
      return None;
    }
    let made = BySlot::from_fn(|slot| text.render(&|word| self.build.words[slot].get(word)));
    for (slot, text) in made.iter() {
      if let Err(word) = text {
        if self.build.words[slot].is_told(word) {
          return None;
        }
        let hint = format!("write [slots.{slot}] {word} = …");
        self.fault(
          key,
          format!("'{{{word}}}' has no value for {slot}"),
          Some(&hint),
        );
        return None;
      }
    }
    Some(BySlot {
      blue: made.blue.ok()?,
      green: made.green.ok()?,
    })
  }

  /// A text made for each slot.
  pub(super) fn slotted(&self, key: &str) -> Option<BySlot<String>> {
    let text = self.template(key)?;
    let made = self.render(key, text)?;
    self.both(key, &made, self.node(key));
    if made.iter().any(|(_, text)| text.trim().is_empty()) {
      self.fault(
        key,
        "this is empty",
        Some("write a value, or take the key out"),
      );
      return None;
    }
    Some(made)
  }

  /// The same, or this default, which may use slot words.
  pub(super) fn slotted_or(&self, key: &str, default: &str) -> BySlot<String> {
    if self.has(key) {
      return self.slotted(key).unwrap_or_default();
    }
    let text = Template::parse(default, &|_| None, &mut Vec::new());
    let made = self.render(key, &text).unwrap_or_default();
    self.both(key, &made, None);
    made
  }

  fn both<T: Clone + PartialEq + Into<Json>>(
    &self,
    key: &str,
    made: &BySlot<T>,
    node: Option<&Node>,
  ) {
    let path = join(&self.path, key);
    if made.blue == made.green {
      self.setting(path, made.blue.clone().into(), node);
    } else {
      for (slot, value) in made.iter() {
        self.setting(format!("{path}.{slot}"), value.clone().into(), node);
      }
    }
  }

  fn items(&self, key: &str) -> Option<Vec<&'a Template>> {
    let Value::List(items) = &self.node(key)?.value else {
      return None;
    };
    let text = |item: &'a Node| match &item.value {
      Value::Text(text) => Some(text),
      _ => None,
    };
    Some(items.iter().filter_map(text).collect())
  }

  /// The texts of a list, not noted; of anything else none.
  pub(super) fn listed(&self, key: &str) -> Vec<String> {
    let items = self.items(key).unwrap_or_default();
    items.iter().map(|text| text.plain()).collect()
  }

  /// Texts which are the same for both slots.
  pub(super) fn list(&self, key: &str) -> Option<Vec<String>> {
    let made: Vec<String> = self.items(key)?.iter().map(|text| text.plain()).collect();
    self.setting(join(&self.path, key), made.clone().into(), self.node(key));
    Some(made)
  }

  pub(super) fn slotted_list(&self, key: &str) -> Option<BySlot<Vec<String>>> {
    let mut made: BySlot<Vec<String>> = BySlot::default();
    for text in self.items(key)? {
      let both = self.render(key, text)?;
      made.blue.push(both.blue);
      made.green.push(both.green);
    }
    self.both(key, &made, self.node(key));
    Some(made)
  }

  /// An argument list: not empty, and its first word neither.
  pub(super) fn command(&self, key: &str) -> Option<Vec<String>> {
    let made = self.list(key)?;
    self.not_empty(key, &made).then_some(made)
  }

  pub(super) fn slotted_command(&self, key: &str) -> Option<BySlot<Vec<String>>> {
    let made = self.slotted_list(key)?;
    (self.not_empty(key, &made.blue) && self.not_empty(key, &made.green)).then_some(made)
  }

  fn not_empty(&self, key: &str, list: &[String]) -> bool {
    let fine = list.first().is_some_and(|word| !word.trim().is_empty());
    if !fine {
      let hint =
        "write an argument list such as [\"alembic\", \"upgrade\", \"head\"], or take the key out";
      self.fault(key, "the command is empty", Some(hint));
    }
    fine
  }

  pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
    self.text(key).map(|path| within(&self.build.root, &path))
  }

  pub(super) fn slotted_path(&self, key: &str) -> Option<BySlot<PathBuf>> {
    let made = self.slotted(key)?;
    Some(BySlot::from_fn(|slot| {
      within(&self.build.root, &made[slot])
    }))
  }

  pub(super) fn flag(&self, key: &str) -> Option<bool> {
    let node = self.node(key)?;
    let yes = match &node.value {
      Value::Bool(yes) => *yes,
      Value::Text(text) => text.plain() == "true",
      _ => return None,
    };
    self.setting(join(&self.path, key), yes.into(), Some(node));
    Some(yes)
  }

  /// The flag, or the schema's default; noted either way.
  pub(super) fn flag_or_default(&self, key: &str) -> bool {
    self.flag(key).unwrap_or_else(|| {
      let path = join(&self.path, key);
      let yes = default_of(&path) == "true";
      self.setting(path, yes.into(), None);
      yes
    })
  }

  pub(super) fn integer(&self, key: &str, default: i64) -> i64 {
    let node = self.node(key);
    let value = node
      .and_then(|node| integer_of(&node.value))
      .unwrap_or(default);
    self.setting(join(&self.path, key), value.into(), node);
    value
  }

  pub(super) fn small<N: TryFrom<i64> + Default>(&self, key: &str) -> N {
    let default = default_of(&join(&self.path, key)).parse().unwrap_or(1);
    N::try_from(self.integer(key, default)).unwrap_or_default()
  }

  /// The duration, or the schema's default.
  pub(super) fn duration(&self, key: &str) -> Duration {
    self.duration_or(key, default_of(&join(&self.path, key)))
  }

  pub(super) fn duration_or(&self, key: &str, default: &str) -> Duration {
    self.optional_duration(key).unwrap_or_else(|| {
      self.note(key, default);
      duration_of(default, 0).unwrap_or_default()
    })
  }

  pub(super) fn optional_duration(&self, key: &str) -> Option<Duration> {
    let made = duration_of(&self.template(key)?.plain(), 0).ok()?;
    let shown = humantime::format_duration(made).to_string();
    self.setting(join(&self.path, key), shown.into(), self.node(key));
    Some(made)
  }

  /// Names to texts, each made for each slot.
  pub(super) fn texts(&self, key: &str) -> BySlot<BTreeMap<String, String>> {
    let inner = self.table(key);
    let mut made: BySlot<BTreeMap<String, String>> = BySlot::default();
    for entry in inner.entries() {
      let Value::Text(text) = &entry.node.value else {
        continue;
      };
      let Some(both) = inner.render(&entry.key, text) else {
        continue;
      };
      inner.both(&entry.key, &both, Some(&entry.node));
      made.blue.insert(entry.key.clone(), both.blue);
      made.green.insert(entry.key.clone(), both.green);
    }
    made
  }

  /// Any value as JSON, made for each slot.
  pub(super) fn json(&self, key: &str) -> Option<BySlot<Json>> {
    let node = self.node(key)?;
    let made = self.to_json(key, node)?;
    self.both(key, &made, Some(node));
    Some(made)
  }

  fn to_json(&self, key: &str, node: &Node) -> Option<BySlot<Json>> {
    let same = |value: Json| {
      Some(BySlot {
        blue: value.clone(),
        green: value,
      })
    };
    match &node.value {
      Value::Text(text) => {
        let both = self.render(key, text)?;
        Some(BySlot {
          blue: both.blue.into(),
          green: both.green.into(),
        })
      }
      Value::Integer(number) => same((*number).into()),
      Value::Float(number) => same((*number).into()),
      Value::Bool(yes) => same((*yes).into()),
      Value::Strange => None,
      Value::List(items) => {
        let mut made: BySlot<Vec<Json>> = BySlot::default();
        for item in items {
          let both = self.to_json(key, item)?;
          made.blue.push(both.blue);
          made.green.push(both.green);
        }
        Some(BySlot {
          blue: made.blue.into(),
          green: made.green.into(),
        })
      }
      Value::Table(table) => {
        let mut made: BySlot<serde_json::Map<String, Json>> = BySlot::default();
        for entry in &table.0 {
          let both = self.to_json(key, &entry.node)?;
          made.blue.insert(entry.key.clone(), both.blue);
          made.green.insert(entry.key.clone(), both.green);
        }
        Some(BySlot {
          blue: made.blue.into(),
          green: made.green.into(),
        })
      }
    }
  }
}
