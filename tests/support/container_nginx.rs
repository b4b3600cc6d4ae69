//! A real nginx in a container of our own, removed when dropped. Needs Docker and the image of the
//! test site (see `tests/site`).
#![allow(
  dead_code,
  reason = "each test crate uses its own part of this support"
)]

use std::{
  fs,
  path::{Path, PathBuf},
  process::Command,
  time::Duration,
};

pub(crate) const IMAGE: &str = "cutover-site/nginx:stable";
const MAIN: &str = "worker_processes 2;\npid /run/nginx.pid;\nerror_log /dev/stderr notice;\nevents {}\n\
  http {\n  access_log /dev/stdout;\n  server {\n    listen 80;\n    include /etc/nginx/conf.d/active.conf;\n  }\n}\n";

/// One container of ours, removed when dropped.
pub(crate) struct Nginx {
  pub(crate) name: String,
  folder: tempfile::TempDir,
}

pub(crate) fn docker(arguments: &[&str]) -> String {
  let ran = Command::new("docker").args(arguments).output().unwrap();
  assert!(
    ran.status.success(),
    "docker {arguments:?}: {}",
    String::from_utf8_lossy(&ran.stderr)
  );
  String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

impl Nginx {
  /// `switch/` is the folder of the managed file; `mounts` are sources in the folder and targets.
  pub(crate) fn start(
    name: &str,
    files: &[(&str, &str)],
    mounts: &[(&str, &str)],
    labels: &[&str],
  ) -> Self {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("switch")).unwrap();
    fs::write(folder.path().join("nginx.conf"), MAIN).unwrap();
    for (file, text) in files {
      fs::write(folder.path().join(file), text).unwrap();
    }
    let name = format!("router-test-{}-{name}", std::process::id());
    let main = format!(
      "{}/nginx.conf:/etc/nginx/nginx.conf:ro",
      folder.path().display()
    );
    let mounts: Vec<String> = mounts
      .iter()
      .map(|(from, to)| format!("{}/{from}:{to}:ro", folder.path().display()))
      .collect();
    let mut arguments = vec![
      "run",
      "-d",
      "--restart",
      "unless-stopped",
      "--name",
      &name,
      "-v",
      &main,
    ];
    for mount in &mounts {
      arguments.extend(["-v", mount]);
    }
    for label in labels {
      arguments.extend(["--label", label]);
    }
    arguments.push(IMAGE);
    docker(&arguments);
    Self { name, folder }
  }

  pub(crate) fn address(&self) -> String {
    docker(&[
      "inspect",
      "-f",
      "{{.NetworkSettings.IPAddress}}",
      &self.name,
    ])
  }

  pub(crate) fn root(&self) -> &Path {
    self.folder.path()
  }

  pub(crate) fn file(&self, name: &str) -> PathBuf {
    self.folder.path().join(name)
  }
}

impl Drop for Nginx {
  fn drop(&mut self) {
    docker(&["rm", "-f", &self.name]);
  }
}

pub(crate) const FOLDER: &[(&str, &str)] = &[("switch", "/etc/nginx/conf.d")];

/// Asks again until the condition holds; fails after fifteen seconds.
pub(crate) async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
  let mut turns = tokio::time::interval(Duration::from_millis(20));
  let all = async {
    loop {
      turns.tick().await;
      if let Some(value) = condition().await {
        return value;
      }
    }
  };
  tokio::time::timeout(Duration::from_secs(15), all)
    .await
    .unwrap_or_else(|_| panic!("never happened: {what}"))
}
