//! The whole configuration as nginx itself reads it, file by file, for whoever has to judge it.

use super::{
  NginxRouter,
  log::list,
  proxy::{MOST_DUMP, Proxy},
};
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::{
    shown::Shown,
    surroundings::{Effective, TextFile, TextKind},
  },
};

const HEAD: &str = "# configuration file ";

impl NginxRouter {
  pub(super) async fn effective(&self) -> Result<Effective, PortError> {
    let proxy = self.proxy().await?;
    let mut command = self.site.router.command().to_vec();
    command.push("-T".to_owned());
    let ran = self.run(&proxy, &command, MOST_DUMP).await?;
    if ran.code != 0 {
      return Err(PortError::new(
        PortErrorKind::Refused,
        format!("`{}`", command.join(" ")),
        ran.last_words(4),
      ));
    }
    let first_process = match &proxy {
      Proxy::Host => None,
      Proxy::Container(_) => {
        let asked = self
          .run(&proxy, &list(&["cat", "/proc/1/comm"]), 256)
          .await
          .ok()
          .filter(|ran| ran.code == 0);
        asked.map(|ran| Shown::line(String::from_utf8_lossy(&ran.out).trim()))
      }
    };
    Ok(Effective {
      texts: files(&String::from_utf8_lossy(&ran.out)),
      first_process,
    })
  }
}

/// `nginx -T` puts every file behind a line with its path.
fn files(dump: &str) -> Vec<TextFile> {
  let mut found: Vec<TextFile> = Vec::new();
  for line in dump.lines() {
    let path = line
      .strip_prefix(HEAD)
      .and_then(|rest| rest.strip_suffix(':'));
    match (path, found.last_mut()) {
      (Some(path), _) => found.push(TextFile {
        path: path.to_owned(),
        kind: TextKind::Nginx,
        text: String::new(),
      }),
      (None, Some(file)) => {
        file.text.push_str(line);
        file.text.push('\n');
      }
      (None, None) => {}
    }
  }
  found
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_dump_is_taken_apart_into_its_files() {
    let found = files(
      "nginx: ok\n# configuration file /etc/nginx/nginx.conf:\nevents { }\n\n# configuration file /etc/nginx/a.conf:\nserver { }\n",
    );
    let words: Vec<(&str, &str)> = found
      .iter()
      .map(|file| (file.path.as_str(), file.text.trim()))
      .collect();
    assert_eq!(
      words,
      [
        ("/etc/nginx/nginx.conf", "events { }"),
        ("/etc/nginx/a.conf", "server { }")
      ]
    );
  }
}
