//! A checked site as `config` would hand it over: two services per slot, one managed file.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use cutover::{
  config::{
    Backup, Check, Compose, DeployRules, Expect, Hook, Migrate, Nginx, Place, Postgres, Proof,
    ProofBy, ProxyConfig, Retire, RouterConfig, RunIn, RuntimeConfig, Secrets, Service, Site,
    SlotConfig, SmokeBody, SmokeTest, Source, SwitchFile, Then, Truth, VersionKind, VersionRead,
    VersionSource, Via,
  },
  model::{
    BySlot, Slot,
    plan::{MigrateWhen, OnFailure},
  },
};

/// Starts from a site like the one with two services per slot and proof by a field of the answer.
pub struct SiteBuilder(Site);

impl SiteBuilder {
  pub fn new() -> Self {
    Self(Site {
      name: "ala".into(),
      file: "/srv/ala/cutover.toml".into(),
      root: "/srv/ala".into(),
      state: "/srv/ala/.cutover".into(),
      production: false,
      state_group: None,
      slots: BySlot::from_fn(|slot| SlotConfig {
        label: None,
        port: Some(if slot == Slot::Blue { 8001 } else { 8002 }),
        host: "127.0.0.1".into(),
        url: None,
      }),
      runtime: RuntimeConfig::Compose(Compose {
        command: vec!["docker".into(), "compose".into()],
        files: BySlot::from_fn(|slot| vec![format!("/srv/ala/compose.{slot}.yml").into()]),
        shared_files: vec!["/srv/ala/compose.yml".into()],
        project: BySlot::default(),
        profiles: Vec::new(),
        env_file: None,
        shared: vec!["nginx".into(), "db".into()],
        networks: vec!["ala".into()],
      }),
      services: vec![service("api"), service("web")],
      version: VersionSource {
        kind: VersionKind::ImageVariable {
          variable: BySlot::from_fn(|slot| format!("{}_VERSION", slot.shout())),
          keep_in: None,
          tag: BySlot::from_fn(|_| "{version}".into()),
        },
        read: VersionRead::ImageTag,
      },
      router: RouterConfig {
        proxy: ProxyConfig::Nginx(Nginx {
          place: Place::Service("nginx".into()),
          command: vec!["nginx".into()],
        }),
        switch: SwitchFile::Render {
          to: PathBuf::from("/srv/ala/nginx/upstream-active.conf"),
          text: BySlot::from_fn(|slot| format!("server ala-api-{slot}:8000;\n")),
        },
      },
      proof: Proof {
        url: Some("http://127.0.0.1/health".into()),
        by: ProofBy::Field {
          path: "color".into(),
          value: BySlot::from_fn(|slot| slot.to_string()),
        },
        samples: 20,
        over: Duration::from_millis(300),
      },
      truth: Truth {
        state_file: Some("/srv/ala/.current-env".into()),
        previous: None,
      },
      retire: Retire {
        then: Then::Keep,
        drain: Duration::from_secs(10),
        after: Duration::from_hours(1),
      },
      database: None,
      smoke: vec![SmokeTest {
        name: "login".into(),
        body: SmokeBody::Command {
          command: BySlot::from_fn(|slot| vec!["smoke".into(), slot.to_string()]),
          within: Duration::from_secs(10),
        },
      }],
      hooks: BTreeMap::new(),
      deploy: DeployRules {
        gate: Duration::from_mins(10),
        evidence: Duration::from_hours(24),
        on_failure: OnFailure::KeepForInspection,
      },
      watch: cutover::model::watch::Limits::default(),
      secrets: Secrets(vec!["hunter2hunter2".into()]),
    })
  }

  /// Proof by the generation marker inside the managed file.
  pub fn marker(mut self) -> Self {
    self.0.proof.by = ProofBy::Marker;
    self
  }

  /// Built from a source tree, where each tag is a version.
  pub fn builds(mut self) -> Self {
    self.0.version.kind = VersionKind::Build {
      variable: None,
      tag: BySlot::from_fn(|_| "{version}".into()),
      source: Some(Source {
        git: "/srv/ala".into(),
        pull: true,
      }),
      no_cache: false,
    };
    self
  }

  /// A database with a verified backup before, and a migration at `when`.
  pub fn database(mut self, when: MigrateWhen) -> Self {
    self.0.database = Some(Postgres {
      place: Place::Service("db".into()),
      user: None,
      name: None,
      backup: Some(Backup {
        dir: "/srv/ala/backups".into(),
        keep: 5,
      }),
      migrate: Some(Migrate {
        run_in: RunIn::Service("api".into()),
        command: vec!["migrate".into(), "up".into()],
        when,
        dry_run: None,
        status: Some(vec!["migrate".into(), "status".into()]),
        lock_timeout: Duration::from_secs(3),
        statement_timeout: Duration::from_mins(1),
        timeout: Duration::from_mins(10),
      }),
      check: None,
    });
    self
  }

  pub fn hook(mut self, hook: Hook, command: &[&str]) -> Self {
    self.0.hooks.insert(
      hook,
      command.iter().map(|word| (*word).to_owned()).collect(),
    );
    self
  }

  pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
    self.0.deploy.on_failure = on_failure;
    self
  }

  pub fn with(mut self, change: impl FnOnce(&mut Site)) -> Self {
    change(&mut self.0);
    self
  }

  pub fn build(self) -> Site {
    self.0
  }
}

fn service(key: &str) -> Service {
  Service {
    key: key.into(),
    name: BySlot::from_fn(|slot| format!("{key}-{slot}")),
    container: BySlot::from_fn(|slot| Some(format!("ala-{key}-{slot}"))),
    optional: false,
    run: BySlot::default(),
    check: BySlot::from_fn(|_| {
      Some(Check {
        via: Via::Network,
        url: Some("/health".into()),
        command: Vec::new(),
        expect: Expect::default(),
        timeout: Duration::from_mins(1),
        every: Duration::from_secs(1),
        consecutive: 3,
      })
    }),
  }
}
