//! What no single key can show: slots that are the same thing twice, files that are not there,
//! and files that somebody else on this machine could change under us.

use std::path::{Path, PathBuf};

use super::{
  Place, Site, SwitchFile, VersionKind,
  disk::{Disk, Kind},
  shape::Faults,
  tree::Table,
};
use crate::model::Slot;

pub(super) struct Checks<'a> {
  pub(super) faults: &'a Faults<'a>,
  pub(super) disk: &'a dyn Disk,
  pub(super) tree: &'a Table,
}

impl Checks<'_> {
  pub(super) fn all(&self, site: &Site) {
    self.name(site);
    self.fits(site);
    self.twins(site);
    self.strangers(site);
    self.files(site);
    self.modes(site);
  }

  pub(super) fn fault(&self, path: &str, message: impl Into<String>, hint: &str) {
    let span = self.tree.at(path).map(|node| node.span);
    self.faults.push(path, span, message, Some(hint.to_owned()));
  }

  fn name(&self, site: &Site) {
    let fine = site.name.len() <= 64
      && site.name.starts_with(|c: char| c.is_ascii_alphanumeric())
      && site
        .name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if !site.name.is_empty() && !fine {
      let hint = "use up to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit";
      self.fault(
        "name",
        format!("'{}' is not a name for a site", site.name),
        hint,
      );
    }
    if let Some(group) = &site.state_group
      && self.disk.group_exists(group) == Some(false)
    {
      let hint = format!("type: sudo groupadd {group}, or name an existing group");
      self.fault(
        "state_group",
        format!("there is no group '{group}' on this machine"),
        &hint,
      );
    }
  }

  /// Both slots must be two things everywhere.
  fn twins(&self, site: &Site) {
    let apart = site.compose().project.blue != site.compose().project.green
      || site.compose().files.blue != site.compose().files.green;
    for (index, one) in site.services.iter().enumerate() {
      for other in site.services.get(index..).unwrap_or_default() {
        let path = format!("services.{}", other.key);
        let same = one.key == other.key;
        if !apart && (one.name.blue == other.name.green || one.name.green == other.name.blue) {
          let (message, hint) = if same {
            (
              format!("both slots resolve to the same service '{}'", one.name.blue),
              "use {color} in 'name', or give each slot its own files or project".to_owned(),
            )
          } else {
            (
              format!(
                "'{}' and '{}' meet in one service across the slots",
                one.key, other.key
              ),
              "use {color} in both names".to_owned(),
            )
          };
          self.fault(&self.or_table(&path, "name"), message, &hint);
        }
        for slot in Slot::BOTH.into_iter().filter(|_| !same) {
          if one.name[slot] == other.name[slot] {
            let message = format!(
              "'{}' and '{}' are the same service in {slot}",
              one.key, other.key
            );
            self.fault(
              &self.or_table(&path, "name"),
              message,
              "give each its own name",
            );
            break;
          }
        }
      }
      let container = &one.container;
      if container.blue.is_some() && container.blue == container.green {
        let path = format!("services.{}.container", one.key);
        self.fault(
          &path,
          "both slots resolve to the same container",
          "use {color} in it",
        );
      }
    }
    let [blue, green] = [&site.slots.blue, &site.slots.green];
    if blue.port.is_some() && blue.port == green.port && blue.host == green.host {
      self.fault(
        "slots.green.port",
        "both slots have the same port",
        "give each slot its own",
      );
    } else if blue.url.is_some() && blue.url == green.url {
      self.fault(
        "slots.green.url",
        "both slots have the same url",
        "give each slot its own",
      );
    }
  }

  /// The key when it is written, else its table.
  pub(super) fn or_table(&self, table: &str, key: &str) -> String {
    let path = format!("{table}.{key}");
    if self.tree.at(&path).is_some() {
      path
    } else {
      table.to_owned()
    }
  }

  /// Proxy, database and shared services are none of the slots' services.
  fn strangers(&self, site: &Site) {
    let owner = |name: &str| {
      let has = |slot: Slot| move |service: &&super::Service| service.name[slot] == name;
      Slot::BOTH
        .into_iter()
        .find_map(|slot| Some((slot, site.services.iter().find(has(slot))?.key.clone())))
    };
    let judge = |path: &str, name: &str| {
      if let Some((slot, key)) = owner(name) {
        let message = format!("'{name}' is service '{key}' of {slot}: a deploy would recreate it");
        self.fault(path, message, "name a service that both slots share");
      }
    };
    if let Place::Service(name) = site.router.place() {
      judge("router.service", name);
    }
    if let Some(Place::Service(name)) = site.database.as_ref().map(|database| &database.place) {
      judge("database.service", name);
    }
    for name in &site.compose().shared {
      judge("runtime.shared", name);
    }
    let managed = site.router.switch.path();
    let records = [
      ("truth.state_file", &site.truth.state_file),
      ("truth.previous", &site.truth.previous),
    ];
    for (path, file) in records {
      if file.as_ref() == Some(managed) {
        self.fault(
          path,
          "this is the proxy's managed file",
          "name a file of its own",
        );
      }
    }
    if *managed == site.file {
      self.fault(
        "router.switch",
        "the managed file is this configuration file",
        "name the file the proxy includes",
      );
    }
  }

  fn files(&self, site: &Site) {
    self.exists("root", &site.root, Kind::Folder);
    if let Some(parent) = site.state.parent() {
      let path = if self.tree.at("state").is_some() {
        "state"
      } else {
        "root"
      };
      if site.state != site.root.join(".cutover") {
        self.exists(path, parent, Kind::Folder);
      }
    }
    for (path, file) in self.compose_files(site) {
      self.exists(&path, &file, Kind::File);
    }
    match &site.router.switch {
      SwitchFile::Copy { from, .. } | SwitchFile::Link { from, .. } => {
        for (_, file) in from.iter() {
          self.exists("router.switch.from", file, Kind::File);
        }
      }
      SwitchFile::Edit { file, .. } => self.exists("router.switch.in", file, Kind::File),
      SwitchFile::Render { .. } => {}
    }
    if let VersionKind::Build {
      source: Some(source),
      ..
    } = &site.version.kind
    {
      self.exists("version.source.git", &source.git, Kind::Folder);
    }
    if let VersionKind::Folder { releases } = &site.version.kind {
      self.exists("version.releases", releases, Kind::Folder);
    }
  }

  /// Each file once, with the key that names it. `env_file` was read already.
  fn compose_files(&self, site: &Site) -> Vec<(String, PathBuf)> {
    let runtime = site.compose();
    let mut all: Vec<(String, PathBuf)> = Vec::new();
    for (slot, files) in runtime.files.iter() {
      let own = format!("slots.{slot}.files");
      let path = if self.tree.at(&own).is_some() {
        own
      } else {
        "runtime.files".to_owned()
      };
      all.extend(files.iter().map(|file| (path.clone(), file.clone())));
    }
    all.extend(
      runtime
        .shared_files
        .iter()
        .map(|file| ("runtime.shared_files".to_owned(), file.clone())),
    );
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|(_, file)| seen.insert(file.clone()));
    all
  }

  fn exists(&self, path: &str, file: &Path, kind: Kind) {
    let shown = file.display();
    let word = if kind == Kind::Folder {
      "folder"
    } else {
      "file"
    };
    match self.disk.look(file) {
      None => {}
      Some(Ok(found)) if found.kind == kind => {}
      Some(Ok(_)) => self.fault(
        path,
        format!("{shown} is not a {word}"),
        "name the right one",
      ),
      Some(Err(why)) if why.kind() == std::io::ErrorKind::NotFound => {
        self.fault(
          path,
          format!("the {word} {shown} does not exist"),
          "create it, or correct the path",
        );
      }
      Some(Err(why)) => {
        self.fault(
          path,
          format!("the {word} {shown} cannot be looked at: {why}"),
          "check its owner and mode",
        );
      }
    }
  }

  /// As `ssh` does with its own files: what others may write, we do not obey.
  fn modes(&self, site: &Site) {
    self.private("", &site.file);
    // Whoever may write a folder without the sticky bit may rename what lies in it.
    let open = |folder: &&Path| matches!(self.disk.look(folder), Some(Ok(found)) if found.mode & 0o1002 == 0o002);
    if let Some(folder) = site.file.ancestors().skip(1).find(open) {
      let shown = folder.display();
      let hint = format!("type: chmod o-w {shown}");
      self.fault(
        "",
        format!("anyone on this machine may replace files in {shown}"),
        &hint,
      );
    }
    for (path, file) in self.compose_files(site) {
      self.private(&path, &file);
    }
    if let Some(file) = &site.compose().env_file {
      self.private("runtime.env_file", file);
    }
    for (hook, command) in &site.hooks {
      let Some(program) = command.first().filter(|word| word.contains('/')) else {
        continue;
      };
      let path = format!("hooks.{}", hook.word());
      let program = site.root.join(program);
      self.exists(&path, &program, Kind::File);
      self.private(&path, &program);
    }
  }

  fn private(&self, path: &str, file: &Path) {
    if let Some(Ok(found)) = self.disk.look(file)
      && found.mode & 0o002 != 0
    {
      let shown = file.display();
      let hint = format!("type: chmod o-w {shown}");
      self.fault(
        path,
        format!("anyone on this machine may change {shown}"),
        &hint,
      );
    }
  }
}
