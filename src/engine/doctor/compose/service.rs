//! One service of a compose file, with the lines its parts are on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::finding::Place;

/// A mounted path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Mount {
  /// As written: `./nginx`, `name`, `/etc/x`.
  pub(in super::super) source: String,
  pub(in super::super) target: String,
  pub(in super::super) read_only: bool,
}

/// A part of a service whose line may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Part {
  Whole,
  Image,
  Restart,
  DependsOn,
  Healthcheck,
  Networks,
  Command,
}

impl Part {
  fn key(self) -> &'static str {
    match self {
      Self::Whole => "",
      Self::Image => "image",
      Self::Restart => "restart",
      Self::DependsOn => "depends_on",
      Self::Healthcheck => "healthcheck",
      Self::Networks => "networks",
      Self::Command => "command",
    }
  }
}

#[derive(Clone, Debug)]
pub(in super::super) struct Service {
  pub(in super::super) name: String,
  pub(in super::super) image: Option<String>,
  pub(in super::super) builds: Option<String>,
  pub(in super::super) container: Option<String>,
  pub(in super::super) restart: Option<String>,
  /// Ports inside the container that are published or exposed.
  pub(in super::super) ports: Vec<String>,
  pub(in super::super) publishes: Vec<String>,
  pub(in super::super) environment: BTreeMap<String, String>,
  pub(in super::super) mounts: Vec<Mount>,
  pub(in super::super) depends_on: Vec<String>,
  pub(in super::super) healthcheck: Option<String>,
  /// Key of each joined network, with its aliases.
  pub(in super::super) networks: BTreeMap<String, Vec<String>>,
  pub(in super::super) command: Option<String>,
  pub(in super::super) network_mode: Option<String>,
  file: String,
  /// Its own lines: number and text.
  lines: Vec<(usize, String)>,
}

impl Service {
  pub(super) fn read(file: &str, name: &str, body: &Value, all: &[&str]) -> Self {
    let text = |key: &str| body.get(key).map(flat).filter(|text| !text.is_empty());
    let list = |key: &str| match body.get(key) {
      Some(Value::Array(items)) => items.iter().map(flat).collect(),
      Some(Value::Object(map)) => map.keys().cloned().collect(),
      _ => Vec::new(),
    };
    let ports = body.get("ports").and_then(Value::as_array);
    let ports: Vec<(Option<String>, String)> = ports.into_iter().flatten().map(published).collect();
    let networks = match body.get("networks") {
      Some(Value::Object(map)) => map
        .iter()
        .map(|(key, joined)| {
          let aliases = joined.get("aliases").and_then(Value::as_array);
          let aliases = aliases.into_iter().flatten().map(flat).collect();
          (key.clone(), aliases)
        })
        .collect(),
      _ => list("networks")
        .into_iter()
        .map(|key| (key, Vec::new()))
        .collect(),
    };
    Self {
      name: name.to_owned(),
      image: text("image"),
      builds: body.get("build").map(|build| {
        let context = build.get("context").map(flat);
        context.unwrap_or_else(|| flat(build))
      }),
      container: text("container_name"),
      restart: text("restart"),
      ports: ports
        .iter()
        .map(|(_, inside)| inside.clone())
        .chain(list("expose"))
        .collect(),
      publishes: ports.into_iter().filter_map(|(host, _)| host).collect(),
      environment: environment(body.get("environment")),
      mounts: body
        .get("volumes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(mount)
        .collect(),
      depends_on: list("depends_on"),
      healthcheck: body
        .pointer("/healthcheck/test")
        .map(flat)
        .filter(|_| body.pointer("/healthcheck/disable") != Some(&Value::Bool(true))),
      networks,
      command: text("command").or_else(|| text("entrypoint")),
      network_mode: text("network_mode"),
      file: file.to_owned(),
      lines: own_lines(name, all),
    }
  }

  /// Where a part of it is written; its first line when the part is not.
  pub(in super::super) fn at(&self, part: Part) -> Place {
    let indent = |text: &str| text.len() - text.trim_start().len();
    let own = self.lines.iter().skip(1).filter(|(_, text)| {
      let least = self.lines.get(1).map_or(0, |(_, text)| indent(text));
      indent(text) == least
    });
    let key = format!("{}:", part.key());
    let found = own
      .clone()
      .find(|(_, text)| part != Part::Whole && text.trim_start().starts_with(&key))
      .or(self.lines.first());
    self.place(found)
  }

  /// Where it says `words`.
  pub(in super::super) fn saying(&self, words: &str) -> Place {
    let found = self.lines.iter().find(|(_, text)| text.contains(words));
    self.place(found.or(self.lines.first()))
  }

  /// Where `word` stands as an item of a list.
  pub(in super::super) fn listing(&self, word: &str) -> Place {
    let is_item = |text: &str| {
      let item = text.trim().trim_start_matches("- ");
      item.trim_matches(['"', '\'']) == word && item != text.trim()
    };
    match self.lines.iter().find(|(_, text)| is_item(text)) {
      Some(found) => self.place(Some(found)),
      None => self.saying(word),
    }
  }

  fn place(&self, found: Option<&(usize, String)>) -> Place {
    found.map_or_else(
      || Place::file(&self.file),
      |(line, _)| Place::line(&self.file, *line),
    )
  }

  /// It stands in front of the slots.
  pub(in super::super) fn is_proxy(&self) -> bool {
    let known = |text: &Option<String>| {
      let text = text.as_deref().unwrap_or_default().to_ascii_lowercase();
      ["nginx", "proxy", "haproxy", "traefik", "caddy"]
        .iter()
        .any(|word| text.contains(word))
    };
    let by_name = known(&Some(self.name.clone())) || known(&self.image) || known(&self.builds);
    by_name
      && super::slot_of(&self.name).is_none()
      && super::slot_of(self.container.as_deref().unwrap_or_default()).is_none()
  }

  /// Every name other containers can reach it by, but for aliases.
  pub(in super::super) fn names(&self) -> impl Iterator<Item = &str> {
    std::iter::once(self.name.as_str())
      .chain(self.container.as_deref())
      .chain(self.networks.values().flatten().map(String::as_str))
  }
}

/// Any value on one line, lists joined by spaces.
fn flat(value: &Value) -> String {
  match value {
    Value::String(text) => text.clone(),
    Value::Null => String::new(),
    Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(" "),
    other => other.to_string(),
  }
}

fn environment(value: Option<&Value>) -> BTreeMap<String, String> {
  match value {
    Some(Value::Object(map)) => map
      .iter()
      .map(|(key, value)| (key.clone(), flat(value)))
      .collect(),
    Some(Value::Array(items)) => items
      .iter()
      .map(flat)
      .filter_map(|item| {
        let (key, value) = item.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
      })
      .collect(),
    _ => BTreeMap::new(),
  }
}

/// The port of this host, if one is fixed, and the container's.
fn published(value: &Value) -> (Option<String>, String) {
  if value.is_object() {
    let field = |key: &str| value.get(key).map(flat).filter(|text| !text.is_empty());
    return (field("published"), field("target").unwrap_or_default());
  }
  let text = flat(value);
  let text = text.split('/').next().unwrap_or(&text).to_owned();
  match text.rsplit_once(':') {
    // `${PORT:-80}:80`, `127.0.0.1:80:80`
    Some((host, inside)) if !inside.ends_with('}') => (Some(host.to_owned()), inside.to_owned()),
    _ => (None, text),
  }
}

fn mount(value: &Value) -> Option<Mount> {
  if value.is_object() {
    return Some(Mount {
      source: value.get("source").map(flat)?,
      target: value.get("target").map(flat)?,
      read_only: value.get("read_only") == Some(&Value::Bool(true)),
    });
  }
  let text = flat(value);
  let mut parts = text.split(':');
  let (source, target) = (parts.next()?, parts.next()?);
  let options = parts.next().unwrap_or_default();
  Some(Mount {
    source: source.to_owned(),
    target: target.to_owned(),
    read_only: options.split(',').any(|option| option == "ro"),
  })
}

/// From `  name:` below `services:` to the next key of the same depth.
fn own_lines(name: &str, all: &[&str]) -> Vec<(usize, String)> {
  let indent = |text: &str| text.len() - text.trim_start().len();
  let is_blank = |text: &str| text.trim().is_empty() || text.trim_start().starts_with('#');
  let Some(services) = all.iter().position(|line| line.starts_with("services:")) else {
    return Vec::new();
  };
  let keys = [
    format!("{name}:"),
    format!("\"{name}\":"),
    format!("'{name}':"),
  ];
  let Some(first) = all
    .iter()
    .enumerate()
    .skip(services + 1)
    .position(|(_, line)| {
      let key = line.trim_start();
      indent(line) > 0 && keys.iter().any(|name| key.starts_with(name.as_str()))
    })
    .map(|at| at + services + 1)
  else {
    return Vec::new();
  };
  let depth = all.get(first).map_or(0, |line| indent(line));
  all
    .iter()
    .enumerate()
    .skip(first)
    .enumerate()
    .take_while(|(nth, (_, line))| *nth == 0 || is_blank(line) || indent(line) > depth)
    .map(|(_, found)| found)
    .filter(|(_, line)| !is_blank(line))
    .map(|(at, line)| (at + 1, (*line).to_owned()))
    .collect()
}
