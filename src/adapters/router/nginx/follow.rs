//! Which files of this host an nginx writes its logs to.

use std::path::Path;

use super::{
  NginxRouter,
  dump::{self, Dump},
  proxy::Proxy,
};
use crate::{
  adapters::router::follow::follow_lines,
  engine::{
    log_pipe::LogReader,
    ports::{PortError, PortErrorKind},
  },
  model::log_source::ProxyLog,
};

impl NginxRouter {
  pub(super) async fn follow(&self, log: ProxyLog, count: usize) -> Result<LogReader, PortError> {
    let proxy = self.proxy().await?;
    if matches!(proxy, Proxy::Container(_)) {
      return Err(wrong(
        "the proxy is a container: its log is the container's",
      ));
    }
    let path = match log {
      ProxyLog::Access => {
        let dump = self.dump(&proxy).await?.map_err(|why| wrong(&why))?;
        self.access_file(&proxy, &dump).await?
      }
      ProxyLog::Error => self.error_file(&proxy).await?,
    };
    follow_lines(Path::new(&path), log, count).map_err(|why| wrong(&format!("{path}: {why}")))
  }

  /// The first access log that is a file.
  pub(super) async fn access_file(&self, proxy: &Proxy, dump: &Dump) -> Result<String, PortError> {
    let file = dump.access_logs.iter().find(|path| is_file(path));
    let file = file.ok_or_else(|| wrong("no access_log is a file: let one name a file"))?;
    self.absolute(proxy, file).await
  }

  async fn error_file(&self, proxy: &Proxy) -> Result<String, PortError> {
    let mut paths: Vec<String> = self.learned(proxy).await?.error_logs.into_iter().collect();
    if paths.is_empty() {
      paths.extend(dump::built_with(
        &self.built(proxy).await?,
        "error-log-path",
      ));
    }
    let file = paths.iter().find(|path| is_file(path));
    let file = file.ok_or_else(|| wrong("no error_log is a file: let one name a file"))?;
    self.absolute(proxy, file).await
  }
}

fn wrong(why: &str) -> PortError {
  PortError::new(PortErrorKind::Misconfigured, "following nginx's log", why)
}

fn is_file(path: &str) -> bool {
  let elsewhere = ["syslog:", "memory:", "/dev/"];
  let none = ["off", "stderr"].contains(&path) || path.contains('$');
  !none && !elsewhere.iter().any(|start| path.starts_with(start))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn only_files_of_this_host_can_be_followed() {
    assert!(is_file("/var/log/nginx/access.log") && is_file("offline.log"));
    for other in [
      "off",
      "stderr",
      "/dev/stdout",
      "syslog:server=x",
      "logs/$host.log",
    ] {
      assert!(!is_file(other), "{other}");
    }
  }
}
