//! A compose model, raw or resolved, reduced to what the detection looks at. The same reader takes
//! YAML of the files, YAML of `config` of the first generation and JSON of the second.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::survey::Published;

#[derive(Clone, Debug, Default)]
pub(super) struct Stack {
  pub(super) name: Option<String>,
  pub(super) services: BTreeMap<String, Service>,
  /// Real names of networks that must exist before.
  pub(super) external: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Service {
  pub(super) image: Option<String>,
  /// The build context.
  pub(super) build: Option<String>,
  pub(super) dockerfile: Option<String>,
  pub(super) container: Option<String>,
  pub(super) published: Vec<Published>,
  pub(super) environment: BTreeMap<String, String>,
  /// The test of its health check, as one text.
  pub(super) health: Option<String>,
  pub(super) aliases: Vec<String>,
  /// Source as written, and where it is inside.
  pub(super) mounts: Vec<(String, String)>,
  pub(super) profiles: Vec<String>,
  pub(super) restart: Option<String>,
  /// Services it starts after.
  pub(super) after: Vec<String>,
}

impl Stack {
  pub(super) fn read(text: &str) -> Option<Self> {
    let top: Value = serde_saphyr::from_str(text).ok()?;
    let top = top.as_object()?;
    let services = top.get("services").and_then(Value::as_object);
    let mut stack = Self {
      name: text_of(top.get("name")),
      ..Self::default()
    };
    for (name, raw) in services.into_iter().flatten() {
      let empty = Map::new();
      let raw = raw.as_object().unwrap_or(&empty);
      stack.services.insert(name.clone(), service(raw));
    }
    for (key, raw) in top
      .get("networks")
      .and_then(Value::as_object)
      .into_iter()
      .flatten()
    {
      let name = match raw.get("external") {
        Some(Value::Bool(true)) => text_of(raw.get("name")).or_else(|| Some(key.clone())),
        Some(Value::Object(external)) => text_of(external.get("name")),
        _ => None,
      };
      stack.external.extend(name);
    }
    Some(stack)
  }
}

impl Service {
  /// What this says, and what `base` says where this is silent.
  pub(super) fn over(&self, base: Self) -> Self {
    let mine = self.clone();
    let longer = |mine: Vec<String>, base| if mine.is_empty() { base } else { mine };
    let mut environment = base.environment;
    environment.extend(mine.environment);
    Self {
      image: mine.image.or(base.image),
      build: mine.build.or(base.build),
      dockerfile: mine.dockerfile.or(base.dockerfile),
      container: mine.container.or(base.container),
      published: if mine.published.is_empty() {
        base.published
      } else {
        mine.published
      },
      environment,
      health: mine.health.or(base.health),
      aliases: longer(mine.aliases, base.aliases),
      mounts: base.mounts.into_iter().chain(mine.mounts).collect(),
      profiles: longer(mine.profiles, base.profiles),
      restart: mine.restart.or(base.restart),
      after: longer(mine.after, base.after),
    }
  }

  /// Address of the first `http://localhost…` in the health check: port and path.
  pub(super) fn health_url(&self) -> Option<(u16, String)> {
    let test = self.health.as_deref()?;
    let at = test.find("http://")?;
    let rest = test[at + "http://".len()..]
      .split(|c: char| c.is_whitespace() || "\"'|)>;".contains(c))
      .next()?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
      Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
      _ => (authority, 80),
    };
    let here = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];
    let path = if path.is_empty() { "/" } else { path };
    here.contains(&host).then(|| (port, path.to_owned()))
  }
}

fn service(raw: &Map<String, Value>) -> Service {
  let build = raw.get("build");
  Service {
    image: text_of(raw.get("image")),
    build: match build {
      Some(Value::String(context)) => Some(context.clone()),
      Some(Value::Object(map)) => {
        Some(text_of(map.get("context")).unwrap_or_else(|| ".".to_owned()))
      }
      _ => None,
    },
    dockerfile: build.and_then(|build| text_of(build.get("dockerfile"))),
    container: text_of(raw.get("container_name")),
    published: list(raw.get("ports"))
      .into_iter()
      .filter_map(published)
      .collect(),
    environment: pairs(raw.get("environment")),
    health: raw
      .get("healthcheck")
      .and_then(|check| check.get("test"))
      .map(words),
    aliases: aliases(raw.get("networks")),
    mounts: list(raw.get("volumes"))
      .into_iter()
      .filter_map(mount)
      .collect(),
    profiles: texts(raw.get("profiles")),
    restart: text_of(raw.get("restart")),
    after: match raw.get("depends_on") {
      Some(Value::Object(map)) => map.keys().cloned().collect(),
      other => texts(other),
    },
  }
}

fn text_of(value: Option<&Value>) -> Option<String> {
  match value? {
    Value::String(text) => Some(text.clone()),
    Value::Number(number) => Some(number.to_string()),
    Value::Bool(word) => Some(word.to_string()),
    _ => None,
  }
}

fn list(value: Option<&Value>) -> Vec<&Value> {
  match value {
    Some(Value::Array(all)) => all.iter().collect(),
    Some(Value::Null) | None => Vec::new(),
    Some(one) => vec![one],
  }
}

fn texts(value: Option<&Value>) -> Vec<String> {
  list(value)
    .into_iter()
    .filter_map(|text| text_of(Some(text)))
    .collect()
}

/// A text, or a list of texts joined by spaces.
fn words(value: &Value) -> String {
  texts(Some(value)).join(" ")
}

/// A map, or a list of `NAME=value`.
fn pairs(value: Option<&Value>) -> BTreeMap<String, String> {
  match value {
    Some(Value::Object(map)) => map
      .iter()
      .filter_map(|(name, value)| Some((name.clone(), text_of(Some(value))?)))
      .collect(),
    other => list(other)
      .into_iter()
      .filter_map(|line| {
        let line = text_of(Some(line))?;
        let (name, value) = line.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
      })
      .collect(),
  }
}

fn aliases(networks: Option<&Value>) -> Vec<String> {
  let Some(Value::Object(map)) = networks else {
    return Vec::new();
  };
  map
    .values()
    .flat_map(|joined| texts(joined.get("aliases")))
    .collect()
}

/// `"127.0.0.1:8081:80/tcp"`, or the long form; only fixed ports.
fn published(entry: &Value) -> Option<Published> {
  if let Value::Object(long) = entry {
    return Some(Published {
      address: text_of(long.get("host_ip")).unwrap_or_default(),
      host: text_of(long.get("published"))?.parse().ok()?,
      inside: text_of(long.get("target"))?.parse().ok()?,
    });
  }
  let text = text_of(Some(entry))?;
  let spec = text.split('/').next()?;
  let (front, inside) = spec.rsplit_once(':')?;
  let (address, host) = front.rsplit_once(':').unwrap_or(("", front));
  Some(Published {
    address: address.to_owned(),
    host: host.parse().ok()?,
    inside: inside.parse().ok()?,
  })
}

/// `./nginx:/etc/nginx/conf.d:ro`, or the long form; only paths.
fn mount(entry: &Value) -> Option<(String, String)> {
  if let Value::Object(long) = entry {
    let bind = long.get("type").and_then(Value::as_str) == Some("bind");
    return bind
      .then(|| Some((text_of(long.get("source"))?, text_of(long.get("target"))?)))
      .flatten();
  }
  let text = text_of(Some(entry))?;
  let mut parts = text.split(':');
  let (source, inside) = (parts.next()?, parts.next()?);
  source
    .starts_with(['.', '/', '~', '$'])
    .then(|| (source.to_owned(), inside.to_owned()))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn both_forms_of_everything_are_read() {
    let stack = Stack::read(
      "services:\n  api-blue:\n    image: app:${TAG:-1}\n    container_name: x\n    ports: ['127.0.0.1:8081:80', {target: 81, published: '8082'}]\n    environment: [COLOR=blue]\n    volumes: ['./n:/etc/nginx:ro', 'data:/d']\n    healthcheck: {test: [CMD, curl, '-f', 'http://localhost:5000/api/health']}\nnetworks:\n  edge: {external: true, name: real}\n",
    )
    .unwrap();
    let blue = &stack.services["api-blue"];
    assert_eq!(blue.published.len(), 2);
    assert_eq!(blue.published[0].host, 8081);
    assert_eq!(blue.environment["COLOR"], "blue");
    assert_eq!(blue.mounts, [("./n".into(), "/etc/nginx".into())]);
    assert_eq!(blue.health_url(), Some((5000, "/api/health".into())));
    assert_eq!(stack.external, ["real"]);
  }

  #[test]
  fn a_check_of_another_host_or_without_a_request_has_no_address() {
    for (test, wanted) in [
      (
        "CMD-SHELL curl -f http://localhost/up || exit 1",
        Some((80, "/up")),
      ),
      ("CMD wget -q -O- http://127.0.0.1:8080", Some((8080, "/"))),
      ("CMD curl http://db:5432/", None),
      ("CMD php-fpm -t", None),
    ] {
      let service = Service {
        health: Some(test.to_owned()),
        ..Service::default()
      };
      let found = service.health_url();
      assert_eq!(
        found.as_ref().map(|(port, path)| (*port, path.as_str())),
        wanted
      );
    }
  }
}
