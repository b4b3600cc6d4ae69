//! A hand-built `Site` for adapter tests: nginx on this host, no containers, no database. Each test
//! sets the fields it is about.
#![allow(
  dead_code,
  reason = "each test crate uses its own part of this support"
)]

use std::{collections::BTreeMap, path::Path, time::Duration};

use cutover::{
  config::{
    Compose, DeployRules, Expect, Nginx, Place, Proof, ProofBy, ProxyConfig, Retire, RouterConfig,
    RuntimeConfig, Secrets, Service, Site, SlotConfig, SwitchFile, Then, Truth, VersionKind,
    VersionRead, VersionSource,
  },
  model::{BySlot, plan::OnFailure},
};

pub(crate) fn pair<T>(blue: impl Into<T>, green: impl Into<T>) -> BySlot<T> {
  BySlot {
    blue: blue.into(),
    green: green.into(),
  }
}

pub(crate) fn nginx(place: Place, command: Vec<String>) -> ProxyConfig {
  ProxyConfig::Nginx(Nginx { place, command })
}

/// The same site with these Compose projects.
pub(crate) fn set_projects(site: &mut Site, project: BySlot<Option<String>>) {
  let compose = site.compose().clone();
  site.runtime = RuntimeConfig::Compose(Compose { project, ..compose });
}

pub(crate) fn site(root: &Path) -> Site {
  Site {
    name: "test".to_owned(),
    file: root.join("cutover.toml"),
    root: root.to_owned(),
    state: root.join(".cutover"),
    production: false,
    state_group: None,
    slots: BySlot::from_fn(|_| SlotConfig {
      label: None,
      port: None,
      host: "127.0.0.1".to_owned(),
      url: None,
    }),
    runtime: RuntimeConfig::Compose(Compose {
      command: Vec::new(),
      files: BySlot::from_fn(|_| vec![root.join("docker-compose.yml")]),
      shared_files: Vec::new(),
      project: BySlot::default(),
      profiles: Vec::new(),
      env_file: None,
      shared: Vec::new(),
      networks: Vec::new(),
    }),
    services: Vec::new(),
    version: VersionSource {
      kind: VersionKind::ImageVariable {
        variable: pair("BLUE_VERSION", "GREEN_VERSION"),
        keep_in: None,
        tag: pair("{version}", "{version}"),
      },
      read: VersionRead::ImageTag,
    },
    router: RouterConfig {
      proxy: nginx(Place::Host, vec!["nginx".to_owned()]),
      switch: SwitchFile::Render {
        to: root.join("active.conf"),
        text: pair("blue", "green"),
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
      drain: Duration::from_secs(15),
      after: Duration::from_hours(1),
    },
    database: None,
    smoke: Vec::new(),
    hooks: BTreeMap::new(),
    deploy: DeployRules {
      gate: Duration::from_mins(1),
      evidence: Duration::from_hours(1),
      on_failure: OnFailure::KeepForInspection,
    },
    watch: cutover::model::watch::Limits::default(),
    secrets: Secrets::default(),
  }
}

pub(crate) fn service(key: &str) -> Service {
  Service {
    key: key.to_owned(),
    name: pair(format!("{key}-blue"), format!("{key}-green")),
    container: BySlot::default(),
    optional: false,
    check: BySlot::default(),
    run: BySlot::default(),
  }
}

pub(crate) fn expect_within(within: Duration) -> Expect {
  Expect {
    within: Some(within),
    ..Expect::default()
  }
}
