//! The fake proxy: what is on disk, what it sees, what it has loaded, and who still answers.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use cutover::{
  config::ProofBy,
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
use tokio::time::{Duration, Instant};

use super::fake::{FakeSite, MIXED, State, hash};

/// The ways a new configuration is refused; the old one keeps serving in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
  /// The test says no to anything but what is loaded.
  Test,
  Reload,
  /// Everything says yes and nothing changes: a taken port, a shared zone, a swallowed signal.
  Silently,
}

#[derive(Clone, Debug)]
pub struct FakeProxy {
  pub running: bool,
  pub refuses: Option<Refuses>,
  /// The text that is loaded.
  pub loaded: String,
  /// What workers that are shutting down still answer with, and until when.
  former: Option<(String, Instant)>,
  active: Vec<u32>,
  /// Former workers: pid, until when they have requests to finish, and of which slot.
  old: Vec<(u32, Instant, Option<Slot>)>,
  /// One upstream name resolves to both slots.
  pub both: bool,
  /// How long former workers have requests to finish.
  pub drain: Duration,
  asked: usize,
  pid: u32,
}

/// The slot a text sends users to.
pub fn routes(text: &str) -> Option<Slot> {
  let named: Vec<Slot> = Slot::BOTH
    .into_iter()
    .filter(|slot| text.contains(&format!("ala-api-{slot}:8000;")))
    .collect();
  match named.as_slice() {
    [slot] => Some(*slot),
    _ => None,
  }
}

fn generation(text: &str) -> Option<u64> {
  text
    .split_whitespace()
    .skip_while(|word| *word != "generation")
    .nth(1)?
    .parse()
    .ok()
}

impl FakeProxy {
  pub fn new() -> Self {
    Self {
      running: true,
      refuses: None,
      loaded: String::new(),
      former: None,
      active: vec![1, 2],
      old: Vec::new(),
      both: false,
      drain: Duration::from_millis(1500),
      asked: 0,
      pid: 2,
    }
  }

  pub fn slot(&self) -> Option<Slot> {
    routes(&self.loaded)
  }

  /// The mixed window and the drain are over.
  pub fn settle(&mut self) {
    self.former = None;
    self.old.clear();
  }

  pub fn shutting_down(&self, now: Instant) -> Vec<u32> {
    self
      .old
      .iter()
      .filter(|(_, until, _)| *until > now)
      .map(|(pid, ..)| *pid)
      .collect()
  }

  /// Whether a former worker still has requests of `slot` to finish.
  pub fn drains(&self, slot: Slot, now: Instant) -> bool {
    let mut old = self.old.iter();
    old.any(|(_, until, of)| *until > now && *of == Some(slot))
  }
}

impl State {
  /// The complete managed file for `slot`.
  pub fn text(&self, slot: Slot, generation: u64, id: OperationId) -> String {
    let mut text = format!("server ala-api-{slot}:8000;\n");
    if matches!(self.site.proof.by, ProofBy::Marker) {
      let _ = writeln!(text, "# marker {slot} generation {generation} op {}", id.0);
    }
    text
  }

  /// The managed file as the proxy reads it.
  pub fn inside(&self) -> String {
    self.stale.clone().unwrap_or_else(|| self.disk.clone())
  }

  pub fn load_from_disk(&mut self) {
    let now = Instant::now();
    let text = self.inside();
    let proxy = &mut self.proxy;
    let before = std::mem::replace(&mut proxy.loaded, text);
    let of = routes(&before);
    proxy.former = Some((before, now + MIXED));
    let until = now + proxy.drain;
    let gone: Vec<_> = proxy.active.drain(..).map(|pid| (pid, until, of)).collect();
    proxy.old.extend(gone);
    proxy.active = vec![proxy.pid + 1, proxy.pid + 2];
    proxy.pid += 2;
  }

  /// As its container would come up: with what is on disk, or not at all.
  pub fn start_proxy(&mut self) {
    if self.proxy.running || routes(&self.disk).is_none() {
      return;
    }
    self.proxy.running = true;
    self.load_from_disk();
    self.proxy.settle();
    let after = self.proxy.slot();
    self.points_users(None, after);
    self.moved_at = self.calls.len();
  }

  /// Nothing of the site is there: no container, no route, no state file, no memory.
  pub fn tear_down(&mut self) {
    for slot in Slot::BOTH {
      self.slots[slot].clear();
    }
    self.disk.clear();
    self.proxy.running = false;
    self.proxy.loaded.clear();
    self.proxy.settle();
    self.ledger.state_file = self.ledger.state_file.take().map(|_| String::new());
  }

  fn exactly(&self, text: &str) -> Option<Slot> {
    let slot = routes(text)?;
    let wanted = self.text(slot, generation(text).unwrap_or(0), OperationId(0));
    let bare = |text: &str| text.split(" op ").next().unwrap_or_default().to_owned();
    (bare(&wanted) == bare(text) && text.lines().count() == wanted.lines().count()).then_some(slot)
  }

  fn put(&mut self, text: &str) {
    text.clone_into(&mut self.disk);
  }

  fn answer(&mut self) -> Sample {
    let now = Instant::now();
    self.proxy.asked += 1;
    if !self.proxy.running {
      return Sample::Lost {
        detail: "connection refused".into(),
      };
    }
    let text = match &self.proxy.former {
      Some((former, until)) if *until > now && !self.proxy.asked.is_multiple_of(4) => {
        former.clone()
      }
      _ => self.proxy.loaded.clone(),
    };
    let slot = routes(&text).map(|slot| {
      if self.proxy.both && self.proxy.asked.is_multiple_of(2) {
        slot.other()
      } else {
        slot
      }
    });
    match slot {
      Some(slot)
        if self.slots[slot]
          .iter()
          .any(|c| super::containers::answers(c, now)) =>
      {
        Sample::Answered {
          slot,
          generation: generation(&text),
        }
      }
      _ => Sample::Unclear {
        detail: "502 Bad Gateway".into(),
      },
    }
  }

  fn down(&self, doing: &str) -> Result<(), PortError> {
    if self.proxy.running {
      return Ok(());
    }
    Err(PortError::new(
      PortErrorKind::Unreachable,
      doing,
      "the proxy's container is not running",
    ))
  }

  fn says_no(&self, doing: &str) -> Result<(), PortError> {
    if routes(&self.inside()).is_some() {
      return Ok(());
    }
    Err(PortError::new(
      PortErrorKind::Refused,
      doing,
      "[emerg] host not found in upstream",
    ))
  }
}

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
