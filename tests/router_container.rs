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
  pub(crate) mod container_nginx;
  pub(crate) mod contract;
  pub(crate) mod site;
}

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc};

use chrono::Utc;
use cutover::{
  adapters::router::nginx::NginxRouter,
  config::{Place, ProofBy, ProxyConfig, Site, SwitchFile},
  engine::ports::{PortErrorKind, Router},
  model::{
    Slot,
    operation::OperationId,
    router::{FileContent, Mount, Sample},
  },
};
use support::{
  container_nginx::{FOLDER, Nginx, docker, until},
  contract,
  site::{pair, service, set_projects, site},
};

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

fn site_of(nginx: &Nginx, switch: SwitchFile, by: ProofBy) -> Site {
  let mut site = site(nginx.root());
  site.router.proxy = nginx_in(Place::Container(nginx.name.clone()));
  site.router.switch = switch;
  site.proof.url = Some(format!("http://{}/", nginx.address()));
  site.proof.by = by;
  site
}

fn nginx_in(place: Place) -> ProxyConfig {
  support::site::nginx(place, vec!["nginx".to_owned()])
}

fn rendered(nginx: &Nginx) -> NginxRouter {
  let switch = render(&nginx.file("switch/active.conf"));
  NginxRouter::new(Arc::new(site_of(nginx, switch, ProofBy::Marker)))
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
  let router = rendered(&proxy);
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
  let old = until("both workers carry their own titles", async || {
    let now = router.workers().await.unwrap().active;
    (now.len() == 2).then_some(now)
  })
  .await;

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
  let router = rendered(&proxy);
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
  let site = site_of(
    &proxy,
    render(&proxy.file("elsewhere.conf")),
    ProofBy::Marker,
  );
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
    NginxRouter::new(Arc::new(site_of(&proxy, switch, by)))
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
  let router = rendered(&proxy);
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
async fn nginx_in_a_container_keeps_the_contract_of_a_router() {
  let files = [("switch/active.conf", BLUE)];
  let proxy = Nginx::start("contract", &files, FOLDER, &[]);
  contract::router::switches_and_comes_back(&rendered(&proxy)).await;
  let proxy = Nginx::start("bad-file", &files, FOLDER, &[]);
  contract::router::keeps_the_old_for_a_bad_file(&rendered(&proxy), "nonsense;\n").await;
  let proxy = Nginx::start("stopped", &files, FOLDER, &[]);
  let router = rendered(&proxy);
  contract::router::says_that_it_is_gone(&router, async || {
    docker(&["stop", "-t", "1", &proxy.name]);
  })
  .await;
  let error = router.test().await.unwrap_err();
  assert!(error.detail.contains("docker start"), "{error}");
}

#[tokio::test]
async fn a_service_is_found_by_its_exact_labels_and_two_of_them_are_refused() {
  let project = format!("router-test-{}", std::process::id());
  let label = format!("com.docker.compose.project={project}");
  let labels = [label.as_str(), "com.docker.compose.service=proxy"];
  let one = Nginx::start("one", &[("switch/active.conf", BLUE)], FOLDER, &labels);
  let mut by_service = site_of(
    &one,
    render(&one.file("switch/active.conf")),
    ProofBy::Marker,
  );
  by_service.router.proxy = nginx_in(Place::Service("proxy".to_owned()));
  let unset = NginxRouter::new(Arc::new(by_service.clone()))
    .facts()
    .await
    .unwrap_err();
  assert!(
    unset.detail.contains(&project) && unset.detail.contains("[runtime]"),
    "{unset}"
  );
  set_projects(&mut by_service, pair(Some(project.clone()), Some(project)));
  let router = NginxRouter::new(Arc::new(by_service));
  assert_eq!(router.facts().await.unwrap().proxy.name.as_str(), one.name);
  let two = Nginx::start("two", &[("switch/active.conf", BLUE)], FOLDER, &labels);
  let error = router.facts().await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.detail.starts_with("2 containers match"), "{error}");
  drop(two);
  router.facts().await.unwrap();

  let mut part = site_of(
    &one,
    render(&one.file("switch/active.conf")),
    ProofBy::Marker,
  );
  part.router.proxy = nginx_in(Place::Container(docker(&[
    "inspect", "-f", "{{.Id}}", &one.name,
  ])));
  let error = NginxRouter::new(Arc::new(part)).facts().await.unwrap_err();
  assert!(error.detail.contains("exactly this name"), "{error}");
}

#[tokio::test]
async fn the_weakest_proof_holds_in_a_container_too() {
  let proxy = Nginx::start("effect", &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let site = site_of(
    &proxy,
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
  let mut site = site_of(&proxy, switch, ProofBy::Log);
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

#[tokio::test]
async fn requests_are_followed_from_the_log_until_the_proxy_stops() {
  let proxy = Nginx::start("requests", &[("switch/active.conf", BLUE)], FOLDER, &[]);
  let router = rendered(&proxy);
  until_answers(&router, Slot::Blue).await;
  let limit = std::time::Duration::from_secs(30);
  let mut requests = router.requests().await.unwrap();
  let before = tokio::time::timeout(limit, requests.recv()).await.unwrap();
  assert!(before.unwrap().iter().all(|one| one.status == 200));

  router.sample().await.unwrap();
  let batch = tokio::time::timeout(limit, requests.recv()).await.unwrap();
  let [one] = batch.unwrap()[..] else {
    panic!("one request is one line");
  };
  assert_eq!((one.status, one.millis, one.slot), (200, None, None));
  assert!((Utc::now() - one.at).num_seconds().abs() < 30, "{one:?}");

  docker(&["stop", "-t", "1", &proxy.name]);
  let end = async { while requests.recv().await.is_some() {} };
  tokio::time::timeout(limit, end).await.unwrap();
}
