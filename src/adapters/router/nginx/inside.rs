//! The managed file as the proxy itself reads it, which a single-file mount may keep from seeing the
//! new one.

use super::{
  super::managed::{Located, disk},
  NginxRouter,
  log::list,
  proxy::Proxy,
};
use crate::{config::SwitchFile, engine::ports::PortError, model::router::FileHash};

/// A file the proxy shows by `cat`; the limit on this host is the same.
const MOST_FILE: usize = 1024 * 1024 + 1;

impl NginxRouter {
  /// The managed file's hash as the proxy itself reads it.
  pub(super) async fn hash_inside(
    &self,
    proxy: &Proxy,
    located: &Located,
  ) -> Result<FileHash, PortError> {
    let path = match (proxy, &located.reach.inside) {
      (Proxy::Host, _) => return Ok(self.managed.current(located)?.hash),
      (Proxy::Container(_), Some(path)) => path,
      (Proxy::Container(found), None) => {
        return Err(self.managed.wrong(format!(
          "no mount of container {} holds it: mount its folder into the proxy",
          found.name
        )));
      }
    };
    let bytes = self.ask_inside(proxy, &["cat", path], path).await?;
    if !matches!(self.site.router.switch, SwitchFile::Link { .. }) {
      return Ok(disk::hash(&bytes));
    }
    let target = self.ask_inside(proxy, &["readlink", path], path).await?;
    Ok(disk::link_hash(
      String::from_utf8_lossy(&target).trim_end_matches('\n'),
      &bytes,
    ))
  }

  async fn ask_inside(
    &self,
    proxy: &Proxy,
    command: &[&str],
    path: &str,
  ) -> Result<Vec<u8>, PortError> {
    let ran = self.run(proxy, &list(command), MOST_FILE).await?;
    if ran.code != 0 || ran.cut {
      return Err(self.managed.wrong(format!(
        "the proxy cannot read it as {path}: {}; restart the proxy when the file was replaced behind a single-file mount",
        ran.last_words(1)
      )));
    }
    Ok(ran.out)
  }
}
