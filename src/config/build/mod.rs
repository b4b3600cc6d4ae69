//! Makes the `Site` of a tree whose shape was checked. One file per part of the site; each reads
//! its table through `View` and reports what is missing or contradicts itself.

mod console;
mod database;
mod health;
mod proof;
mod router;
mod runtime;
mod smoke;
mod version;
mod view;
mod watch;
mod words;

use std::{
  cell::RefCell,
  collections::BTreeMap,
  path::{Path, PathBuf},
};

use view::View;
pub(super) use words::SlotWords;

use super::{
  DeployRules, Hook, Retire, Secrets, Site, Then, Truth, disk::Disk, origin::Setting, schema,
  shape::Faults, tree::Table,
};
use crate::model::{BySlot, plan::OnFailure};

/// What every part needs.
pub(super) struct Build<'a> {
  pub(super) faults: &'a Faults<'a>,
  pub(super) disk: &'a dyn Disk,
  pub(super) root: PathBuf,
  pub(super) settings: RefCell<Vec<Setting>>,
  pub(super) words: BySlot<SlotWords>,
}

impl<'a> Build<'a> {
  pub(super) fn new(faults: &'a Faults<'a>, disk: &'a dyn Disk, file: &Path) -> Self {
    Self {
      faults,
      disk,
      root: file.parent().map(Path::to_owned).unwrap_or_default(),
      settings: RefCell::default(),
      words: BySlot::from_fn(SlotWords::new),
    }
  }

  /// The site. Where it could not be made a fault was told, and what stands there means nothing.
  pub(super) fn site(&mut self, table: &Table, file: &Path) -> Site {
    let root = {
      let top = View::top(self, table);
      top.integer("schema", 1);
      top
        .text("root")
        .map_or_else(|| self.root.clone(), |root| within(&self.root, &root))
    };
    self.root = root;
    self.words = words::read(&View::top(self, table).table("slots"));
    let top = View::top(self, table);
    let name = top.required("name", "write name = \"my-site\"");
    let production = top.flag_or_default("production");
    let services = runtime::services(&top);
    let keys: Vec<String> = services.iter().map(|service| service.key.clone()).collect();
    let state = top.path("state");
    let (version, router, proof) = (
      version::version(&top),
      router::router(&top),
      proof::proof(&top),
    );
    let whole = version.is_some() && router.is_some() && proof.is_some();
    if !whole && self.faults.list.borrow().is_empty() {
      self
        .faults
        .push("", None, "version, router or proof could not be read", None);
    }
    Site {
      name: name.unwrap_or_default(),
      production,
      file: file.to_owned(),
      root: self.root.clone(),
      state: state.unwrap_or_else(|| {
        top.note("state", &self.root.join(".cutover").to_string_lossy());
        self.root.join(".cutover")
      }),
      state_group: top.text("state_group"),
      slots: words::slots(self),
      runtime: runtime::runtime(&top),
      services,
      version: version.unwrap_or_else(version::no_version),
      router: router.unwrap_or_else(router::no_router),
      proof: proof.unwrap_or_else(proof::no_proof),
      truth: truth(&top.table("truth")),
      retire: retire(&top.table("retire")),
      database: database::postgres(&top, &keys),
      smoke: smoke::tests(&top, &keys),
      hooks: hooks(&top.table("hooks")),
      deploy: deploy(&top.table("deploy")),
      watch: watch::limits(&top.table("watch")),
      secrets: Secrets::default(),
    }
  }
}

/// `path` as seen from `base`, without `.` parts.
fn within(base: &Path, path: &str) -> PathBuf {
  base.join(path).components().collect()
}

fn truth(view: &View<'_>) -> Truth {
  let (state_file, previous) = (view.path("state_file"), view.path("previous"));
  if state_file.is_none() && previous.is_some() {
    view.fault(
      "previous",
      "'previous' needs 'state_file'",
      Some("add state_file = \".current-env\""),
    );
  }
  if state_file.is_some() && state_file == previous {
    view.fault("previous", "this is the same file as 'state_file'", None);
  }
  Truth {
    state_file,
    previous,
  }
}

fn retire(view: &View<'_>) -> Retire {
  Retire {
    then: if view.choice("then") == "stop" {
      Then::Stop
    } else {
      Then::Keep
    },
    drain: view.duration("drain"),
    after: view.duration("after"),
  }
}

fn deploy(view: &View<'_>) -> DeployRules {
  DeployRules {
    gate: view.duration("gate"),
    evidence: view.duration("evidence"),
    on_failure: if view.choice("on_failure") == "stop" {
      OnFailure::StopTarget
    } else {
      OnFailure::KeepForInspection
    },
  }
}

fn hooks(view: &View<'_>) -> BTreeMap<Hook, Vec<String>> {
  [
    Hook::BeforeDeploy,
    Hook::BeforeSwitch,
    Hook::AfterSwitch,
    Hook::AfterRollback,
    Hook::OnFailure,
  ]
  .into_iter()
  .filter_map(|hook| Some((hook, view.command(hook.word())?)))
  .collect()
}

/// The default written in the schema's row.
fn default_of(path: &str) -> &'static str {
  schema::find(path).map_or("", |key| key.default)
}
