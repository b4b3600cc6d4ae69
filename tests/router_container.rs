//! The `Router` port over nginx in real containers: both kinds of mount, a stale one, what only
//! the container's log tells, and the proofs that need the slots' containers.
//!
//! Needs Docker and the image of the test site (see `tests/site`), hence the feature.
#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test stops at the first surprise"
)]
#![cfg(feature = "site")]

mod support {
  pub(crate) mod site;
}

use std::{
  fs,
  os::unix::fs::symlink,
  path::{Path, PathBuf},
  process::Command,
  sync::Arc,
  time::Duration,
};

use chrono::Utc;
use cutover::{
  adapters::{probe::HttpProbe, router::nginx::NginxRouter},
  config::{Check, Place, ProofBy, Site, SwitchFile, Via},
  engine::ports::{PortErrorKind, Probe, Router},
  model::{
    Slot,
    container::{Container, ContainerId, ContainerState, DockerHealth, ImageId},
    operation::OperationId,
    router::{FileContent, Mount, Sample},
  },
};
use support::site::{expect_within, pair, service, site};

const IMAGE: &str = "cutover-site/nginx:stable";
const MAIN: &str = "worker_processes 2;\npid /run/nginx.pid;\nerror_log /dev/stderr notice;\nevents {}\n\
  http {\n  access_log /dev/stdout;\n  server {\n    listen 80;\n    include /etc/nginx/conf.d/active.conf;\n  }\n}\n";

/// One container of ours, removed when dropped.
struct Nginx {
  name: String,
  folder: tempfile::TempDir,
}

fn docker(arguments: &[&str]) -> String {
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
  fn start(name: &str, files: &[(&str, &str)], mounts: &[(&str, &str)], labels: &[&str]) -> Self {
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

  fn address(&self) -> String {
    docker(&[
      "inspect",
      "-f",
      "{{.NetworkSettings.IPAddress}}",
      &self.name,
    ])
  }

  fn file(&self, name: &str) -> PathBuf {
    self.folder.path().join(name)
  }

  fn site(&self, switch: SwitchFile, by: ProofBy) -> Site {
    let mut site = site(self.folder.path());
    site.router.place = Place::Container(self.name.clone());
    site.router.switch = switch;
    site.proof.url = Some(format!("http://{}/", self.address()));
    site.proof.by = by;
    site
  }

  fn rendered(&self) -> NginxRouter {
    NginxRouter::new(Arc::new(
      self.site(render(&self.file("switch/active.conf")), ProofBy::Marker),
    ))
  }
}

impl Drop for Nginx {
  fn drop(&mut self) {
    docker(&["rm", "-f", &self.name]);
  }
}

const FOLDER: &[(&str, &str)] = &[("switch", "/etc/nginx/conf.d")];
const BLUE: &str = "location / { return 200 \"blue 1 1\\n\"; }\n";

fn marker(slot: &str) -> String {
  format!("location / {{ return 200 \"{slot} {{generation}} {{operation}}\\n\"; }}\n")
}

fn render(to: &Path) -> SwitchFile {
  SwitchFile::Render {
    to: to.to_owned(),
    text: pair(marker("blue"), marker("green")),
  }
}

async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
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

async fn until_answers(router: &NginxRouter, wanted: Slot) {
  until(&format!("{wanted} answers"), async || {
    match router.sample().await.unwrap() {
      Sample::Answered { slot, .. } if slot == wanted => Some(()),
      _ => None,
    }
  })
  .await;
}

#[tokio::test]
async fn a_folder_mount_sees_a_rename_and_keeps_the_restart_policy() {
  let proxy = Nginx::start("folder", &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let router = proxy.rendered();
  until_answers(&router, Slot::Blue).await;
  let facts = router.facts().await.unwrap();
  let file = facts.file.unwrap();
  assert_eq!(
    (file.mount, file.included, file.names),
    (Mount::Directory, Some(true), Some(Slot::Blue))
  );
  assert_eq!(file.inside.as_ref(), Some(&file.hash));
  assert_eq!(facts.test, Ok(()));
  assert!(facts.proxy.running && facts.proxy.started_at.is_some());
  let old = facts.workers.unwrap().active;
  assert_eq!(old.len(), 2);

  let saved = router.save().await.unwrap();
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  let asked = Utc::now();
  router.write(&next).await.unwrap();
  assert_eq!(router.seen_inside().await.unwrap(), next.hash);
  router.test().await.unwrap();
  router.reload().await.unwrap();
  until_answers(&router, Slot::Green).await;
  until("all workers are new", async || {
    let now = router.workers().await.unwrap();
    (now.active.len() == 2 && now.active.iter().all(|pid| !old.contains(pid))).then_some(())
  })
  .await;
  assert_eq!(
    router.errors_since(asked).await.unwrap(),
    Vec::<String>::new()
  );
  assert_eq!(
    router.command_lines()[1],
    format!("docker exec {} nginx -s reload", proxy.name)
  );

  // A signal through Docker's API would have made it forget to restart after a crash.
  docker(&["exec", &proxy.name, "nginx", "-s", "stop"]);
  until_answers(&router, Slot::Green).await;
  router.restore(&saved).await.unwrap();
  assert_eq!(
    fs::read_to_string(proxy.file("switch/active.conf")).unwrap(),
    BLUE
  );
}

#[tokio::test]
async fn a_single_file_mount_is_written_in_place_and_known_when_stale() {
  let mounts = [("switch/active.conf", "/etc/nginx/conf.d/active.conf")];
  let proxy = Nginx::start("single", &[("switch/active.conf", BLUE)], &mounts, &[]);
  let router = proxy.rendered();
  until_answers(&router, Slot::Blue).await;
  assert_eq!(
    router.facts().await.unwrap().file.unwrap().mount,
    Mount::SingleFile
  );
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  router.write(&next).await.unwrap();
  assert_eq!(router.seen_inside().await.unwrap(), next.hash);
  router.reload().await.unwrap();
  until_answers(&router, Slot::Green).await;

  // Somebody's editor renames: from here on the proxy reads a file that has no name any more.
  let other = proxy.file("switch/other");
  fs::write(&other, BLUE).unwrap();
  fs::rename(&other, proxy.file("switch/active.conf")).unwrap();
  let file = router.facts().await.unwrap().file.unwrap();
  assert_eq!(file.names, Some(Slot::Blue));
  assert_eq!(file.inside, Some(next.hash));
  assert_ne!(file.inside, Some(file.hash));
  let third = router.next(Slot::Blue, 3, OperationId(8)).await.unwrap();
  router.write(&third).await.unwrap();
  assert_ne!(router.seen_inside().await.unwrap(), third.hash);
}

#[tokio::test]
async fn a_file_the_container_does_not_mount_is_never_written() {
  let files = [("switch/active.conf", BLUE), ("elsewhere.conf", BLUE)];
  let proxy = Nginx::start("absent", &files, FOLDER, &[]);
  let site = proxy.site(render(&proxy.file("elsewhere.conf")), ProofBy::Marker);
  let router = NginxRouter::new(Arc::new(site));
  let file = router.facts().await.unwrap().file.unwrap();
  assert_eq!(
    (file.mount, file.inside, file.included),
    (Mount::Absent, None, Some(false))
  );
  let next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  assert_eq!(
    router.write(&next).await.unwrap_err().kind,
    PortErrorKind::Misconfigured
  );
  assert_eq!(
    fs::read_to_string(proxy.file("elsewhere.conf")).unwrap(),
    BLUE
  );
}

#[tokio::test]
async fn a_link_must_stay_inside_the_mount() {
  let source = |slot: &str| format!("location / {{ return 200 {slot}; }}\n");
  let (blue, green) = (source("blue"), source("green"));
  let files = [
    ("switch/active.conf", blue.as_str()),
    ("switch/blue.conf", &blue),
    ("switch/green.conf", &green),
    ("outside.conf", &green),
  ];
  let proxy = Nginx::start("link", &files, FOLDER, &[]);
  let active = proxy.file("switch/active.conf");
  let router = |green: &str| {
    let switch = SwitchFile::Link {
      from: pair(proxy.file("switch/blue.conf"), proxy.file(green)),
      to: active.clone(),
    };
    let by = ProofBy::Body {
      text: pair("blue", "green"),
    };
    NginxRouter::new(Arc::new(proxy.site(switch, by)))
  };
  let good = router("switch/green.conf");
  until_answers(&good, Slot::Blue).await;
  fs::remove_file(&active).unwrap();
  symlink(proxy.file("switch/blue.conf"), &active).unwrap();
  let file = good.facts().await.unwrap().file.unwrap();
  assert_eq!(
    (file.names, file.inside),
    (Some(Slot::Blue), None),
    "an absolute link dangles inside"
  );
  let error = good.save().await.unwrap_err();
  assert!(error.detail.contains("absolute"), "{error}");

  let next = good.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  assert_eq!(next.content, FileContent::Link("green.conf".to_owned()));
  good.write(&next).await.unwrap();
  assert_eq!(good.seen_inside().await.unwrap(), next.hash);
  good.test().await.unwrap();
  good.reload().await.unwrap();
  until_answers(&good, Slot::Green).await;

  let error = router("outside.conf")
    .next(Slot::Green, 2, OperationId(7))
    .await
    .unwrap_err();
  assert!(error.detail.contains("outside of"), "{error}");
}

#[tokio::test]
async fn what_only_the_master_says_is_found_in_the_containers_log() {
  let proxy = Nginx::start("log", &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let router = proxy.rendered();
  until_answers(&router, Slot::Blue).await;
  let asked = Utc::now();
  let mut next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  next.content = FileContent::Text(format!("access_log /gone/a.log;\n{BLUE}"));
  router.write(&next).await.unwrap();
  assert_eq!(
    router.test().await.unwrap_err().kind,
    PortErrorKind::Refused
  );
  router.reload().await.unwrap();
  until("the master reports the missing folder", async || {
    let errors = router.errors_since(asked).await.unwrap();
    errors
      .iter()
      .any(|line| line.contains("[emerg]") && line.contains("/gone/a.log"))
      .then_some(())
  })
  .await;
}

#[tokio::test]
async fn a_stopped_proxy_is_a_fact_and_its_file_can_still_be_put_back() {
  let proxy = Nginx::start("stopped", &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let router = proxy.rendered();
  until_answers(&router, Slot::Blue).await;
  let saved = router.save().await.unwrap();
  router
    .write(&router.next(Slot::Green, 2, OperationId(7)).await.unwrap())
    .await
    .unwrap();
  docker(&["stop", "-t", "1", &proxy.name]);
  let facts = router.facts().await.unwrap();
  assert!(!facts.proxy.running && facts.test.is_err(), "{facts:?}");
  let file = facts.file.unwrap();
  assert_eq!(
    (file.names, file.inside, file.included),
    (Some(Slot::Green), None, None)
  );
  for error in [
    router.test().await.unwrap_err(),
    router.reload().await.unwrap_err(),
  ] {
    assert_eq!(error.kind, PortErrorKind::Unreachable);
    assert!(error.detail.contains("docker start"), "{error}");
  }
  assert!(matches!(
    router.sample().await.unwrap(),
    Sample::Lost { .. }
  ));
  router.restore(&saved).await.unwrap();
  assert_eq!(
    fs::read_to_string(proxy.file("switch/active.conf")).unwrap(),
    BLUE
  );
}

#[tokio::test]
async fn a_service_is_found_by_its_exact_labels_and_two_of_them_are_refused() {
  let project = format!("router-test-{}", std::process::id());
  let label = format!("com.docker.compose.project={project}");
  let labels = [label.as_str(), "com.docker.compose.service=proxy"];
  let one = Nginx::start("one", &[("switch/active.conf", BLUE)], FOLDER, &labels);
  let mut by_service = one.site(render(&one.file("switch/active.conf")), ProofBy::Marker);
  by_service.router.place = Place::Service("proxy".to_owned());
  let unset = NginxRouter::new(Arc::new(by_service.clone()))
    .facts()
    .await
    .unwrap_err();
  assert!(
    unset.detail.contains(&project) && unset.detail.contains("[runtime]"),
    "{unset}"
  );
  by_service.runtime.project = pair(Some(project.clone()), Some(project));
  let router = NginxRouter::new(Arc::new(by_service));
  assert_eq!(router.facts().await.unwrap().proxy.name.as_str(), one.name);
  let two = Nginx::start("two", &[("switch/active.conf", BLUE)], FOLDER, &labels);
  let error = router.facts().await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.detail.starts_with("2 containers match"), "{error}");
  drop(two);
  router.facts().await.unwrap();

  let mut part = one.site(render(&one.file("switch/active.conf")), ProofBy::Marker);
  part.router.place = Place::Container(docker(&["inspect", "-f", "{{.Id}}", &one.name]));
  let error = NginxRouter::new(Arc::new(part)).facts().await.unwrap_err();
  assert!(error.detail.contains("exactly this name"), "{error}");
}

#[tokio::test]
async fn the_weakest_proof_holds_in_a_container_too() {
  let proxy = Nginx::start("effect", &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let site = proxy.site(
    render(&proxy.file("switch/active.conf")),
    ProofBy::Effective,
  );
  let router = NginxRouter::new(Arc::new(site));
  until_answers(&router, Slot::Blue).await;
  router
    .write(&router.next(Slot::Green, 2, OperationId(7)).await.unwrap())
    .await
    .unwrap();
  assert!(matches!(
    router.sample().await.unwrap(),
    Sample::Unclear { .. }
  ));
  router.reload().await.unwrap();
  until_answers(&router, Slot::Green).await;
}

#[tokio::test]
async fn a_request_is_proved_by_the_one_slots_log_it_is_in() {
  let app = |name: &str| Nginx::start(name, &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let (blue, green) = (app("log-blue"), app("log-green"));
  let pass = |to: &Nginx| {
    format!(
      "access_log off;\nlocation / {{ proxy_pass http://{}; }}\n",
      to.address()
    )
  };
  let (to_blue, to_green) = (pass(&blue), pass(&green));
  let proxy = Nginx::start(
    "log-proxy",
    &[("switch/active.conf", &to_blue)],
    FOLDER,
    &[],
  );
  let switch = SwitchFile::Render {
    to: proxy.file("switch/active.conf"),
    text: pair(to_blue, to_green),
  };
  let mut site = proxy.site(switch, ProofBy::Log);
  let mut api = service("api");
  api.container = pair(Some(blue.name.clone()), Some(green.name.clone()));
  site.services.push(api);
  let router = NginxRouter::new(Arc::new(site));
  until_answers(&router, Slot::Blue).await;
  router
    .write(&router.next(Slot::Green, 2, OperationId(7)).await.unwrap())
    .await
    .unwrap();
  router.reload().await.unwrap();
  until_answers(&router, Slot::Green).await;

  let unlogged = format!("access_log off;\n{BLUE}");
  let mut next = router.next(Slot::Green, 2, OperationId(7)).await.unwrap();
  next.content = FileContent::Text(unlogged);
  router.write(&next).await.unwrap();
  router.reload().await.unwrap();
  until(
    "an answer that is in no slot's log is unclear",
    async || match router.sample().await.unwrap() {
      Sample::Unclear { detail } if detail.as_str().contains("neither slot's log") => Some(()),
      _ => None,
    },
  )
  .await;
}

fn as_container(of: &Nginx) -> Container {
  Container {
    id: ContainerId(docker(&["inspect", "-f", "{{.Id}}", &of.name])),
    name: of.name.clone(),
    service: "api".to_owned(),
    state: ContainerState::Running,
    health: DockerHealth::None,
    health_output: None,
    restarts: 0,
    exit_code: None,
    oom_killed: false,
    started_at: None,
    finished_at: None,
    image_id: ImageId("sha256:0".to_owned()),
    image: IMAGE.to_owned(),
    version: None,
    restart_policy: "no".to_owned(),
    addresses: vec![of.address().parse().unwrap()],
    aliases: Vec::new(),
    tty: false,
  }
}

const APP: &str = "location /moved { return 302 http://169.254.169.254/; }\n\
  location /bad { return 503 '{\"status\":\"starting\"}'; }\n\
  location / { return 200 \"hello from inside\\n\"; }\n";

fn hello(via: Via, path: &str) -> Check {
  let mut expect = expect_within(Duration::from_secs(3));
  expect.contains = Some("hello from inside".to_owned());
  Check {
    via,
    url: Some(format!("http://localhost{path}")),
    command: Vec::new(),
    expect,
    timeout: Duration::from_mins(1),
    every: Duration::from_secs(1),
    consecutive: 1,
  }
}

async fn is_reached(via: Via, app: &Nginx) {
  let container = as_container(app);
  let probe = HttpProbe::new(Arc::new(site(app.folder.path())));
  let ask = async |path: &str| {
    let check = hello(via, path);
    probe.check(Slot::Blue, &container, &check).await.unwrap()
  };
  until("the container answers", async || {
    ask("/").await.passed.then_some(())
  })
  .await;
  let bad = ask("/bad").await.detail;
  assert!(
    bad
      .as_str()
      .starts_with("expected status 200, got 503: {\"status\":\"starting\"}"),
    "{bad}"
  );
  let moved = ask("/moved").await.detail;
  assert!(
    moved.as_str().contains("redirects are not followed"),
    "{moved}"
  );
}

#[tokio::test]
async fn a_check_reaches_a_container_over_its_network_and_by_the_curl_inside() {
  let app = Nginx::start("probe", &[("switch/active.conf", APP)], FOLDER, &[]);
  is_reached(Via::Exec, &app).await;
  is_reached(Via::Network, &app).await;
}

#[tokio::test]
async fn without_curl_the_wget_inside_is_used() {
  let files = [("switch/active.conf", APP), ("nothing", "")];
  let mounts = [FOLDER[0], ("nothing", "/usr/bin/curl")];
  let app = Nginx::start("wget", &files, &mounts, &[]);
  is_reached(Via::Exec, &app).await;
}

#[tokio::test]
async fn with_neither_curl_nor_wget_nothing_is_known_and_another_way_is_named() {
  let files = [("switch/active.conf", APP), ("nothing", "")];
  let mounts = [
    FOLDER[0],
    ("nothing", "/usr/bin/curl"),
    ("nothing", "/usr/bin/wget"),
  ];
  let app = Nginx::start("neither", &files, &mounts, &[]);
  let probe = HttpProbe::new(Arc::new(site(app.folder.path())));
  let error = probe
    .check(Slot::Blue, &as_container(&app), &hello(Via::Exec, "/"))
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.detail.contains("via = \"network\""), "{error}");
}
