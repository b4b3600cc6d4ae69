//! After a switch the new version turns bad under load: `cutover watch --rollback` takes users back.

use std::{fs, process::Command};

use crate::support::{Site, run, wait_until};

/// A short watch, for the test; `more` are further keys.
fn watched(more: &str) -> Site {
  let site = Site::up(&[]);
  let mut text = fs::read_to_string(&site.config).expect("cutover.toml");
  text.push_str("\n[watch]\nfor = \"90s\"\nsustained = \"5s\"\nminimum_requests = 20\n");
  text.push_str(more);
  fs::write(&site.config, text).expect("cutover.toml");
  site
}

fn fails(site: &Site, service: &str) {
  let api = site.container(service);
  run(Command::new("docker").args([
    "exec",
    &api,
    "curl",
    "-sS",
    "-X",
    "POST",
    "-d",
    "{\"error_rate\":0.6}",
    "http://localhost:5000/admin/fault",
  ]))
  .ok();
}

#[test]
fn a_version_that_fails_after_the_switch_is_rolled_back_by_the_watch() {
  let site = watched("");
  let load = site.load(120, "new");
  site
    .cutover(&["watch"])
    .ok()
    .says("no switch is on record here");
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  let blue = site.containers("blue");
  let switched = site.newest();
  fails(&site, "api-green");

  site
    .cutover(&["watch", "--timeout", "60s"])
    .code(1)
    .says("a limit broke: 5xx")
    .says("users are on GREEN")
    .says("rollback");
  assert_eq!(
    site.newest(),
    switched,
    "a watch that only looks began an operation"
  );
  site
    .cutover(&["watch", "--rollback", "--timeout", "60s"])
    .code(4)
    .says("LIMIT BROKEN: 5xx")
    .says("users are on BLUE 1.0.0, proven through the proxy");
  assert_eq!(site.proven(), "blue");
  assert_eq!(site.containers("blue"), blue);
  assert_eq!(site.newest(), switched + 1);
  site
    .cutover(&["show", &(switched + 1).to_string()])
    .ok()
    .says("watch: 5xx");

  // Back on BLUE all is well, and nothing goes "back" from there.
  let ran = site
    .cutover(&["watch", "--for", "20s", "--rollback", "--json"])
    .ok();
  let last = ran.stdout.lines().last().expect("a line");
  let line: serde_json::Value = serde_json::from_str(last).expect("JSON");
  assert_eq!(line["slot"], "blue", "{line:#}");
  assert_eq!(site.proven(), "blue");
  load.stop();
}

#[test]
fn a_site_that_wants_it_is_rolled_back_without_a_flag_and_another_never_is() {
  let site = watched("rollback = \"auto\"\n");
  let _load = site.load(90, "new");
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  fails(&site, "api-green");
  site.cutover(&["watch", "--timeout", "60s"]).code(4);
  wait_until("BLUE is proven", std::time::Duration::from_secs(5), || {
    site.proven() == "blue"
  });
  let text = fs::read_to_string(&site.config).expect("cutover.toml");
  let never = text.replace("rollback = \"auto\"", "rollback = \"never\"");
  fs::write(&site.config, never).expect("cutover.toml");
  site
    .cutover(&["watch", "--rollback"])
    .code(3)
    .says("never rolls back by itself");
}
