//! The proxy itself: which process it is, how its own binary is run, and what its configuration
//! says about pid file and error logs.
//!
//! What a good configuration said is remembered, because a broken one can no longer be asked, and
//! that is when the error log matters most.

use std::{
  collections::{BTreeMap, BTreeSet},
  path::{Path, PathBuf},
  time::Duration,
};

use super::{
  NginxRouter,
  dump::{self, Dump},
  host,
};
use crate::{
  adapters::router::{
    container::Found,
    managed::{Located, disk},
    process::{self, MOST_OUTPUT, Ran},
    wanted::Wanted,
  },
  engine::ports::{PortError, PortErrorKind},
  model::{
    container::ContainerId,
    router::{Mount, ProxyIdentity},
    shown::Shown,
  },
};

/// nginx tests and reloads at once; only name resolution can make it slow.
const PATIENCE: Duration = Duration::from_secs(30);
/// `nginx -T` of a large site; a longer one is cut.
pub(super) const MOST_DUMP: usize = 4 * 1024 * 1024;
const MOST_LOGS: usize = 16;

/// The proxy as found now.
pub(super) enum Proxy {
  Container(Found),
  Host,
}

/// What was learned from configurations that were good when they were asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned {
  /// Which process the version belongs to, and `nginx -V`'s words.
  built: Option<(String, String)>,
  pub(super) error_logs: BTreeSet<String>,
  pid: Option<String>,
  pub(super) name: Option<String>,
  /// Where the managed file was written last, and how.
  pub(super) place: Option<(PathBuf, Mount)>,
}

impl NginxRouter {
  pub(super) async fn proxy(&self) -> Result<Proxy, PortError> {
    let Some(wanted) = Wanted::of(self.site.router.place(), self.site.compose()) else {
      return Ok(Proxy::Host);
    };
    let found = self.containers.find(&wanted).await?;
    self.learn(|learned| learned.name = Some(found.name.clone()));
    Ok(Proxy::Container(found))
  }

  /// `None` where the container is still to be created: the file can be prepared all the same.
  pub(super) async fn proxy_if_there(&self) -> Result<Option<Proxy>, PortError> {
    let Some(wanted) = Wanted::of(self.site.router.place(), self.site.compose()) else {
      return Ok(Some(Proxy::Host));
    };
    let found = self.containers.find_if_there(&wanted).await?;
    Ok(found.map(Proxy::Container))
  }

  pub(super) fn learn<T>(&self, change: impl FnOnce(&mut Learned) -> T) -> T {
    let mut learned = self
      .learned
      .lock()
      .unwrap_or_else(std::sync::PoisonError::into_inner);
    change(&mut learned)
  }

  pub(super) async fn nginx(&self, proxy: &Proxy, arguments: &[&str]) -> Result<Ran, PortError> {
    let arguments = arguments.iter().map(|word| (*word).to_owned());
    let command: Vec<String> = self
      .site
      .router
      .command()
      .iter()
      .cloned()
      .chain(arguments)
      .collect();
    self.run(proxy, &command, MOST_OUTPUT).await
  }

  pub(super) async fn run(
    &self,
    proxy: &Proxy,
    command: &[String],
    most: usize,
  ) -> Result<Ran, PortError> {
    match proxy {
      Proxy::Host => process::run(command, &BTreeMap::new(), PATIENCE, most).await,
      Proxy::Container(found) if !found.running => Err(PortError::new(
        PortErrorKind::Unreachable,
        format!(
          "running `{}` in container {}",
          command.join(" "),
          found.name
        ),
        format!(
          "it is not running: see docker logs {0}, then docker start {0}",
          found.name
        ),
      )),
      Proxy::Container(found) => {
        let ran = self
          .containers
          .exec(&found.id, command, &BTreeMap::new(), PATIENCE, most)
          .await?;
        if matches!(ran.code, 126 | 127) {
          return Err(PortError::new(
            PortErrorKind::Misconfigured,
            format!(
              "running `{}` in container {}",
              command.join(" "),
              found.name
            ),
            format!("{}: is this the proxy's container?", ran.last_words(1)),
          ));
        }
        Ok(ran)
      }
    }
  }

  /// `nginx -T`: its own test and what it would load, in one question.
  pub(super) async fn dump(&self, proxy: &Proxy) -> Result<Result<Dump, String>, PortError> {
    let mut command = self.site.router.command().to_vec();
    command.push("-T".to_owned());
    let ran = self.run(proxy, &command, MOST_DUMP).await?;
    if ran.code == 0 {
      let dump = Dump::read(&String::from_utf8_lossy(&ran.out));
      self.remember(&dump);
      return Ok(Ok(dump));
    }
    // The main file alone still tells where it logs, unless it is the broken one.
    if let Some(path) = dump::main_file(&String::from_utf8_lossy(&ran.err)) {
      let text = match proxy {
        Proxy::Host => disk::read(Path::new(&path)).ok(),
        Proxy::Container(_) => {
          let cat = self
            .run(proxy, &["cat".to_owned(), path], MOST_OUTPUT)
            .await?;
          (cat.code == 0).then_some(cat.out)
        }
      };
      self.remember(&Dump::read(&String::from_utf8_lossy(
        &text.unwrap_or_default(),
      )));
    }
    Ok(Err(ran.last_words(8)))
  }

  fn remember(&self, dump: &Dump) {
    self.learn(|learned| {
      for path in &dump.error_logs {
        if learned.error_logs.len() < MOST_LOGS {
          learned.error_logs.insert(path.clone());
        }
      }
      if dump.pid.is_some() {
        learned.pid.clone_from(&dump.pid);
      }
    });
  }

  /// Makes sure something was learned, without judging the configuration.
  pub(super) async fn learned(&self, proxy: &Proxy) -> Result<Learned, PortError> {
    let known = self.learn(|learned| learned.clone());
    if known.pid.is_none() && known.error_logs.is_empty() {
      // A broken configuration is the caller's business; what it still says was remembered.
      let _ = self.dump(proxy).await?;
    }
    Ok(self.learn(|learned| learned.clone()))
  }

  /// `nginx -V`, asked once for each start of the proxy.
  pub(super) async fn built(&self, proxy: &Proxy) -> Result<String, PortError> {
    let key = match proxy {
      Proxy::Host => String::new(),
      Proxy::Container(found) => format!("{} {:?}", found.id, found.started_at),
    };
    if let Some((known, words)) = self.learn(|learned| learned.built.clone())
      && known == key
    {
      return Ok(words);
    }
    let ran = self.nginx(proxy, &["-V"]).await?;
    let words = String::from_utf8_lossy(&ran.err).into_owned();
    self.learn(|learned| learned.built = Some((key, words.clone())));
    Ok(words)
  }

  pub(super) async fn identity(&self, proxy: &Proxy) -> Result<ProxyIdentity, PortError> {
    // A proxy that cannot be asked has no known version; that it is there is still a fact.
    let version = self.built(proxy).await.ok();
    let version = version.as_deref().and_then(dump::version).map(Shown::from);
    Ok(match proxy {
      Proxy::Container(found) => ProxyIdentity {
        name: Shown::line(&found.name),
        running: found.running,
        container: Some(ContainerId(found.id.clone())),
        started_at: found.started_at,
        version,
      },
      Proxy::Host => {
        let master = self.host_master(proxy).await?.ok();
        ProxyIdentity {
          name: Shown::line("nginx on this host"),
          running: master.is_some(),
          container: None,
          started_at: master.and_then(host::started_at),
          version,
        }
      }
    })
  }

  /// The master of the host's nginx by its pid file, or why there is none.
  pub(super) async fn host_master(&self, proxy: &Proxy) -> Result<Result<i32, String>, PortError> {
    let path = self.pid_file(proxy).await?;
    Ok(host::master(Path::new(&path)))
  }

  /// `-g "pid …;"`, else the configuration's `pid`, else the one nginx was built with.
  async fn pid_file(&self, proxy: &Proxy) -> Result<String, PortError> {
    let given = self.given("-g").and_then(|text| Dump::read(text).pid);
    let configured = match given {
      Some(path) => Some(path),
      None => self.learned(proxy).await?.pid,
    };
    let path = match configured {
      Some(path) => path,
      None => dump::built_with(&self.built(proxy).await?, "pid-path")
        .unwrap_or_else(|| "logs/nginx.pid".to_owned()),
    };
    self.absolute(proxy, &path).await
  }

  /// A path of the configuration as nginx resolves it: against `-p`, else the built-in prefix.
  pub(super) async fn absolute(&self, proxy: &Proxy, path: &str) -> Result<String, PortError> {
    if path.starts_with('/') {
      return Ok(path.to_owned());
    }
    let prefix = match self.given("-p") {
      Some(prefix) => prefix.to_owned(),
      None => dump::built_with(&self.built(proxy).await?, "prefix").unwrap_or_default(),
    };
    Ok(format!("{}/{path}", prefix.trim_end_matches('/')))
  }

  /// The value of an option of the configured command.
  fn given(&self, option: &str) -> Option<&str> {
    let command = self.site.router.command();
    let at = command.iter().position(|word| word == option)?;
    command.get(at + 1).map(String::as_str)
  }
}

/// nginx names a file as its include directive spelled it; on this host links can be followed.
pub(super) fn includes(proxy: &Proxy, located: &Located, dump: &Dump) -> bool {
  let named = [&located.reach.inside, &located.alias];
  if named
    .into_iter()
    .flatten()
    .any(|path| dump.includes(&dump::tidy(path)))
  {
    return true;
  }
  matches!(proxy, Proxy::Host)
    && dump.files.iter().any(|path| {
      let path = Path::new(path);
      let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
      let literal = folder
        .zip(path.file_name())
        .map(|(folder, name)| folder.join(name));
      literal.as_deref() == Some(&*located.path)
        || path.canonicalize().is_ok_and(|path| path == located.path)
    })
}
