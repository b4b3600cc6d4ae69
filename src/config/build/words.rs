//! What the holes of templates stand for in each slot: `{color}`, `{port}`, `{url}` and so on.

use super::{Build, view::View, within};
use crate::{
  config::{SlotConfig, shape::integer_of_any, template::Template, tree::Value},
  model::{BySlot, Slot},
};

/// One slot's words and its overrides of other tables.
#[derive(Clone, Debug)]
pub(in crate::config) struct SlotWords {
  slot: Slot,
  label: Option<String>,
  port: Option<u16>,
  host: String,
  url: Option<String>,
  pub(super) files: Option<Vec<std::path::PathBuf>>,
  pub(super) project: Option<String>,
  pub(super) service: Option<String>,
  /// Words which are written, though perhaps wrongly; then that was told there.
  written: Vec<&'static str>,
}

impl SlotWords {
  pub(super) fn new(slot: Slot) -> Self {
    Self {
      slot,
      label: None,
      port: None,
      host: "127.0.0.1".into(),
      url: None,
      files: None,
      project: None,
      service: None,
      written: Vec::new(),
    }
  }

  /// Whether a missing `word` was complained about where it is written.
  pub(super) fn is_told(&self, word: &str) -> bool {
    self.written.contains(&word)
  }

  pub(super) fn get(&self, word: &str) -> Option<String> {
    match word {
      "color" => Some(self.slot.name().to_owned()),
      "other" => Some(self.slot.other().name().to_owned()),
      "COLOR" => Some(self.slot.shout().to_owned()),
      "port" => self.port.map(|port| port.to_string()),
      "host" => Some(self.host.clone()),
      "url" => self.url.clone(),
      _ => None,
    }
  }
}

/// Reads `[slots]`.
pub(super) fn read(slots: &View<'_>) -> BySlot<SlotWords> {
  BySlot::from_fn(|slot| one(&slots.table(slot.name()), slot))
}

fn one(view: &View<'_>, slot: Slot) -> SlotWords {
  let mut words = SlotWords::new(slot);
  if view.has("port") {
    words.written = vec!["port", "url"];
  } else if view.has("url") {
    words.written = vec!["url"];
  }
  words.label = view.text("label");
  words.port = view
    .node("port")
    .and_then(|node| integer_of_any(&node.value))
    .and_then(|port| u16::try_from(port).ok())
    .filter(|port| *port > 0);
  if let Some(port) = words.port {
    view.noted("port", port.into());
  }
  words.host = view.choice("host");
  words.url = match own(view, "url", &words) {
    Some(url) => Some(url.trim_end_matches('/').to_owned()),
    None => words.port.map(|port| {
      let url = format!("http://{}:{port}", words.host);
      view.note("url", &url);
      url
    }),
  };
  words.project = own(view, "project", &words);
  words.service = own(view, "service", &words);
  words.files = own_list(view, "files", &words).map(|files| {
    files
      .iter()
      .map(|file| within(&view.build.root, file))
      .collect()
  });
  words
}

/// A text of this slot, which may use the slot's words known so far.
fn own(view: &View<'_>, key: &str, words: &SlotWords) -> Option<String> {
  match &view.node(key)?.value {
    Value::Text(text) => {
      let made = render(view, key, text, words)?;
      view.noted(key, made.as_str().into());
      Some(made)
    }
    _ => None,
  }
}

fn own_list(view: &View<'_>, key: &str, words: &SlotWords) -> Option<Vec<String>> {
  let Value::List(items) = &view.node(key)?.value else {
    return None;
  };
  let made: Option<Vec<String>> = items
    .iter()
    .map(|item| match &item.value {
      Value::Text(text) => render(view, key, text, words),
      _ => None,
    })
    .collect();
  let made = made?;
  view.noted(key, made.clone().into());
  Some(made)
}

fn render(view: &View<'_>, key: &str, text: &Template, words: &SlotWords) -> Option<String> {
  match text.render(&|word| words.get(word)) {
    Ok(made) if made.trim().is_empty() => {
      view.fault(
        key,
        "this is empty",
        Some("write a value, or take the key out"),
      );
      None
    }
    Ok(made) => Some(made),
    Err(word) => {
      let hint = format!("write [slots.{}] {word} = …", words.slot);
      view.fault(
        key,
        format!("'{{{word}}}' has no value for {}", words.slot),
        Some(&hint),
      );
      None
    }
  }
}

pub(super) fn slots(build: &Build<'_>) -> BySlot<SlotConfig> {
  BySlot::from_fn(|slot| {
    let words = &build.words[slot];
    SlotConfig {
      label: words.label.clone(),
      port: words.port,
      host: words.host.clone(),
      url: words.url.clone(),
    }
  })
}
