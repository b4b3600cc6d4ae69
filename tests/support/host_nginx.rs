//! A real nginx on this host in a folder of its own. Its one server includes the managed file, so
//! what that file says is what the listener answers.
#![allow(
  dead_code,
  reason = "each test crate uses its own part of this support"
)]

use std::{
  fs,
  net::TcpListener,
  os::unix::fs::symlink,
  path::{Path, PathBuf},
  process::{Child, Command, Stdio},
  sync::Arc,
  time::Duration,
};

use cutover::{
  adapters::router::nginx::NginxRouter,
  config::{Place, ProofBy, RouterConfig, Site, SwitchFile},
  engine::ports::Router,
  model::{
    Slot,
    router::{Sample, Workers},
  },
};
use nix::{
  sys::signal::{Signal, kill},
  unistd::Pid,
};

use super::site;

pub(crate) struct HostNginx {
  folder: tempfile::TempDir,
  pub(crate) port: u16,
  master: Child,
}

impl HostNginx {
  /// Starts with `active` as the managed file; other files are written into the same folder.
  pub(crate) fn start(active: &str, others: &[(&str, &str)]) -> Self {
    Self::start_with(others, |path| fs::write(path, active).unwrap())
  }

  /// The same with a link as the managed file.
  pub(crate) fn start_linked(target: &str, others: &[(&str, &str)]) -> Self {
    Self::start_with(others, |path| symlink(target, path).unwrap())
  }

  fn start_with(others: &[(&str, &str)], place: impl FnOnce(&Path)) -> Self {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let port = free_port();
    fs::create_dir(root.join("switch")).unwrap();
    fs::create_dir(root.join("logs")).unwrap();
    place(&root.join("switch/active.conf"));
    for (name, text) in others {
      fs::write(root.join("switch").join(name), text).unwrap();
    }
    fs::write(
      root.join("nginx.conf"),
      format!(
        "daemon off;\nworker_processes 2;\npid nginx.pid;\nerror_log logs/error.log notice;\nevents {{}}\n\
         http {{\n  access_log off;\n  client_body_temp_path body;\n  proxy_temp_path proxy;\n  fastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n  server {{\n    listen 127.0.0.1:{port};\n    include switch/active.conf;\n  }}\n}}\n"
      ),
    )
    .unwrap();
    let command = command(root);
    let master = Command::new(&command[0])
      .args(&command[1..])
      .stdin(Stdio::null())
      .stdout(Stdio::null())
      .stderr(Stdio::null())
      .spawn()
      .expect("nginx must be installed: apt-get install nginx-light");
    Self {
      folder,
      port,
      master,
    }
  }

  pub(crate) fn root(&self) -> &Path {
    self.folder.path()
  }

  pub(crate) fn active(&self) -> PathBuf {
    self.root().join("switch/active.conf")
  }

  pub(crate) fn file(&self, name: &str) -> PathBuf {
    self.root().join("switch").join(name)
  }

  pub(crate) fn site(&self, switch: SwitchFile, by: ProofBy) -> Site {
    let mut site = site::site(self.root());
    site.router = RouterConfig {
      proxy: site::nginx(Place::Host, command(self.root())),
      switch,
    };
    site.proof.url = Some(format!("http://127.0.0.1:{}/", self.port));
    site.proof.by = by;
    site
  }

  pub(crate) fn pid(&self) -> u32 {
    self.master.id()
  }
}

impl Drop for HostNginx {
  fn drop(&mut self) {
    // The master ends its workers; killed outright it would leave them behind.
    let pid = Pid::from_raw(i32::try_from(self.master.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    self.master.wait().unwrap();
  }
}

fn command(root: &Path) -> Vec<String> {
  [
    "nginx",
    "-p",
    &root.to_string_lossy(),
    "-c",
    "nginx.conf",
    "-e",
    "logs/error.log",
  ]
  .map(str::to_owned)
  .into()
}

pub(crate) fn free_port() -> u16 {
  TcpListener::bind("127.0.0.1:0")
    .unwrap()
    .local_addr()
    .unwrap()
    .port()
}

/// Asks again until the condition holds; fails after ten seconds.
pub(crate) async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
  let mut turns = tokio::time::interval(Duration::from_millis(10));
  let all = async {
    loop {
      turns.tick().await;
      if let Some(value) = condition().await {
        return value;
      }
    }
  };
  tokio::time::timeout(Duration::from_secs(10), all)
    .await
    .unwrap_or_else(|_| panic!("never happened: {what}"))
}

/// Both workers, once they carry their own titles: a new one still has the master's for a moment.
pub(crate) async fn both_workers(router: &NginxRouter) -> Workers {
  until("both workers run", async || {
    let now = router.workers().await.unwrap();
    (now.active.len() == 2).then_some(now)
  })
  .await
}

pub(crate) async fn until_answers(router: &NginxRouter, wanted: Slot) -> Option<u64> {
  until(&format!("{wanted} answers"), async || {
    match router.sample().await.unwrap() {
      Sample::Answered { slot, generation } if slot == wanted => Some(generation),
      _ => None,
    }
  })
  .await
}

/// A managed file's text that names its slot, generation and operation.
pub(crate) fn marker(slot: &str) -> String {
  format!("location / {{ return 200 \"{slot} {{generation}} {{operation}}\\n\"; }}\n")
}

pub(crate) fn render(nginx: &HostNginx) -> NginxRouter {
  let switch = SwitchFile::Render {
    to: nginx.active(),
    text: site::pair(marker("blue"), marker("green")),
  };
  NginxRouter::new(Arc::new(nginx.site(switch, ProofBy::Marker)))
}

pub(crate) fn running(active: &str) -> (HostNginx, NginxRouter) {
  let nginx = HostNginx::start(active, &[]);
  let router = render(&nginx);
  (nginx, router)
}

pub(crate) const BLUE: &str = "location / { return 200 \"blue 1 1\\n\"; }\n";
