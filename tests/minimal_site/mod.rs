//! A site with nothing configured but what a test sets: for adapters tested one at a time.

use std::{collections::BTreeMap, path::Path, time::Duration};

use cutover::{
  config::{
    Compose, DeployRules, Nginx, Place, Proof, ProofBy, Retire, Secrets, Site, SlotConfig,
    SwitchFile, Then, Truth, VersionKind, VersionRead, VersionSource,
  },
  model::{BySlot, plan::OnFailure},
};

pub(crate) fn site(name: &str, root: &Path) -> Site {
  Site {
    name: name.into(),
    file: root.join("cutover.toml"),
    root: root.to_owned(),
    state: root.join(".cutover"),
    production: false,
    state_group: None,
    slots: BySlot::from_fn(|_| SlotConfig {
      label: None,
      port: None,
      host: "127.0.0.1".into(),
      url: None,
    }),
    runtime: Compose {
      command: Vec::new(),
      files: BySlot::from_fn(|_| vec![root.join("compose.yml")]),
      shared_files: Vec::new(),
      project: BySlot::from_fn(|_| Some(name.to_owned())),
      profiles: Vec::new(),
      env_file: None,
      shared: Vec::new(),
      networks: Vec::new(),
    },
    services: Vec::new(),
    version: VersionSource {
      kind: VersionKind::Build {
        variable: None,
        tag: BySlot::from_fn(|_| String::new()),
        source: None,
        no_cache: false,
      },
      read: VersionRead::ImageTag,
    },
    router: Nginx {
      place: Place::Host,
      command: vec!["nginx".into()],
      switch: SwitchFile::Render {
        to: root.join("live.conf"),
        text: BySlot::from_fn(|slot| slot.name().to_owned()),
      },
    },
    proof: Proof {
      url: None,
      by: ProofBy::Marker,
      samples: 20,
      over: Duration::from_millis(300),
    },
    truth: Truth::default(),
    retire: Retire {
      then: Then::Keep,
      drain: Duration::from_mins(1),
      after: Duration::from_mins(1),
    },
    database: None,
    smoke: Vec::new(),
    hooks: BTreeMap::new(),
    deploy: DeployRules {
      gate: Duration::from_mins(1),
      evidence: Duration::from_mins(1),
      on_failure: OnFailure::KeepForInspection,
    },
    secrets: Secrets::default(),
  }
}
