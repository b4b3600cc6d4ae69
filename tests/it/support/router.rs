//! The fake proxy's port, and what is around the fake site: nothing.

use chrono::{DateTime, Utc};
use cutover::{
  engine::ports::{PortError, PortErrorKind, PortFuture, Router, Surroundings},
  model::{
    Slot,
    event::SavedFile,
    operation::OperationId,
    router::{
      FileContent, FileHash, ManagedFile, Mount, NextFile, ProxyIdentity, RouterFacts, Sample,
      Workers,
    },
    surroundings::{Effective, Files, Machine},
  },
};
use tokio::time::Instant;

use super::{
  fake::{FakeSite, hash},
  proxy::{Refuses, generation, routes},
};

impl Router for FakeSite {
  fn facts(&self) -> PortFuture<'_, RouterFacts> {
    Box::pin(async {
      self.enter("router.facts").await?;
      let state = self.state();
      let inside = hash(&state.inside());
      Ok(RouterFacts {
        proxy: ProxyIdentity {
          name: "ala-nginx".into(),
          running: state.proxy.running,
          container: None,
          started_at: None,
          version: Some("nginx/1.22.1".into()),
        },
        file: if state.disk.is_empty() {
          Err("it does not exist".into())
        } else {
          Ok(ManagedFile {
            path: "nginx/upstream-active.conf".into(),
            hash: hash(&state.disk),
            names: routes(&state.disk),
            generation: generation(&state.disk),
            mount: state.mount,
            inside: state.proxy.running.then_some(inside),
            included: Some(true),
            writable: true,
          })
        },
        test: state
          .says_no("test")
          .map_err(|error| error.to_string().into()),
        workers: Some(Workers {
          active: state.proxy.active.clone(),
          shutting_down: state.proxy.shutting_down(Instant::now()),
        }),
      })
    })
  }

  fn save(&self) -> PortFuture<'_, SavedFile> {
    Box::pin(async {
      self.enter("save").await?;
      let saved = {
        let state = self.state();
        if state.disk.is_empty() {
          SavedFile {
            hash: FileHash::absent(),
            slot: None,
            generation: None,
            content: FileContent::Absent,
          }
        } else {
          SavedFile {
            hash: hash(&state.disk),
            slot: state.exactly(&state.disk),
            generation: generation(&state.disk),
            content: FileContent::Text(state.disk.clone()),
          }
        }
      };
      self.leave("save").await?;
      Ok(saved)
    })
  }

  fn next(&self, slot: Slot, generation: u64, operation: OperationId) -> PortFuture<'_, NextFile> {
    Box::pin(async move {
      self.enter("next").await?;
      let text = self.state().text(slot, generation, operation);
      Ok(NextFile {
        slot,
        generation,
        hash: hash(&text),
        content: FileContent::Text(text),
      })
    })
  }

  fn diff<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, Vec<String>> {
    Box::pin(async move {
      self.enter("diff").await?;
      Ok(vec![format!("+ {}", next.slot)])
    })
  }

  fn write<'a>(&'a self, next: &'a NextFile) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("write").await?;
      if let FileContent::Text(text) = &next.content {
        let torn = {
          let state = self.state();
          state.mount == Mount::SingleFile && state.trouble.contains_key("write")
        };
        let half = &text[..text.len() / 2];
        self.state().put(if torn { half } else { text });
      }
      self.leave("write").await
    })
  }

  fn restore<'a>(&'a self, saved: &'a SavedFile) -> PortFuture<'a, ()> {
    Box::pin(async move {
      self.enter("restore").await?;
      match &saved.content {
        FileContent::Text(text) => self.state().put(text),
        FileContent::Absent => self.state().put(""),
        FileContent::Link(_) => {}
      }
      self.leave("restore").await
    })
  }

  fn seen_inside(&self) -> PortFuture<'_, FileHash> {
    Box::pin(async {
      self.enter("seen_inside").await?;
      let state = self.state();
      state.down("read inside the proxy")?;
      Ok(hash(&state.inside()))
    })
  }

  fn test(&self) -> PortFuture<'_, ()> {
    Box::pin(async {
      self.enter("test").await?;
      let state = self.state();
      state.down("nginx -t")?;
      state.says_no("nginx -t")?;
      if state.proxy.refuses == Some(Refuses::Test) && state.inside() != state.proxy.loaded {
        return Err(PortError::new(
          PortErrorKind::Refused,
          "nginx -t",
          "[emerg] directory /var/log/none does not exist",
        ));
      }
      Ok(())
    })
  }

  fn reload(&self) -> PortFuture<'_, ()> {
    Box::pin(async {
      self.enter("reload").await?;
      {
        let mut state = self.state();
        state.down("nginx -s reload")?;
        state.says_no("nginx -s reload")?;
        match state.proxy.refuses {
          Some(Refuses::Reload) => {
            return Err(PortError::new(
              PortErrorKind::Refused,
              "nginx -s reload",
              "invalid PID number \"\" in \"/run/nginx.pid\"",
            ));
          }
          Some(Refuses::Silently) => {}
          Some(Refuses::Test) | None => {
            let before = state.proxy.slot();
            state.load_from_disk();
            let after = state.proxy.slot();
            state.points_users(before, after);
            if before != after {
              state.moved_at = state.calls.len();
            }
          }
        }
      }
      self.leave("reload").await
    })
  }

  fn stop(&self) -> PortFuture<'_, ()> {
    Box::pin(async {
      self.enter("proxy.stop").await?;
      {
        let mut state = self.state();
        state.proxy.running = false;
        state.proxy.loaded.clear();
        state.proxy.settle();
      }
      self.leave("proxy.stop").await
    })
  }

  fn workers(&self) -> PortFuture<'_, Workers> {
    Box::pin(async {
      self.enter("workers").await?;
      let state = self.state();
      state.down("list the proxy's processes")?;
      Ok(Workers {
        active: state.proxy.active.clone(),
        shutting_down: state.proxy.shutting_down(Instant::now()),
      })
    })
  }

  fn errors_since(&self, _: DateTime<Utc>) -> PortFuture<'_, Vec<String>> {
    Box::pin(async {
      self.enter("errors_since").await?;
      let silent = self.state().proxy.refuses == Some(Refuses::Silently);
      Ok(if silent {
        vec!["[emerg] still could not bind()".into()]
      } else {
        Vec::new()
      })
    })
  }

  fn sample(&self) -> PortFuture<'_, Sample> {
    Box::pin(async {
      self.enter("sample").await?;
      let sample = self.state().answer();
      self.leave("sample").await?;
      Ok(sample)
    })
  }

  fn proof_words(&self) -> String {
    "color through http://127.0.0.1/health".into()
  }

  fn command_lines(&self) -> Vec<String> {
    vec!["nginx -t".into(), "nginx -s reload".into()]
  }

  fn configuration(&self) -> PortFuture<'_, Effective> {
    Box::pin(async { Ok(Effective::default()) })
  }
}

/// A folder with nothing in it, on a machine with nothing to say.
impl Surroundings for FakeSite {
  fn files(&self) -> PortFuture<'_, Files> {
    Box::pin(async { Ok(Files::default()) })
  }

  fn machine(&self) -> PortFuture<'_, Machine> {
    Box::pin(async { Ok(Machine::default()) })
  }
}
