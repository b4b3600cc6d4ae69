//! A site of which nothing runs is set up by the real binary, and is an ordinary site from then on.

use std::{
  fs,
  process::{Command, Stdio},
};

use crate::support::{Site, docker, run};

/// Everything but files and images is gone: containers, networks, data, memory, and of the files those that
/// say who is live.
fn taken_down(arguments: &[&str], told: &[&str]) -> Site {
  let site = Site::up(arguments);
  let label = format!("label=com.docker.compose.project={}", site.project());
  let ids = docker(&["ps", "-aq", "--filter", &label]).ok().stdout;
  let mut remove = Command::new("docker");
  run(remove.args(["rm", "-f", "-v"]).args(ids.split_whitespace())).ok();
  for kind in ["network", "volume"] {
    let ids = docker(&[kind, "ls", "-q", "--filter", &label]).ok().stdout;
    let mut remove = Command::new("docker");
    run(remove.args([kind, "rm", "-f"]).args(ids.split_whitespace())).ok();
  }
  for name in told {
    fs::remove_file(site.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
  }
  site
}

#[test]
fn a_site_of_which_nothing_runs_is_set_up_and_released_to_like_any_other() {
  let told = [".current-env", "nginx/upstream-active.conf"];
  let site = taken_down(&["--layout", "ala"], &told);
  site
    .cutover(&["up", "--version", "1.0.0", "--dry-run"])
    .ok()
    .says("start the shared services")
    .says("start the proxy");
  assert!(!site.path("nginx/upstream-active.conf").exists());
  site
    .cutover(&["up", "--version", "1.0.0", "--yes"])
    .ok()
    .says("users are on BLUE 1.0.0, proven through the proxy");
  assert_eq!(site.proven(), "blue");
  assert_eq!(site.read(".current-env").trim(), "blue");
  let blue = site.containers("blue");
  site
    .cutover(&["up", "--version", "1.0.0", "--yes"])
    .ok()
    .says("BLUE 1.0.0 is live already: nothing to do");
  assert_eq!(site.containers("blue"), blue);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok()
    .says("users are on GREEN 1.1.0, proven through the proxy");
  assert_eq!(site.proven(), "green");
}

/// One service a slot, a whole server block switched, no state file, proof by log.
#[test]
fn a_set_up_that_is_killed_again_and_again_goes_on_where_it_was_left() {
  let told = ["nginx/conf.d/active.conf"];
  let site = taken_down(&["--layout", "cryoprotect"], &told);
  let begin = ["up", "--version", "1.0.0", "--yes"];
  let mut words = &begin[..];
  let mut killed = 0;
  // Before the first effect, around the start of the slot, and around the route.
  for point in [
    "after:1",
    "before:6",
    "after:9",
    "before:12",
    "after:15",
    "before:18",
  ] {
    let ran = site
      .command(words)
      .env("CUTOVER_CRASH", point)
      .stdin(Stdio::null())
      .output()
      .expect("the binary runs");
    if site.journal(site.newest()).contains("\"event\":\"ended\"") {
      // A route that was pointed and never loaded is taken back; typed again it goes on.
      let said = String::from_utf8_lossy(&ran.stderr);
      assert_eq!(ran.status.code(), Some(1), "{point}: {said}");
      assert!(said.contains("the route is taken back"), "{point}: {said}");
      words = &begin;
    } else {
      killed += 1;
      site.cutover(&["status"]).says("was interrupted");
      words = &["resume"];
    }
  }
  assert!(killed >= 4, "it was killed {killed} times");
  if !site.cutover(words).stdout.contains("users are on BLUE") {
    site.cutover(&begin).ok();
  }
  assert_eq!(site.proven(), "blue");
  let file = &site.status()["router"]["value"]["file"]["Ok"];
  assert_eq!(file["hash"], file["inside"]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok()
    .says("users are on GREEN 1.1.0, proven through the proxy");
}
