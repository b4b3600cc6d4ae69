//! The console's settings: `[ui]` and `[keys]` of the defaults files.

use super::{Build, View};
use crate::config::{
  Charset, Console, KeySetting, LogTime,
  origin::Origin,
  shape::integer_of,
  tree::{Entry, Table, Value},
};

impl Build<'_> {
  pub(in crate::config) fn console(&self, table: &Table) -> Console {
    let top = View::top(self, table);
    let ui = top.table("ui");
    Console {
      theme: ui.choice("theme"),
      charset: match ui.choice("charset").as_str() {
        "unicode" => Charset::Unicode,
        "ascii" => Charset::Ascii,
        _ => Charset::Auto,
      },
      mouse: ui.flag_or_default("mouse"),
      sync: ui.flag_or_default("sync"),
      frames: frames(&ui),
      time: match ui.choice("time").as_str() {
        "utc" => LogTime::Utc,
        "relative" => LogTime::Relative,
        "off" => LogTime::Off,
        _ => LogTime::Site,
      },
      log_memory: ui.small::<usize>("log_memory") << 20,
      bell: ui.flag_or_default("bell"),
      keys: keys(&top.table("keys")),
    }
  }
}

fn frames(ui: &View<'_>) -> Option<u8> {
  let number = ui.node("frames").and_then(|node| integer_of(&node.value));
  ui.noted("frames", number.map_or_else(|| "auto".into(), Into::into));
  number.and_then(|number| u8::try_from(number).ok())
}

fn keys(view: &View<'_>) -> Vec<KeySetting> {
  let made = view.entries().iter().map(|entry| {
    let keys = match &entry.node.value {
      Value::Text(text) => vec![text.plain()],
      Value::List(_) => view.listed(&entry.key),
      _ => Vec::new(),
    };
    if keys.iter().any(|key| key.trim().is_empty()) {
      let hint = "name a key such as \"S\" or \"ctrl-d\"; an empty list takes every key away";
      view.fault(&entry.key, "this is not a key", Some(hint));
    }
    view.noted(&entry.key, keys.clone().into());
    KeySetting {
      action: entry.key.clone(),
      keys,
      at: place(view, entry),
    }
  });
  made.collect()
}

/// Where the line is, whatever variables its value used.
fn place(view: &View<'_>, entry: &Entry) -> String {
  let source = view.build.faults.sources.get(entry.key_span.source);
  source
    .map(|source| Origin::File(source.name.clone(), source.line(entry.key_span.start)).to_string())
    .unwrap_or_default()
}
