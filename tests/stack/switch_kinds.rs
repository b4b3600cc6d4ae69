//! Every way a site may keep its switch file, and the mount that hides a rename.

use crate::support::Site;

fn there_and_back(arguments: &[&str]) {
  let site = Site::up(arguments);
  let before = std::fs::read(site.path("nginx/upstream-active.conf")).ok();
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  assert_eq!(site.proven(), "green");
  site.cutover(&["rollback", "--yes"]).ok();
  assert_eq!(site.proven(), "blue");
  assert_eq!(
    std::fs::read(site.path("nginx/upstream-active.conf")).ok(),
    before,
    "going there and back must leave the managed file as it was, but for its generation"
  );
}

#[test]
fn a_rendered_file_is_switched_and_proved() {
  there_and_back(&["--switch", "render"]);
}

#[test]
fn a_link_is_switched_and_proved() {
  there_and_back(&["--switch", "link"]);
}

#[test]
fn an_edited_file_is_switched_and_proved() {
  there_and_back(&["--switch", "edit"]);
}

#[test]
fn a_single_file_mount_is_written_in_place_and_proved() {
  there_and_back(&["--mount", "file"]);
}
