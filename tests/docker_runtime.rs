//! The container engine's adapter against a real Docker and a real Compose.
//!
//! Fails without them. Each test makes a site of its own from an image of one static busybox
//! (Debian: busybox-static) and removes exactly that. `CUTOVER_TEST_COMPOSE` chooses the Compose.

#![allow(
  clippy::unwrap_used,
  clippy::panic,
  clippy::expect_used,
  reason = "a failed step of a test is the failed test"
)]

#[path = "support/contract.rs"]
mod contract;

use std::{
  collections::BTreeMap,
  path::{Path, PathBuf},
  process::{Command, Stdio},
  sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
  },
  time::Duration,
};

use cutover::{
  adapters::{compose::pins_override, docker::DockerRuntime},
  config::{
    Compose, DeployRules, Nginx, Place, Proof, ProofBy, ProxyConfig, Retire, RouterConfig,
    RuntimeConfig, Secrets, Service, Site, SlotConfig, SwitchFile, Then, Truth, VersionKind,
    VersionRead, VersionSource,
  },
  engine::ports::{PortErrorKind, Runtime},
  model::{
    BySlot, Slot, VersionName,
    change::What,
    container::{Container, ContainerState},
    evidence::Pins,
    plan::{ImageSource, OnFailure},
  },
};

const FILE: &str = r#"
services:
  api-blue: &api
    image: REPO:${BLUE_TAG:-1.0.0}
    restart: unless-stopped
    stop_grace_period: 1s
    init: true
    build: .
    ports: ["127.0.0.1:PORT:80"]
  api-green:
    <<: *api
    image: REPO:${GREEN_TAG:-1.0.0}
    tty: true
    command: ["printf '\\001\\000\\000\\000\\000\\377\\377\\377hidden\\nline\\n'; exec sleep 1000"]
    ports: []
"#;

struct TestSite {
  folder: tempfile::TempDir,
  name: String,
  port: u16,
}

fn docker(arguments: &[&str]) -> String {
  let output = Command::new("docker").args(arguments).output().unwrap();
  assert!(
    output.status.success(),
    "docker {arguments:?}: {}",
    String::from_utf8_lossy(&output.stderr)
  );
  String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl TestSite {
  fn new() -> Self {
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

  fn root(&self) -> &Path {
    self.folder.path()
  }

  fn image(&self, version: &str) -> String {
    format!("{}:{version}", self.name)
  }

  fn import(&self, version: &str) {
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

  fn site(&self) -> Site {
    let root = self.root().to_owned();
    Site {
      name: self.name.clone(),
      file: root.join("cutover.toml"),
      state: root.join("state"),
      production: false,
      state_group: None,
      slots: BySlot::from_fn(|_| SlotConfig {
        label: None,
        port: None,
        host: "127.0.0.1".into(),
        url: None,
      }),
      runtime: RuntimeConfig::Compose(Compose {
        command: std::env::var("CUTOVER_TEST_COMPOSE")
          .map(|words| words.split(' ').map(str::to_owned).collect())
          .unwrap_or_default(),
        files: BySlot::from_fn(|_| vec![root.join("compose.yml")]),
        shared_files: vec![],
        project: BySlot::from_fn(|_| Some(self.name.clone())),
        profiles: vec![],
        env_file: None,
        shared: vec![],
        networks: vec![],
      }),
      services: vec![Service {
        key: "api".into(),
        name: BySlot::from_fn(|slot| format!("api-{slot}")),
        container: BySlot::default(),
        optional: false,
        check: BySlot::from_fn(|_| None),
        run: BySlot::default(),
      }],
      version: VersionSource {
        kind: VersionKind::ImageVariable {
          variable: BySlot::from_fn(|slot| format!("{}_TAG", slot.shout())),
          keep_in: None,
          tag: BySlot::from_fn(|_| "{version}".into()),
        },
        read: VersionRead::ImageTag,
      },
      router: RouterConfig {
        proxy: ProxyConfig::Nginx(Nginx {
          place: Place::Host,
          command: vec!["nginx".into()],
        }),
        switch: SwitchFile::Render {
          to: PathBuf::from("unused"),
          text: BySlot::default(),
        },
      },
      proof: Proof {
        url: None,
        by: ProofBy::Effective,
        samples: 1,
        over: Duration::ZERO,
      },
      truth: Truth::default(),
      retire: Retire {
        then: Then::Keep,
        drain: Duration::ZERO,
        after: Duration::ZERO,
      },
      database: None,
      smoke: vec![],
      hooks: BTreeMap::new(),
      deploy: DeployRules {
        gate: Duration::ZERO,
        evidence: Duration::ZERO,
        on_failure: OnFailure::KeepForInspection,
      },
      watch: cutover::model::watch::Limits::default(),
      secrets: Secrets::default(),
      root,
    }
  }

  fn runtime(&self) -> DockerRuntime {
    DockerRuntime::new(Arc::new(self.site()))
  }

  async fn pins(&self, slot: Slot, wanted: &str) -> Pins {
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
  fn repin(&self, pins: &Pins) -> Pins {
    let file = self.root().join(format!("state/pins/{}.yml", pins.slot));
    std::fs::write(file, pins_override(&self.site(), pins)).unwrap();
    pins.clone()
  }

  async fn start(&self, slot: Slot, wanted: &str) -> Container {
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

fn version(text: &str) -> VersionName {
  text.parse().unwrap()
}

fn only(mut containers: Vec<Container>) -> Container {
  assert_eq!(containers.len(), 1, "{containers:?}");
  containers.remove(0)
}

fn words(text: &str) -> Vec<String> {
  text.split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_start_runs_the_pinned_image_whatever_the_tag_says_later_and_leaves_the_other_slot_alone()
{
  let site = TestSite::new();
  let runtime = site.runtime();
  let facts = runtime.facts().await.unwrap();
  assert!(facts.engine.as_str().starts_with("Docker "), "{facts:?}");

  let blue = site.start(Slot::Blue, "1.0.0").await;
  assert_eq!(blue.state, ContainerState::Running);
  assert_eq!(blue.service, "api");
  assert_eq!(blue.version, Some(version("1.0.0")));
  assert_eq!(blue.restart_policy, "unless-stopped");
  assert!(!blue.addresses.is_empty());

  let green = site.start(Slot::Green, "1.1.0").await;
  assert_eq!(green.version, Some(version("1.1.0")));
  assert!(green.tty);
  assert_ne!(green.image_id, blue.image_id);

  docker(&["tag", &site.image("1.1.0"), &site.image("1.0.0")]);
  let pins = Pins {
    slot: Slot::Blue,
    version: version("1.0.0"),
    at: chrono::Utc::now(),
    images: vec![cutover::model::evidence::ServiceImage {
      service: "api".into(),
      reference: site.image("1.0.0"),
      id: blue.image_id.clone(),
    }],
  };
  runtime.start(&pins, &|_| ()).await.unwrap();
  let again = only(runtime.containers(Slot::Blue).await.unwrap());
  assert_eq!((&again.id, &again.image_id), (&blue.id, &blue.image_id));
  assert_eq!(
    only(runtime.containers(Slot::Green).await.unwrap()).id,
    green.id
  );
}

#[tokio::test]
async fn pins_that_are_not_those_of_the_file_start_nothing() {
  let site = TestSite::new();
  let mut pins = site.pins(Slot::Blue, "1.0.0").await;
  pins.images = site
    .runtime()
    .images(Slot::Blue, &version("1.1.0"))
    .await
    .unwrap();
  let error = site.runtime().start(&pins, &|_| ()).await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.to_string().contains("deploy again"), "{error}");
  assert!(
    site
      .runtime()
      .containers(Slot::Blue)
      .await
      .unwrap()
      .is_empty()
  );
}

#[tokio::test]
async fn containers_keep_the_contract_of_a_runtime() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let pins = site.pins(Slot::Blue, "1.0.0").await;
  contract::stops_and_wakes_the_same(&runtime, &pins).await;
  contract::starts_only_what_does_not_run(&runtime, &pins).await;
}

#[tokio::test]
async fn logs_are_read_with_and_without_a_terminal_and_followed_to_their_end() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let pins = site.pins(Slot::Blue, "1.0.0").await;
  contract::follows_a_log_to_its_end(&runtime, &pins, &["one", "three", "two"]).await;

  let green = site.start(Slot::Green, "1.0.0").await;
  let mut follower = runtime.follow_log(&green.id, 10).await.unwrap();
  let mut lines = vec![];
  while lines.len() < 2 {
    lines.extend(follower.next().await.unwrap().lines);
  }
  assert!(lines[0].text.ends_with("hidden") && lines[0].at.is_some());
  assert_eq!(lines[1].text, "line");
  assert_eq!(runtime.log_tail(&green.id, 1).await.unwrap(), ["line"]);
}

#[tokio::test]
async fn a_command_inside_tells_its_exit_and_one_that_is_late_is_found_again() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let blue = site.start(Slot::Blue, "1.0.0").await;
  let heard = Mutex::new(Vec::new());
  let command = ["/bin/sh", "-c", "echo out $WHO; echo err >&2; exit 3"].map(str::to_owned);
  let environment = BTreeMap::from([("WHO".to_owned(), "me".to_owned())]);
  let output = runtime
    .exec(
      &blue.id,
      &command,
      &environment,
      Duration::from_secs(20),
      &|line| {
        heard.lock().unwrap().push(line.to_owned());
      },
    )
    .await
    .unwrap();
  assert_eq!(output.exit_code, 3);
  assert!(output.output.contains("out me\n") && output.output.contains("err\n"));
  assert_eq!(heard.lock().unwrap().len(), 2);

  let late = runtime
    .exec(
      &blue.id,
      &words("/bin/sleep 900"),
      &BTreeMap::new(),
      Duration::from_millis(300),
      &|_| (),
    )
    .await
    .unwrap_err();
  assert_eq!(late.kind, PortErrorKind::Timeout);
  assert!(
    runtime
      .exec_running(&blue.id, "/bin/sleep 900")
      .await
      .unwrap()
  );
  assert!(
    !runtime
      .exec_running(&blue.id, "/bin/sleep 90")
      .await
      .unwrap()
  );
}

#[tokio::test]
async fn what_would_stop_a_deploy_is_named_before_anything_changes() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let none = runtime
    .preflight(Slot::Blue, &version("1.0.0"), ImageSource::Pull)
    .await
    .unwrap();
  assert!(none.is_empty(), "{none:?}");

  let missing = runtime
    .images(Slot::Blue, &version("7.7.7"))
    .await
    .unwrap_err();
  assert_eq!(missing.kind, PortErrorKind::Refused);
  assert!(
    missing.to_string().contains(&site.image("7.7.7")),
    "{missing}"
  );

  let _listener = std::net::TcpListener::bind(("127.0.0.1", site.port)).unwrap();
  let taken = runtime
    .preflight(Slot::Blue, &version("1.0.0"), ImageSource::Pull)
    .await
    .unwrap();
  assert_eq!(taken.len(), 1, "{taken:?}");
  assert!(
    taken[0]
      .fault
      .what
      .as_str()
      .contains(&site.port.to_string())
  );

  let lines = runtime.command_lines(Slot::Blue, &version("1.1.0"), ImageSource::Build);
  assert!(
    lines[0].starts_with("BLUE_TAG=1.1.0 ") && lines[0].ends_with("build api-blue"),
    "{lines:?}"
  );
  assert!(
    lines[1].contains("up -d --no-deps --no-build") && lines[1].ends_with("api-blue"),
    "{lines:?}"
  );
}

/// Ours alone: other tests share this Docker.
fn prune(site: &TestSite) {
  let label = format!("label=site={}", site.name);
  docker(&["image", "prune", "-f", "--filter", &label]);
}

fn is_here(image: &str) -> bool {
  let asked = Command::new("docker")
    .args(["image", "inspect", image])
    .output()
    .unwrap();
  asked.status.success()
}

#[tokio::test]
async fn a_pinned_image_outlives_its_tag_and_a_prune_until_it_is_no_longer_kept() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let old = site.pins(Slot::Blue, "1.0.0").await;
  let new = site.pins(Slot::Blue, "1.1.0").await;
  let (old_id, new_id) = (&old.images[0].id.0, &new.images[0].id.0);
  let both = [new.clone(), old.clone()];
  for _ in 0..2 {
    runtime.keep_images(Slot::Blue, &both).await.unwrap();
  }
  // The team builds on: both tags name something else now.
  site.import("2.0.0");
  for moved in ["1.0.0", "1.1.0"] {
    docker(&["tag", &site.image("2.0.0"), &site.image(moved)]);
  }
  prune(&site);
  assert!(
    is_here(old_id) && is_here(new_id),
    "a prune took a pinned image"
  );

  let pins = site.repin(&old);
  runtime.start(&pins, &|_| ()).await.unwrap();
  let running = only(runtime.containers(Slot::Blue).await.unwrap());
  assert_eq!(running.image_id.0, *old_id);

  // In use: its name stays until the containers are gone.
  runtime
    .keep_images(Slot::Blue, std::slice::from_ref(&new))
    .await
    .unwrap();
  assert!(is_here(old_id));
  docker(&["rm", "-f", &running.id.0]);
  runtime
    .keep_images(Slot::Blue, std::slice::from_ref(&new))
    .await
    .unwrap();
  prune(&site);
  assert!(
    !is_here(old_id),
    "what is no longer kept is not kept for ever"
  );
  assert!(is_here(new_id));

  // An older one that is gone does not keep the newer ones from being kept.
  runtime.keep_images(Slot::Blue, &both).await.unwrap();
  let none = runtime.keep_images(Slot::Blue, &[old]).await.unwrap_err();
  assert_eq!(none.kind, PortErrorKind::Refused, "{none}");
}

#[tokio::test]
async fn a_second_container_of_a_service_is_refused_by_name() {
  let site = TestSite::new();
  site.start(Slot::Blue, "1.0.0").await;
  let labels = [
    format!("com.docker.compose.project={}", site.name),
    "com.docker.compose.service=api-blue".to_owned(),
  ];
  let double = format!("{}-double", site.name);
  docker(&[
    "create",
    "--name",
    &double,
    "--label",
    &labels[0],
    "--label",
    &labels[1],
    &site.image("1.0.0"),
  ]);
  let error = site.runtime().containers(Slot::Blue).await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.to_string().contains(&double), "{error}");
}

#[tokio::test]
async fn images_that_are_here_are_not_pulled_and_those_that_are_nowhere_say_so() {
  let site = TestSite::new();
  let heard = Mutex::new(String::new());
  let notes = |line: &str| heard.lock().unwrap().push_str(line);
  let runtime = site.runtime();
  runtime
    .prepare(Slot::Green, &version("1.1.0"), ImageSource::Pull, &notes)
    .await
    .unwrap();
  assert!(heard.lock().unwrap().contains("nothing to pull"));
  let error = runtime
    .prepare(
      Slot::Green,
      &version("1.1.0"),
      ImageSource::Recorded,
      &|_| (),
    )
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
}

#[tokio::test]
async fn an_image_that_is_nowhere_fails_the_pull_with_the_first_cause() {
  let site = TestSite::new();
  let error = site
    .runtime()
    .prepare(Slot::Blue, &version("7.7.7"), ImageSource::Pull, &|_| ())
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
  assert!(error.doing.contains("pull --quiet api-blue"), "{error}");
  assert!(error.detail.to_ascii_lowercase().contains("err"), "{error}");
}

#[tokio::test]
async fn a_build_is_resolved_to_what_was_built() {
  let site = TestSite::new();
  let dockerfile = format!("FROM {}\nLABEL built=here\n", site.image("1.0.0"));
  std::fs::write(site.root().join("Dockerfile"), dockerfile).unwrap();
  let images = site
    .runtime()
    .prepare(Slot::Blue, &version("2.0.0"), ImageSource::Rebuild, &|_| ())
    .await
    .unwrap();
  assert_eq!(images.len(), 1);
  assert_eq!(images[0].reference, site.image("2.0.0"));
  let label = docker(&[
    "image",
    "inspect",
    "-f",
    "{{.Config.Labels.built}}",
    &images[0].id.0,
  ]);
  assert_eq!(label, "here");
}

#[tokio::test]
async fn a_start_that_changes_the_other_slot_says_so_loudly() {
  let site = TestSite::new();
  let green = site.start(Slot::Green, "1.0.0").await;
  let pins = site.pins(Slot::Blue, "1.0.0").await;
  let done = std::sync::Once::new();
  let meddle = |_: &str| {
    done.call_once(|| {
      docker(&["rm", "-f", &green.id.0]);
    });
  };
  let error = site.runtime().start(&pins, &meddle).await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Unexpected);
  assert!(
    error.detail.contains("CHANGED THE CONTAINERS OF GREEN"),
    "{error}"
  );
  assert!(error.detail.contains(green.id.short()), "{error}");
}

#[tokio::test]
async fn what_a_container_uses_grows_with_its_work_and_ends_with_it() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let blue = site.start(Slot::Blue, "1.0.0").await;
  let wanted = [blue.id.clone()];
  let before = runtime.usage(&wanted).await.unwrap();
  let [(id, before)] = before.as_slice() else {
    panic!("{before:?}");
  };
  assert_eq!(*id, blue.id);
  assert!(before.memory > 0, "{before:?}");
  assert_eq!(before.memory_limit, None);

  let work = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
  let command = ["sh".to_owned(), "-c".to_owned(), work.to_owned()];
  let limit = Duration::from_mins(1);
  runtime
    .exec(&blue.id, &command, &BTreeMap::new(), limit, &|_| ())
    .await
    .unwrap();
  docker(&["update", "-m", "64m", "--memory-swap", "64m", &blue.id.0]);
  let after = runtime.usage(&wanted).await.unwrap()[0].1;
  assert!(after.cpu > before.cpu + Duration::from_millis(1));
  assert_eq!(after.memory_limit, Some(64 << 20));

  docker(&["restart", "-t", "0", &blue.id.0]);
  let anew = runtime.usage(&wanted).await.unwrap();
  assert_eq!(anew.len(), 1, "it has a new group after a restart");
  docker(&["kill", &blue.id.0]);
  assert!(runtime.usage(&wanted).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_happens_to_the_sites_containers_is_told_and_nothing_else() {
  let site = TestSite::new();
  let other = TestSite::new();
  let mut changes = site.runtime().changes().await.unwrap();
  other.start(Slot::Blue, "1.0.0").await;
  let blue = site.start(Slot::Blue, "1.0.0").await;
  docker(&["pause", &blue.id.0]);
  docker(&["unpause", &blue.id.0]);
  docker(&["kill", "-s", "KILL", &blue.id.0]);
  docker(&["rm", &blue.id.0]);
  let mut told = Vec::new();
  while told.last() != Some(&What::Destroyed) {
    let next = tokio::time::timeout(Duration::from_secs(30), changes.recv());
    let change = next.await.unwrap().unwrap();
    assert_eq!(change.slot, Some(Slot::Blue));
    assert_eq!(
      (change.service.as_str(), &change.container),
      ("api", &blue.id)
    );
    assert_eq!(change.name.as_str(), blue.name);
    told.push(change.what);
  }
  assert_eq!(
    told,
    [
      What::Created,
      What::Started,
      What::Paused,
      What::Unpaused,
      What::Died {
        exit_code: Some(137)
      },
      What::Destroyed
    ]
  );
}
