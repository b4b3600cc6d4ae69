//! The fake container engine.

use std::{collections::BTreeMap, time::Duration};

use cutover::{
  engine::{
    log_pipe::{LogReader, log_pipe},
    ports::{Clock, CommandOutput, Notes, PortError, PortErrorKind, PortFuture, Runtime, Shared},
  },
  model::{
    Slot, VersionName,
    change::Change,
    container::{Container, ContainerId, ContainerState},
    evidence::{Pins, ServiceImage},
    finding::{Finding, Hazard},
    observation::RuntimeFacts,
    offer::{LocalVersion, LocalVersions},
    plan::ImageSource,
    usage::Usage,
  },
};
use tokio::time::Instant;

use super::{
  containers::{image, run, seen},
  fake::{FakeSite, base},
};

impl Runtime for FakeSite {
  fn facts(&self) -> PortFuture<'_, RuntimeFacts> {
    Box::pin(async {
      self.enter("runtime.facts").await?;
      Ok(RuntimeFacts {
        engine: "Docker 20.10.24".into(),
        api: "1.41".into(),
        compose: "2.20".into(),
      })
    })
  }

  fn containers(&self, slot: Slot) -> PortFuture<'_, Vec<Container>> {
    Box::pin(async move {
      self.enter("containers").await?;
      let found = {
        let state = self.state();
        let now = Instant::now();
        let mut found: Vec<Container> = state.slots[slot].iter().map(|c| seen(c, now)).collect();
        // Docker promises no order.
        let turn = state.calls.len() % found.len().max(1);
        found.rotate_left(turn);
        found
      };
      self.leave("containers").await?;
      Ok(found)
    })
  }

  fn shared(&self) -> PortFuture<'_, Vec<Container>> {
    Box::pin(async {
      self.enter("shared").await?;
      Ok(Vec::new())
    })
  }

  fn images<'a>(
    &'a self,
    slot: Slot,
    version: &'a VersionName,
  ) -> PortFuture<'a, Vec<ServiceImage>> {
    self.prepare(slot, version, ImageSource::Pull, &|_| {})
  }

  fn prepare<'a>(
    &'a self,
    _: Slot,
    version: &'a VersionName,
    source: ImageSource,
    notes: Notes<'a>,
  ) -> PortFuture<'a, Vec<ServiceImage>> {
    Box::pin(async move {
      self.enter("prepare").await?;
      notes(&format!("{source:?} {version} with hunter2hunter2"));
      let images = {
        let state = self.state();
        if !state.versions.contains_key(version.as_str()) {
          return Err(PortError::new(
            PortErrorKind::Refused,
            "pull",
            format!("manifest for {version} not found"),
          ));
        }
        state
          .site
          .services
          .iter()
          .map(|service| ServiceImage {
            service: service.key.clone(),
            reference: format!("{}:{version}", service.key),
            id: image(&service.key, version.as_str()),
          })
          .collect()
      };
      self.leave("prepare").await?;
      Ok(images)
    })
  }

  fn keep_images<'a>(&'a self, slot: Slot, kept: &'a [Pins]) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("keep_images").await?;
      self.state().kept[slot] = kept.iter().map(|pins| pins.version.clone()).collect();
      self.leave("keep_images").await
    })
  }

  fn start<'a>(&'a self, pins: &'a Pins, _: Notes<'a>) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("start").await?;
      {
        let at = self.now();
        let mut state = self.state();
        let ids = state.container_ids(pins.slot);
        state.mutates(pins.slot, ids);
        state.up(pins, at);
      }
      self.leave("start").await
    })
  }

  fn start_shared<'a>(
    &'a self,
    which: Shared,
    _: Slot,
    _: &'a VersionName,
    _: Notes<'a>,
  ) -> PortFuture<'a, Vec<String>> {
    Box::pin(async move {
      self.enter("start_shared").await?;
      if which == Shared::Proxy {
        self.state().start_proxy();
      }
      self.leave("start_shared").await?;
      Ok(Vec::new())
    })
  }

  fn wake<'a>(&'a self, containers: &'a [ContainerId]) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("wake").await?;
      {
        let at = self.now();
        let mut state = self.state();
        state.named(containers);
        state.each(containers, |found| run(found, at));
      }
      self.leave("wake").await
    })
  }

  fn stop<'a>(&'a self, containers: &'a [ContainerId], _: Duration) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("stop").await?;
      {
        let mut state = self.state();
        state.named(containers);
        let now = Instant::now();
        let draining = Slot::BOTH.into_iter().any(|slot| {
          state.proxy.drains(slot, now)
            && state.slots[slot]
              .iter()
              .any(|found| containers.contains(&found.container.id))
        });
        if draining && !state.typed {
          state
            .violations
            .push("I12: stopped while former workers still serve".into());
        }
        state.each(containers, |found| {
          found.container.state = ContainerState::Exited;
          found.container.exit_code = Some(0);
        });
        for id in containers {
          state.ends_log(id);
        }
      }
      self.leave("stop").await
    })
  }

  fn restart_policy<'a>(
    &'a self,
    containers: &'a [ContainerId],
    policy: &'a str,
  ) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("restart_policy").await?;
      {
        let mut state = self.state();
        state.named(containers);
        state.each(containers, |found| {
          policy.clone_into(&mut found.container.restart_policy);
        });
      }
      self.leave("restart_policy").await
    })
  }

  fn log_tail<'a>(&'a self, _: &'a ContainerId, _: usize) -> PortFuture<'a, Vec<String>> {
    Box::pin(async {
      self.enter("log_tail").await?;
      Ok(vec!["boot".into(), "panic: password=hunter2hunter2".into()])
    })
  }

  fn follow_log<'a>(
    &'a self,
    container: &'a ContainerId,
    count: usize,
  ) -> PortFuture<'a, LogReader> {
    Box::pin(async move {
      self.enter("follow_log").await?;
      let (writer, reader) = log_pipe();
      let mut state = self.state();
      let log = state.logs.entry(container.clone()).or_default();
      let tail = log.lines.len().saturating_sub(count);
      log.lines[tail..]
        .iter()
        .cloned()
        .for_each(|line| writer.write(line));
      log.follower = Some(writer);
      Ok(reader)
    })
  }

  fn command_lines(&self, slot: Slot, version: &VersionName, source: ImageSource) -> Vec<String> {
    let fetch = match source {
      ImageSource::Pull => "pull",
      ImageSource::Build | ImageSource::Rebuild => "build",
      ImageSource::Recorded => "images",
    };
    vec![
      format!("docker compose {fetch} {slot} # {version}"),
      format!("docker compose up -d --no-deps {slot}"),
    ]
  }

  fn exec<'a>(
    &'a self,
    container: &'a ContainerId,
    command: &'a [String],
    _: &'a BTreeMap<String, String>,
    _: Duration,
    _: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput> {
    Box::pin(async move {
      let status = command.last().map(String::as_str) == Some("status");
      let name = if status {
        "exec.status"
      } else {
        "exec.migrate"
      };
      self.enter(name).await?;
      let output = {
        let mut state = self.state();
        if !status {
          state.named(std::slice::from_ref(container));
          if !state.server.locked {
            state
              .violations
              .push("I24: migrated without the lock".into());
          }
          let version = Slot::BOTH
            .into_iter()
            .flat_map(|slot| &state.slots[slot])
            .find(|c| c.container.id == *container)
            .and_then(|c| c.container.version.clone());
          if let Some(version) = version {
            state.schema_head = version.to_string();
          }
        }
        CommandOutput {
          exit_code: 0,
          output: format!("head\n{}\n", state.schema_head),
        }
      };
      self.leave(name).await?;
      Ok(output)
    })
  }

  fn exec_running<'a>(&'a self, _: &'a ContainerId, _: &'a str) -> PortFuture<'a, bool> {
    Box::pin(async {
      self.enter("exec_running").await?;
      Ok(false)
    })
  }

  fn preflight<'a>(
    &'a self,
    _: Slot,
    version: &'a VersionName,
    source: ImageSource,
  ) -> PortFuture<'a, Vec<Finding>> {
    Box::pin(async move {
      self.enter("runtime.preflight").await?;
      let known = self.state().versions.contains_key(version.as_str());
      if source == ImageSource::Pull && !known {
        return Ok(vec![Finding::red(
          Hazard::Setup,
          format!("no image of {version} can be found"),
          "nothing could be started",
          "push it, then deploy again",
        )]);
      }
      Ok(Vec::new())
    })
  }

  fn usage<'a>(
    &'a self,
    containers: &'a [ContainerId],
  ) -> PortFuture<'a, Vec<(ContainerId, Usage)>> {
    Box::pin(async move {
      self.enter("usage").await?;
      let state = self.state();
      let now = Instant::now();
      let all = Slot::BOTH.into_iter().flat_map(|slot| &state.slots[slot]);
      Ok(
        all
          .filter(|found| containers.contains(&found.container.id) && seen(found, now).is_running())
          .map(|found| {
            let usage = Usage {
              cpu: (now - found.started) / 10,
              memory: 64 << 20,
              memory_limit: None,
            };
            (found.container.id.clone(), usage)
          })
          .collect(),
      )
    })
  }

  fn changes(&self) -> PortFuture<'_, tokio::sync::mpsc::Receiver<Change>> {
    Box::pin(async {
      self.enter("changes").await?;
      let (sender, receiver) = tokio::sync::mpsc::channel(64);
      self.state().told = Some(sender);
      Ok(receiver)
    })
  }

  fn shell<'a>(&'a self, _: &'a ContainerId) -> PortFuture<'a, ()> {
    Box::pin(self.enter("shell"))
  }

  fn local_versions(&self) -> PortFuture<'_, LocalVersions> {
    Box::pin(async {
      self.enter("local_versions").await?;
      let state = self.state();
      let services = &state.site.services;
      let mut here = LocalVersions::default();
      for (hours, version) in state.versions.keys().enumerate() {
        here
          .images
          .extend(services.iter().map(|service| image(&service.key, version)));
        here.versions.push(LocalVersion {
          version: version.parse().unwrap(),
          created: Some(base() + chrono::Duration::hours(i64::try_from(hours).unwrap())),
          lacking: Vec::new(),
        });
      }
      Ok(here)
    })
  }
}
