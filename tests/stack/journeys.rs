//! The whole day under load, on every layout and both Compose generations, with the configuration
//! that `init` writes: nobody edits it.

use crate::support::{Site, lost};

fn release_and_roll_back(arguments: &[&str]) {
  let site = Site::up_and_init(arguments);
  assert_eq!(site.proven(), "blue");
  let blue = site.containers("blue");
  let load = site.load(120, "new,slow,post");

  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok()
    .says("users are on GREEN 1.1.0, proven through the proxy");
  assert_eq!(site.proven(), "green");
  assert_eq!(site.answering(), "1.1.0");
  assert_eq!(
    site.containers("blue"),
    blue,
    "the former live containers were touched"
  );
  site.cutover(&["status", "--check"]).ok();

  site
    .cutover(&["rollback", "--yes"])
    .ok()
    .says("users are on BLUE 1.0.0, proven through the proxy");
  assert_eq!(site.proven(), "blue");
  assert_eq!(
    site.containers("blue"),
    blue,
    "the rollback did not go to the very containers that served"
  );
  // A setup as it should be, after a whole day: nothing red, and nothing is changed by looking.
  site.cutover(&["doctor"]).ok().never_says("RED");

  let summary = load.stop();
  for kind in ["new", "slow", "post"] {
    assert_eq!(
      lost(&summary, kind),
      0,
      "{kind} requests were lost: {summary:#}"
    );
  }
}

#[test]
fn a_release_and_its_rollback_lose_nothing_on_ala_with_compose_1() {
  release_and_roll_back(&["--layout", "ala", "--compose", "1"]);
}

#[test]
fn a_release_and_its_rollback_lose_nothing_on_ala_with_compose_2() {
  release_and_roll_back(&["--layout", "ala", "--compose", "2"]);
}

#[test]
fn a_release_and_its_rollback_lose_nothing_on_nocturna_with_compose_1() {
  release_and_roll_back(&["--layout", "nocturna", "--compose", "1"]);
}

#[test]
fn a_release_and_its_rollback_lose_nothing_on_nocturna_with_compose_2() {
  release_and_roll_back(&["--layout", "nocturna", "--compose", "2"]);
}

#[test]
fn a_release_and_its_rollback_lose_nothing_on_cryoprotect_with_compose_1() {
  release_and_roll_back(&["--layout", "cryoprotect", "--compose", "1"]);
}

#[test]
fn a_release_and_its_rollback_lose_nothing_on_cryoprotect_with_compose_2() {
  release_and_roll_back(&["--layout", "cryoprotect", "--compose", "2"]);
}
