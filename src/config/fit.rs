//! What fits together: the runtime, how it gets a version, how it is asked, and the proxy. Each of
//! them alone may be fine; a key that means nothing beside the others is told, not passed over.

use super::{
  Place, ProofBy, ProxyConfig, RuntimeConfig, Service, Site, Via, check::Checks, tree::Value,
};
use crate::model::Slot;

/// Keys of `[runtime]` and of the slots that only Compose understands.
const FOR_COMPOSE: [&str; 11] = [
  "runtime.command",
  "runtime.files",
  "runtime.project",
  "runtime.profiles",
  "runtime.shared",
  "runtime.shared_files",
  "runtime.networks",
  "slots.blue.files",
  "slots.green.files",
  "slots.blue.project",
  "slots.green.project",
];
const FOR_NGINX: [&str; 5] = [
  "router.service",
  "router.container",
  "router.host",
  "router.command",
  "router.sudo",
];

impl Checks<'_> {
  pub(super) fn fits(&self, site: &Site) {
    match &site.runtime {
      RuntimeConfig::Processes => self.processes(site),
      RuntimeConfig::Compose(_) => self.compose(site),
    }
    match &site.router.proxy {
      ProxyConfig::Embedded { .. } => self.embedded(site),
      ProxyConfig::Nginx(_) if self.says("router.kind", "embedded") => {}
      ProxyConfig::Nginx(_) => self.meaningless(
        &["router.listen"],
        "nginx listens where its own configuration says",
      ),
    }
  }

  fn processes(&self, site: &Site) {
    self.meaningless(&FOR_COMPOSE, "this is for kind = \"compose\"");
    if !self.says("version.kind", "folder") {
      self.fault(
        &self.or_table("version", "kind"),
        "processes take their version from a folder",
        "write kind = \"folder\" and releases = \"releases\"",
      );
    }
    for service in &site.services {
      self.process(service);
    }
    if matches!(site.proof.by, ProofBy::Log) {
      self.fault(
        "proof.log",
        "the log of a process cannot be searched for a request",
        "write marker = true, field, header or body",
      );
    }
    let database = site.database.as_ref().map(|database| &database.place);
    for (path, place) in [
      ("router.service", Some(site.router.place())),
      ("database.service", database),
    ] {
      if matches!(place, Some(Place::Service(_))) {
        self.fault(
          path,
          "there is no Compose whose service this could be",
          "write container = \"NAME\" or host = true",
        );
      }
    }
  }

  fn process(&self, service: &Service) {
    let path = format!("services.{}", service.key);
    if self.tree.at(&format!("{path}.run")).is_none() {
      self.fault(
        &path,
        "'run' is missing",
        "write run = [\"./server\", \"--port\", \"{port}\"]",
      );
    }
    self.meaningless(
      &[&format!("{path}.container")],
      "a process is in no container",
    );
    let asked = Slot::BOTH
      .into_iter()
      .find_map(|slot| service.check[slot].as_ref());
    if asked.is_some_and(|check| matches!(check.via, Via::Docker | Via::Exec | Via::Network)) {
      self.fault(
        &self.or_table(&format!("{path}.check"), "via"),
        "a process cannot be asked this way",
        "write via = \"host\" and url = \"/health\", or via = \"command\"",
      );
    }
  }

  fn compose(&self, site: &Site) {
    for service in &site.services {
      let path = format!("services.{}.run", service.key);
      self.meaningless(&[&path], "the compose file says what is run");
    }
    if self.says("version.kind", "folder") {
      self.fault(
        "version.kind",
        "a folder of releases is for the runtime 'process'",
        "write kind = \"image-variable\" or \"build\", or [runtime] kind = \"process\"",
      );
    }
  }

  fn embedded(&self, site: &Site) {
    self.meaningless(
      &FOR_NGINX,
      "the embedded proxy is started by: cutover proxy",
    );
    let weak = match site.proof.by {
      ProofBy::Effective => "proof.effective",
      ProofBy::Log => "proof.log",
      _ => return,
    };
    self.fault(
      weak,
      "the embedded proxy proves more than this",
      "write marker = true, which it answers at the address under url",
    );
  }

  fn says(&self, path: &str, word: &str) -> bool {
    let node = self.tree.at(path).map(|node| &node.value);
    matches!(node, Some(Value::Text(text)) if text.plain() == word)
  }

  fn meaningless(&self, paths: &[&str], why: &str) {
    for path in paths {
      if self.tree.at(path).is_some() {
        let key = path.rsplit('.').next().unwrap_or(path);
        self.fault(
          path,
          format!("'{key}' has no meaning here: {why}"),
          "take it out",
        );
      }
    }
  }
}
