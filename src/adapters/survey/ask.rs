//! Answers what the detection wants to know: by Compose, by the proxy, by one request.

use std::{
  collections::BTreeMap,
  path::Path,
  sync::atomic::{AtomicU32, Ordering},
  time::Duration,
};

use chrono::{TimeDelta, Utc};

use super::{MachineScout, files, process};
use crate::{
  adapters::{
    compose,
    probe::request::Request,
    router::{container::preferred, wanted::Wanted},
  },
  config::detect::{Fact, Nginx, Reply, Want},
  engine::ports::PortError,
};

const PATIENCE: Duration = Duration::from_secs(20);
const REQUEST: Duration = Duration::from_secs(5);
const MOST_DUMP: usize = 4 * 1024 * 1024;
/// How long a log may take to show a request that was answered.
const LOGGED: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

static ASKED: AtomicU32 = AtomicU32::new(0);

impl MachineScout {
  pub(super) async fn ask(&self, want: &Want) -> Fact {
    match want {
      Want::Model {
        folder,
        files,
        profiles,
      } => Fact::Text(model(folder, files, profiles).await),
      Want::Loaded(nginx) => Fact::Text(self.loaded(nginx).await),
      Want::File(path) => Fact::File(files::read(path)),
      Want::Answer { url, to } => Fact::Reply(self.reply(url, to.as_deref()).await),
      Want::Trace { url, containers } => {
        let names = self.trace(url, containers).await;
        Fact::Names(names.map_err(|error| error.to_string()))
      }
    }
  }

  async fn loaded(&self, nginx: &Nginx) -> Result<String, String> {
    let ran = match nginx {
      Nginx::Host(command) => {
        let mut command = command.clone();
        command.push("-T".to_owned());
        process::run(&command, &BTreeMap::new(), PATIENCE, MOST_DUMP).await
      }
      Nginx::Container(name) => {
        let command = ["nginx".to_owned(), "-T".to_owned()];
        let found = self.containers.find(&Wanted::Name(name.clone())).await;
        match found {
          Ok(found) => {
            self
              .containers
              .exec(&found.id, &command, &BTreeMap::new(), PATIENCE, MOST_DUMP)
              .await
          }
          Err(error) => Err(error),
        }
      }
    }
    .map_err(|error| error.to_string())?;
    if ran.code == 0 {
      Ok(String::from_utf8_lossy(&ran.out).into_owned())
    } else {
      Err(ran.last_words(4))
    }
  }

  async fn reply(&self, url: &str, to: Option<&str>) -> Result<Reply, String> {
    let address = match to {
      None => None,
      Some(name) => {
        let found = self.containers.find(&Wanted::Name(name.to_owned())).await;
        let found = found.map_err(|error| error.to_string())?;
        let address = preferred(&found.addresses);
        Some(address.ok_or_else(|| format!("{name} has no address of its own"))?)
      }
    };
    let url = url.parse().map_err(|error| format!("{error}"))?;
    let answer = self
      .http
      .send(&Request::get(url), address, REQUEST)
      .await
      .map_err(|error| format!("{error:?}"))?;
    Ok(Reply {
      status: answer.status,
      body: answer.text(),
      headers: answer.headers,
    })
  }

  /// The containers whose log shows a request with a word of its own.
  async fn trace(&self, url: &str, containers: &[String]) -> Result<Vec<String>, PortError> {
    let since = Utc::now() - TimeDelta::seconds(1);
    let number = ASKED.fetch_add(1, Ordering::Relaxed);
    let word = format!(
      "init{}x{number}x{}",
      std::process::id(),
      since.timestamp_micros()
    );
    let mark = if url.contains('?') { '&' } else { '?' };
    if self
      .reply(&format!("{url}{mark}cutover={word}"), None)
      .await
      .is_err()
    {
      return Ok(Vec::new());
    }
    let deadline = tokio::time::Instant::now() + LOGGED;
    loop {
      let mut names = Vec::new();
      for name in containers {
        let found = self.containers.find(&Wanted::Name(name.clone())).await?;
        let lines = self.containers.log_since(&found, since, 500).await?;
        if lines.iter().any(|(_, line)| line.contains(&word)) {
          names.push(name.clone());
        }
      }
      if !names.is_empty() || tokio::time::Instant::now() >= deadline {
        return Ok(names);
      }
      tokio::time::sleep(LOOK_AGAIN).await;
    }
  }
}

async fn model(folder: &Path, files: &[String], profiles: &[String]) -> Result<String, String> {
  compose::resolve(folder, files, profiles)
    .await
    .map_err(|error| error.detail)
}
