//! `[router]`: which proxy it is, where it runs, and the one file of it that is ours to change.

use std::{
  net::SocketAddr,
  path::{Component, Path, PathBuf},
};

use super::{View, runtime::check_names};
use crate::{
  config::{
    Nginx, Place, ProxyConfig, RouterConfig, SwitchFile,
    template::{Rule, Template},
  },
  model::{BySlot, Slot},
};

/// A larger template is not one.
const LARGEST_TEMPLATE: usize = 1 << 20;

/// What the embedded proxy reads: where a slot is, and what it answers at the marker's address.
const EMBEDDED: &str = "upstream = \"{host}:{port}\"\nslot = \"{color}\"\ngeneration = {generation}\noperation = {operation}\n";

pub(super) fn router(top: &View<'_>) -> Option<RouterConfig> {
  let view = top.table("router");
  if !top.has("router") {
    top.missing(
      "router",
      "write [router] with service = \"proxy\" and a [router.switch]",
    );
    return None;
  }
  let embedded = view.choice("kind") == "embedded";
  let proxy = if embedded {
    listen(&view).map(|listen| ProxyConfig::Embedded { listen })
  } else {
    nginx(&view).map(ProxyConfig::Nginx)
  };
  if !view.has("switch") {
    view.missing("switch", "write [router.switch] with kind, from and to");
  }
  let switch = switch(&view.table("switch"), embedded.then_some(EMBEDDED));
  Some(RouterConfig {
    proxy: proxy?,
    switch: switch?,
  })
}

fn listen(view: &View<'_>) -> Option<SocketAddr> {
  let hint = "write listen = \"127.0.0.1:8080\"";
  let text = view.required("listen", hint)?;
  let parsed = text.parse();
  if parsed.is_err() {
    view.fault(
      "listen",
      format!("'{text}' is not an address with a port"),
      Some(hint),
    );
  }
  parsed.ok()
}

fn nginx(view: &View<'_>) -> Option<Nginx> {
  let place = place(
    view,
    "write service = \"proxy\", container = \"my-proxy\" or host = true",
  );
  let mut command = if view.has("command") {
    view.command("command").unwrap_or_default()
  } else {
    view.noted("command", vec!["nginx"].into());
    vec!["nginx".to_owned()]
  };
  if view.flag_or_default("sudo") {
    if matches!(place, Some(Place::Host)) {
      command.splice(0..0, ["sudo".to_owned(), "-n".to_owned()]);
    } else {
      view.fault(
        "sudo",
        "'sudo' is for a proxy on this host",
        Some("take it out, or write host = true"),
      );
    }
  }
  Some(Nginx {
    place: place?,
    command,
  })
}

/// Exactly one of `service`, `container`, `host`.
pub(super) fn place(view: &View<'_>, hint: &str) -> Option<Place> {
  let host = view.flag("host") == Some(true);
  let (service, container) = (view.text("service"), view.text("container"));
  for (key, name) in [("service", &service), ("container", &container)] {
    check_names(view, key, name);
  }
  match (service, container, host) {
    (Some(service), None, false) => Some(Place::Service(service)),
    (None, Some(container), false) => Some(Place::Container(container)),
    (None, None, true) => Some(Place::Host),
    (None, None, false) => {
      if view.is_present() && !view.has("service") && !view.has("container") {
        view.fault("", "it is not said where this runs", Some(hint));
      }
      None
    }
    _ => {
      view.fault(
        "",
        "only one of 'service', 'container' and 'host' can be",
        Some("keep the one that is true"),
      );
      None
    }
  }
}

fn switch(view: &View<'_>, text: Option<&str>) -> Option<SwitchFile> {
  if !view.is_present() {
    return None;
  }
  let kind = view.choice("kind");
  let mine: &[&str] = match kind.as_str() {
    "copy" | "link" => &["kind", "from", "to"],
    "edit" => &["kind", "in", "replace"],
    _ => &["kind", "to", "text", "template"],
  };
  for key in ["from", "to", "text", "template", "in", "replace"] {
    if view.has(key) && !mine.contains(&key) {
      let hint = format!("kind = \"{kind}\" takes: {}", mine[1..].join(", "));
      view.fault(
        key,
        format!("'{key}' has no meaning for kind = \"{kind}\""),
        Some(&hint),
      );
    }
  }
  match kind.as_str() {
    "copy" | "link" => {
      let from = from(view);
      let to = managed(view, "to");
      let (from, to) = (from?, to?);
      if let Some(slot) = Slot::BOTH.into_iter().find(|slot| from[*slot] == to) {
        view.fault(
          "to",
          format!("this is the file of {slot} itself"),
          Some("name the file the proxy includes"),
        );
      }
      Some(if kind == "copy" {
        SwitchFile::Copy { from, to }
      } else {
        SwitchFile::Link { from, to }
      })
    }
    "edit" => {
      let file = managed(view, "in");
      if !view.has("replace") {
        view.missing("replace", "write replace = \"server app-{color}:8080;\"");
      }
      let text = view.slotted("replace");
      Some(SwitchFile::Edit {
        file: file?,
        text: differs(view, "replace", text?)?,
      })
    }
    _ => {
      let to = managed(view, "to");
      let text = rendered(view, text);
      Some(SwitchFile::Render {
        to: to?,
        text: text?,
      })
    }
  }
}

fn from(view: &View<'_>) -> Option<BySlot<PathBuf>> {
  if !view.has("from") {
    view.missing("from", "write from = \"nginx/upstream-{color}.conf\"");
  }
  let made = view.slotted_path("from")?;
  if made.blue == made.green {
    view.fault(
      "from",
      "both slots would use the same file",
      Some("use {color} in it"),
    );
    return None;
  }
  Some(made)
}

/// The managed file: absolute, or inside the root.
fn managed(view: &View<'_>, key: &str) -> Option<PathBuf> {
  if !view.has(key) {
    view.missing(key, "name the file the proxy includes");
  }
  let text = view.text(key)?;
  let path = view.build.root.join(&text).components().collect();
  if Path::new(&text).is_absolute() || stays_inside(&text) {
    return Some(path);
  }
  view.fault(
    key,
    "this leads out of the root folder",
    Some("write an absolute path, or one inside root"),
  );
  None
}

fn stays_inside(text: &str) -> bool {
  let mut depth = 0_i32;
  for part in Path::new(text).components() {
    depth += match part {
      Component::ParentDir => -1,
      Component::Normal(_) => 1,
      _ => 0,
    };
    if depth < 0 {
      return false;
    }
  }
  depth > 0
}

/// The content of the managed file for each slot, from `text` or from the file `template`.
fn rendered(view: &View<'_>, default: Option<&str>) -> Option<BySlot<String>> {
  match (view.has("text"), view.has("template")) {
    (false, false) if default.is_some() => differs(view, "text", view.slotted_or("text", default?)),
    (true, false) => {
      let text = view.slotted("text")?;
      differs(view, "text", text)
    }
    (false, true) => from_file(view),
    (false, false) => {
      view.missing(
        "text",
        "write text = \"server 127.0.0.1:{port};\\n\", or template = \"FILE\"",
      );
      None
    }
    (true, true) => {
      view.fault(
        "template",
        "only one of 'text' and 'template' can be",
        Some("take one of them out"),
      );
      None
    }
  }
}

fn from_file(view: &View<'_>) -> Option<BySlot<String>> {
  let path = view.path("template")?;
  let raw = match view.build.disk.read(&path, LARGEST_TEMPLATE)? {
    Ok(raw) => raw,
    Err(why) => {
      view.fault(
        "template",
        format!("the file cannot be read: {why}"),
        Some("name an existing file"),
      );
      return None;
    }
  };
  let mut faults = Vec::new();
  let text = Template::parse(&raw, &|_| None, &mut faults);
  let hole = text
    .fault(Rule::Slots)
    .map(|(message, hint)| (message, hint.unwrap_or_default()));
  for (message, hint) in faults.into_iter().chain(hole.clone()) {
    view.fault("template", format!("in that file, {message}"), Some(&hint));
  }
  if hole.is_some() {
    return None;
  }
  let made = BySlot::from_fn(|slot| text.render(&|word| view.build.words[slot].get(word)));
  for (slot, text) in made.iter() {
    if let Err(word) = text {
      let hint = format!("write [slots.{slot}] {word} = …");
      view.fault(
        "template",
        format!("in that file, '{{{word}}}' has no value for {slot}"),
        Some(&hint),
      );
      return None;
    }
  }
  differs(
    view,
    "template",
    BySlot {
      blue: made.blue.ok()?,
      green: made.green.ok()?,
    },
  )
}

fn differs(view: &View<'_>, key: &str, text: BySlot<String>) -> Option<BySlot<String>> {
  if text.blue == text.green {
    view.fault(
      key,
      "this would be the same for both slots",
      Some("use {color}, {port}, {host} or {url} in it"),
    );
    return None;
  }
  Some(text)
}

/// Stands where a fault was told.
pub(super) fn no_router() -> RouterConfig {
  RouterConfig {
    proxy: ProxyConfig::Nginx(Nginx {
      place: Place::Host,
      command: Vec::new(),
    }),
    switch: SwitchFile::Render {
      to: PathBuf::new(),
      text: BySlot::default(),
    },
  }
}
