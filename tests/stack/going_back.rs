//! Going back while somebody else is at work, and to an image nothing else names any more.

use std::{
  fmt::Write,
  process::{Child, Command, Stdio},
  time::Duration,
};

use crate::support::{Site, docker, lost, run, wait_until};

/// A deploy of another operator, at the step whose title has `step`.
fn somebody_deploys(site: &Site, version: &str, step: &str) -> Child {
  let child = site
    .command(&["deploy", "--version", version, "--switch", "--yes"])
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .expect("the other operator");
  wait_until(step, Duration::from_mins(1), || {
    let operation = &site.status()["operation"];
    operation["phase"]["phase"] == "running"
      && operation["step"]
        .as_str()
        .is_some_and(|title| title.contains(step))
  });
  child
}

fn ends_aborted(site: &Site, mut other: Child, number: u32) {
  assert_eq!(other.wait().expect("it ends").code(), Some(7));
  let journal = site.journal(number);
  assert_eq!(journal.matches("\"abort-asked\"").count(), 1, "{journal}");
  assert!(journal.contains("\"cancelled\""), "{journal}");
}

#[test]
fn a_rollback_pushes_a_deploy_aside_that_has_moved_nobody_and_loses_no_request() {
  let site = Site::up(&[]);
  let blue = site.containers("blue");
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  let mut config = site.read("cutover.toml");
  let _ = write!(
    config,
    "\n[hooks]\nbefore_deploy = [\"/bin/sleep\", \"4\"]\n"
  );
  site.write("cutover.toml", &config);
  let load = site.load(60, "new,post");
  let other = somebody_deploys(&site, "1.2.0", "hook");
  site
    .cutover(&["rollback", "--yes"])
    .ok()
    .says("asking operation #2")
    .says("users are on BLUE 1.0.0, proven through the proxy");
  ends_aborted(&site, other, 2);
  assert_eq!(site.containers("blue"), blue, "the very containers");
  let summary = load.stop();
  assert_eq!(lost(&summary, "new") + lost(&summary, "post"), 0);
}

#[test]
fn a_slot_that_is_half_deployed_is_gone_back_to_by_its_recorded_version() {
  let site = Site::up(&[]);
  for version in ["1.1.0", "1.2.0"] {
    site
      .cutover(&["deploy", "--version", version, "--switch", "--yes"])
      .ok();
  }
  let other = somebody_deploys(&site, "9.0.0-unhealthy", "wait until GREEN is healthy");
  site
    .cutover(&["rollback", "--yes"])
    .code(3)
    .says("rollback --to-version 1.1.0");
  assert!(
    !site.journal(3).contains("abort-asked"),
    "what is refused interrupts nobody"
  );
  site
    .cutover(&["rollback", "--to-version", "1.1.0", "--yes"])
    .ok()
    .says("users are on GREEN 1.1.0, proven through the proxy");
  ends_aborted(&site, other, 3);
  assert_eq!(site.answering(), "1.1.0");
}

#[test]
fn a_pinned_version_is_gone_back_to_after_its_tag_moved_and_unnamed_images_were_pruned() {
  let site = Site::up(&[]);
  let version = format!("1.1.0-{}", site.project());
  let image = format!("cutover-site/app:{version}");
  let label = format!("pruned={}", site.project());
  let file = site.path("Dockerfile.pinned");
  let text = format!(
    "FROM cutover-site/app:1.1.0\nLABEL {label} org.opencontainers.image.version={version}\n"
  );
  std::fs::write(&file, text).expect("a Dockerfile");
  run(
    Command::new("docker")
      .env("DOCKER_BUILDKIT", "0")
      .args(["build", "-q", "-t", &image, "-f"])
      .arg(&file)
      .arg(site.path("nginx")),
  )
  .ok();
  for deployed in [version.as_str(), "1.2.0"] {
    site
      .cutover(&[
        "deploy",
        "green",
        "--version",
        deployed,
        "--yes",
        "--no-input",
      ])
      .ok();
  }
  // Somebody builds the tag anew, then tidies up; only this test's own image can be taken.
  docker(&["tag", "cutover-site/app:1.2.0", &image]).ok();
  let filter = format!("label={label}");
  docker(&["image", "prune", "-f", "--filter", &filter]).ok();
  docker(&["rmi", &image]).ok();
  site
    .cutover(&["rollback", "--to-version", &version, "--yes"])
    .ok();
  assert_eq!(site.proven(), "green");
  assert_eq!(site.answering(), version);
}

#[test]
fn one_service_of_the_standby_is_restarted_and_the_live_one_only_against_its_phrase() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes", "--no-input"])
    .ok();
  let (blue, green) = (site.containers("blue"), site.containers("green"));
  site
    .cutover(&["restart", "green", "api", "--yes"])
    .ok()
    .says("no longer count")
    .says("api of GREEN 1.1.0 was restarted and is healthy");
  assert_eq!(site.containers("green"), green, "the very containers");
  let policy = docker(&[
    "inspect",
    "-f",
    "{{.HostConfig.RestartPolicy.Name}}",
    &site.container("api-green"),
  ]);
  assert_eq!(policy.stdout.trim(), "unless-stopped");
  site
    .cutover(&["restart", "blue", "api", "--yes"])
    .code(3)
    .says("restart blue api --confirm 'blue is live'");
  site
    .cutover(&["stop", "green", "apy", "--yes"])
    .code(2)
    .says("api, frontend");
  site
    .cutover(&["restart", "blue", "frontend", "--confirm", "blue is live"])
    .ok();
  assert_eq!(site.containers("blue"), blue);
  assert_eq!(site.proven(), "blue");
}
