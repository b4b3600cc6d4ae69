//! What Compose makes of the files: `config` output of either generation, reduced to what the
//! product decides on. Pure parsing; v1 prints YAML, v2 prints JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The resolved compose model of one slot at one version.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Model {
  #[serde(default, deserialize_with = "or_default")]
  pub(crate) services: BTreeMap<String, ComposeService>,
  #[serde(default, deserialize_with = "or_default")]
  networks: BTreeMap<String, Option<Network>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ComposeService {
  pub(crate) image: Option<String>,
  pub(crate) container_name: Option<String>,
  build: Option<Value>,
  restart: Option<String>,
  deploy: Option<Value>,
  #[serde(default, deserialize_with = "or_default")]
  ports: Vec<Value>,
  #[serde(default)]
  networks: Joined,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Network {
  name: Option<String>,
  external: Option<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
enum Joined {
  #[default]
  None,
  Names(Vec<String>),
  Map(BTreeMap<String, Option<Membership>>),
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Membership {
  #[serde(default, deserialize_with = "or_default")]
  aliases: Vec<String>,
}

/// One port of this host that a service takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
  pub(crate) host: Option<std::net::IpAddr>,
  pub(crate) port: u16,
  pub(crate) udp: bool,
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
  from: D,
) -> Result<T, D::Error> {
  Option::deserialize(from).map(Option::unwrap_or_default)
}

impl Model {
  pub(crate) fn from_yaml(text: &str) -> Result<Self, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
  }

  pub(crate) fn from_json(text: &str) -> Result<Self, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
  }

  /// Names a service answers to on each network: the network's real name with each alias.
  pub(crate) fn aliases(&self, project: &str, service: &str) -> Vec<(String, String)> {
    let Some(found) = self.services.get(service) else {
      return Vec::new();
    };
    let with_name = |network: &str, aliases: &[String]| -> Vec<(String, String)> {
      let real = self.network(project, network);
      std::iter::once(service)
        .chain(aliases.iter().map(String::as_str))
        .map(|alias| (real.clone(), alias.to_owned()))
        .collect()
    };
    match &found.networks {
      Joined::None => with_name("default", &[]),
      Joined::Names(names) => names.iter().flat_map(|name| with_name(name, &[])).collect(),
      Joined::Map(map) => map
        .iter()
        .flat_map(|(name, joined)| {
          with_name(name, joined.as_ref().map_or(&[], |j| j.aliases.as_slice()))
        })
        .collect(),
    }
  }

  /// Real names of the networks that Compose expects to be there.
  pub(crate) fn external_networks(&self) -> Vec<String> {
    let external = |network: &Option<Network>| {
      let external = network
        .as_ref()
        .and_then(|network| network.external.as_ref());
      external.is_some_and(|external| *external != Value::Bool(false) && !external.is_null())
    };
    self
      .networks
      .iter()
      .filter(|(_, network)| external(network))
      .map(|(key, _)| self.network("", key))
      .collect()
  }

  fn network(&self, project: &str, key: &str) -> String {
    let network = self
      .networks
      .get(key)
      .cloned()
      .flatten()
      .unwrap_or_default();
    let external = match &network.external {
      Some(Value::Object(map)) => map.get("name").and_then(Value::as_str).or(Some(key)),
      Some(Value::Bool(true)) => Some(key),
      _ => None,
    };
    network
      .name
      .or_else(|| external.map(str::to_owned))
      .unwrap_or_else(|| format!("{project}_{key}"))
  }
}

impl ComposeService {
  pub(crate) fn is_built(&self) -> bool {
    self.build.as_ref().is_some_and(|build| !build.is_null())
  }

  /// The restart policy Compose gives a new container; `None` when `deploy:` decides it.
  pub(crate) fn restart_policy(&self) -> Option<String> {
    match &self.restart {
      Some(policy) => Some(policy.clone()),
      None
        if self
          .deploy
          .as_ref()
          .is_some_and(|d| d.get("restart_policy").is_some()) =>
      {
        None
      }
      None => Some("no".to_owned()),
    }
  }

  /// Fixed ports of this host; random ones take nothing from anybody.
  pub(crate) fn published(&self) -> Vec<Published> {
    self.ports.iter().flat_map(published).collect()
  }
}

/// The fixed ports of one entry: `"127.0.0.1:8081:80/tcp"`, or the long form.
fn published(entry: &Value) -> Vec<Published> {
  let (host, ports, protocol) = match entry {
    Value::String(text) => {
      let (spec, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
      // The last part is the container's port, before it the host's, before that the address.
      let Some((host_side, _)) = spec.rsplit_once(':') else {
        return Vec::new();
      };
      let (host, ports) = match host_side.rsplit_once(':') {
        Some((host, ports)) => (Some(host), ports),
        None => (None, host_side),
      };
      (host, ports.to_owned(), Some(protocol))
    }
    Value::Object(long) => {
      let text = |key| long.get(key).and_then(Value::as_str);
      let ports = match long.get("published") {
        Some(Value::String(ports)) => ports.clone(),
        Some(Value::Number(port)) => port.to_string(),
        _ => return Vec::new(),
      };
      (text("host_ip"), ports, text("protocol"))
    }
    _ => return Vec::new(),
  };
  let (first, last) = ports.split_once('-').unwrap_or((&ports, &ports));
  let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
    return Vec::new();
  };
  let host = host.and_then(|host| host.trim_matches(['[', ']']).parse().ok());
  (first..=last)
    .filter(|&port| port != 0)
    .map(|port| Published {
      host,
      port,
      udp: protocol == Some("udp"),
    })
    .collect()
}

#[cfg(test)]
mod tests {
  use super::*;

  const V1: &str = r"
networks:
  back: {}
  edge:
    external: true
    name: shared-edge
services:
  api-blue:
    build:
      context: /srv/site
    image: app:1.0.0
    mem_limit: 134217728
    networks:
      back: {}
      edge:
        aliases:
        - api
    ports:
    - 127.0.0.1:8081:80/tcp
    - 9000-9001:90/udp
    - '70'
    - published: 8443
      target: 443
    restart: unless-stopped
  api-green:
    image: app:1.1.0
    networks:
    - back
version: '3.8'
";
  const V2: &str = r#"{"name":"site","networks":{"back":{"name":"site_back","ipam":{}}},
    "services":{"api-blue":{"command":null,"image":"app:1.0.0","networks":{"back":null},"ports":
      [{"mode":"ingress","host_ip":"127.0.0.1","target":80,"published":"8081","protocol":"tcp"}]}}}"#;

  fn ports(model: &Model) -> Vec<(String, u16, bool)> {
    model.services["api-blue"]
      .published()
      .into_iter()
      .map(|p| {
        (
          p.host.map(|host| host.to_string()).unwrap_or_default(),
          p.port,
          p.udp,
        )
      })
      .collect()
  }

  #[test]
  fn yaml_of_the_first_generation_is_understood() {
    let model = Model::from_yaml(V1).unwrap();
    let blue = &model.services["api-blue"];
    assert_eq!(blue.image.as_deref(), Some("app:1.0.0"));
    assert!(blue.is_built());
    assert_eq!(blue.restart_policy().as_deref(), Some("unless-stopped"));
    assert_eq!(
      ports(&model),
      [
        ("127.0.0.1".into(), 8081, false),
        (String::new(), 9000, true),
        (String::new(), 9001, true),
        (String::new(), 8443, false),
      ]
    );
    assert_eq!(
      model.aliases("site", "api-blue"),
      [
        ("site_back", "api-blue"),
        ("shared-edge", "api-blue"),
        ("shared-edge", "api")
      ]
      .map(|(network, alias)| (network.to_owned(), alias.to_owned()))
    );
    assert_eq!(
      model.services["api-green"].restart_policy().as_deref(),
      Some("no")
    );
  }

  #[test]
  fn networks_that_must_be_there_are_known_by_their_real_names() {
    let text = "services: {}\nnetworks:\n  own: {}\n  bare:\n    external: true\n  named:\n    external: true\n    name: site-net\n  old:\n    external:\n      name: v1-net\n  not:\n    external: false\n";
    let model = Model::from_yaml(text).unwrap();
    assert_eq!(model.external_networks(), ["bare", "site-net", "v1-net"]);
  }

  #[test]
  fn json_of_the_second_generation_is_understood() {
    let model = Model::from_json(V2).unwrap();
    assert_eq!(ports(&model), [("127.0.0.1".into(), 8081, false)]);
    assert!(!model.services["api-blue"].is_built());
    assert_eq!(
      model.aliases("site", "api-blue"),
      [("site_back".to_owned(), "api-blue".to_owned())]
    );
  }
}
