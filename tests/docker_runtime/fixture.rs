//! A site of a test's own, made from an image of one static busybox, and removed with it.

use std::{
  path::Path,
  process::{Command, Stdio},
  sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
  },
};

use cutover::{
  adapters::{compose::pins_override, docker::DockerRuntime},
  config::{Compose, RuntimeConfig, Site},
  engine::ports::Runtime,
  model::{BySlot, Slot, VersionName, container::Container, evidence::Pins},
};

use crate::site::{service, site};

pub(crate) const FILE: &str = r#"
services:
  api-blue: &api
    image: REPO:${BLUE_VERSION:-1.0.0}
    restart: unless-stopped
    stop_grace_period: 1s
    init: true
    build: .
    ports: ["127.0.0.1:PORT:80"]
  api-green:
    <<: *api
    image: REPO:${GREEN_VERSION:-1.0.0}
    tty: true
    command: ["printf '\\001\\000\\000\\000\\000\\377\\377\\377hidden\\nline\\n'; exec sleep 1000"]
    ports: []
"#;

pub(crate) struct TestSite {
  pub(crate) folder: tempfile::TempDir,
  pub(crate) name: String,
  pub(crate) port: u16,
}

impl TestSite {
  pub(crate) fn new() -> Self {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("cutover-it-{}-{number}", std::process::id());
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    let site = Self { folder, name, port };
    let text = FILE
      .replace("REPO", &site.name)
      .replace("PORT", &port.to_string());
    std::fs::write(site.root().join("compose.yml"), text).unwrap();
    std::fs::create_dir_all(site.root().join("state/pins")).unwrap();
    site.import("1.0.0");
    site.import("1.1.0");
    site
  }

  pub(crate) fn root(&self) -> &Path {
    self.folder.path()
  }

  pub(crate) fn image(&self, version: &str) -> String {
    format!("{}:{version}", self.name)
  }

  pub(crate) fn import(&self, version: &str) {
    let bin = self.root().join("image/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::copy("/bin/busybox", bin.join("busybox")).expect("install busybox-static");
    for applet in ["sh", "sleep", "echo", "printf", "env"] {
      let link = bin.join(applet);
      if !link.exists() {
        std::os::unix::fs::symlink("busybox", link).unwrap();
      }
    }
    let mut tar = Command::new("tar")
      .args(["c", "-C"])
      .arg(self.root().join("image"))
      .arg(".")
      .stdout(Stdio::piped())
      .spawn()
      .unwrap();
    let imported = Command::new("docker")
      .args(["import", "-c", r#"ENTRYPOINT ["/bin/sh","-c"]"#])
      .args([
        "-c",
        r#"CMD ["echo one; echo two >&2; echo three; exec sleep 1000"]"#,
      ])
      .args(["-c", &format!("LABEL version={version} site={}", self.name)])
      .args(["-", &self.image(version)])
      .stdin(tar.stdout.take().unwrap())
      .output()
      .unwrap();
    assert!(tar.wait().unwrap().success());
    assert!(
      imported.status.success(),
      "{}",
      String::from_utf8_lossy(&imported.stderr)
    );
  }

  pub(crate) fn site(&self) -> Site {
    let mut site = site(self.root());
    site.name.clone_from(&self.name);
    site.state = self.root().join("state");
    site.runtime = RuntimeConfig::Compose(Compose {
      command: std::env::var("CUTOVER_TEST_COMPOSE")
        .map(|words| words.split(' ').map(str::to_owned).collect())
        .unwrap_or_default(),
      files: BySlot::from_fn(|_| vec![self.root().join("compose.yml")]),
      project: BySlot::from_fn(|_| Some(self.name.clone())),
      ..site.compose().clone()
    });
    site.services = vec![service("api")];
    site
  }

  pub(crate) fn runtime(&self) -> DockerRuntime {
    DockerRuntime::new(Arc::new(self.site()))
  }

  pub(crate) async fn pins(&self, slot: Slot, wanted: &str) -> Pins {
    let images = self.runtime().images(slot, &version(wanted)).await.unwrap();
    let pins = Pins {
      slot,
      version: version(wanted),
      at: chrono::Utc::now(),
      images,
    };
    self.repin(&pins)
  }

  /// As a rollback writes recorded pins down again.
  pub(crate) fn repin(&self, pins: &Pins) -> Pins {
    let file = self.root().join(format!("state/pins/{}.yml", pins.slot));
    std::fs::write(file, pins_override(&self.site(), pins)).unwrap();
    pins.clone()
  }

  pub(crate) async fn start(&self, slot: Slot, wanted: &str) -> Container {
    let pins = self.pins(slot, wanted).await;
    let runtime = self.runtime();
    runtime.start(&pins, &|_| ()).await.unwrap();
    only(runtime.containers(slot).await.unwrap())
  }
}

impl Drop for TestSite {
  fn drop(&mut self) {
    let label = format!("label=com.docker.compose.project={}", self.name);
    for container in docker(&["ps", "-aq", "--filter", &label]).lines() {
      docker(&["rm", "-f", container]);
    }
    for network in docker(&["network", "ls", "-q", "--filter", &label]).lines() {
      docker(&["network", "rm", network]);
    }
    let kept = format!("reference=cutover/{}-*", self.name);
    for filter in [&format!("reference={}", self.name), &kept] {
      for image in docker(&["images", "-q", "--filter", filter]).lines() {
        // Two tags may name one image, which is then gone at the second turn.
        let _ = Command::new("docker").args(["rmi", "-f", image]).output();
      }
    }
  }
}

pub(crate) fn docker(arguments: &[&str]) -> String {
  let output = Command::new("docker").args(arguments).output().unwrap();
  assert!(
    output.status.success(),
    "docker {arguments:?}: {}",
    String::from_utf8_lossy(&output.stderr)
  );
  String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn version(text: &str) -> VersionName {
  text.parse().unwrap()
}

pub(crate) fn only(mut containers: Vec<Container>) -> Container {
  assert_eq!(containers.len(), 1, "{containers:?}");
  containers.remove(0)
}

pub(crate) fn words(text: &str) -> Vec<String> {
  text.split(' ').map(str::to_owned).collect()
}
