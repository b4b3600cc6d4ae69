//! A site of which nothing runs is set up by the real binary, and is an ordinary site from then on.

use std::{fs, process::Command};

use crate::support::{Site, docker, run};

/// Everything but files and images is gone: containers, networks, data, route, state file, memory.
fn taken_down(arguments: &[&str]) -> Site {
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
  for name in [".current-env", "nginx/upstream-active.conf"] {
    fs::remove_file(site.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
  }
  site
}

#[test]
fn a_site_of_which_nothing_runs_is_set_up_and_released_to_like_any_other() {
  let site = taken_down(&["--layout", "ala"]);
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
