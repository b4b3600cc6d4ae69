//! The runner is killed at every boundary of its journal; another process must end the operation
//! with the file equal to what is loaded, one slot live and healthy, and nothing lost.

use std::process::Stdio;

use crate::support::{Site, lost};

/// Kills the runner right before or right after it writes record `number`, recovers with `how`
/// and checks what is left. `false` when the operation has fewer records than that.
fn crash(site: &Site, words: &[&str], point: &str, how: &str) -> bool {
  let blue = site.containers("blue");
  let mut command = site.command(words);
  let ran = command
    .env("CUTOVER_CRASH", point)
    .stdin(Stdio::null())
    .output()
    .expect("the binary runs");
  let code = ran.status.code();
  let number = site.newest();
  if site.journal(number).contains("\"event\":\"ended\"") && !point.starts_with("after") {
    assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    return false;
  }
  if site.journal(number).contains("\"event\":\"ended\"") {
    return false;
  }
  site.cutover(&["status"]).says("was interrupted");
  let recovered = match how {
    "resume" => site.cutover(&["resume", &number.to_string()]),
    _ => site.cutover(&["rollback", "--yes"]),
  };
  assert!(
    [0, 1, 3, 4, 7].contains(&recovered.code),
    "{words:?} {point} {how}: exit {}\n{}\n{}",
    recovered.code,
    recovered.stdout,
    recovered.stderr
  );
  let journal = site.journal(number);
  assert_eq!(
    journal.matches("\"event\":\"ended\"").count(),
    1,
    "{words:?} {point} {how}: exactly one end expected in\n{journal}"
  );
  let status = site.status();
  assert_eq!(
    status["live"]["state"], "proven",
    "{words:?} {point} {how}: {status:#}"
  );
  let live = status["live"]["slot"].as_str().expect("a slot");
  assert_eq!(
    site.read(".current-env").trim(),
    live,
    "{words:?} {point} {how}"
  );
  let file = &status["router"]["value"]["file"]["Ok"];
  assert_eq!(file["hash"], file["inside"], "{words:?} {point} {how}");
  assert_eq!(file["names"], live, "{words:?} {point} {how}");
  assert!(
    status["slots"][live]["health"]["value"]["levels"]
      .as_array()
      .expect("levels")
      .iter()
      .all(|level| level["pass"] == "ok" || level["pass"] == "absent"),
    "{words:?} {point} {how}: {live} is live and not healthy"
  );
  assert_eq!(
    site.containers("blue"),
    blue,
    "{words:?} {point} {how}: BLUE's containers were replaced"
  );
  true
}

/// Puts users back on BLUE at 1.0.0 with GREEN tested and running, between two crashes.
fn back_to_blue(site: &Site) {
  if site.proven() == "green" {
    site.cutover(&["switch", "blue", "--yes"]).ok();
  }
}

#[test]
fn every_crash_point_of_switch_deploy_and_rollback_is_recovered_with_nothing_lost() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes", "--no-input"])
    .ok();
  let load = site.load(1500, "new,post");
  let mut points = 0;
  for words in [
    &["switch", "green", "--yes"][..],
    &["deploy", "green", "--version", "1.1.0", "--switch", "--yes"][..],
    &["rollback", "--yes"][..],
  ] {
    // A deploy moves traffic by the same steps as a switch; `tests/it` crashes it at every point.
    let stride = if words[0] == "deploy" { 3 } else { 1 };
    for number in (1..200).step_by(stride) {
      let how = if (number / stride) % 2 == 0 {
        "resume"
      } else {
        "rollback"
      };
      let when = if number % 3 == 0 { "after" } else { "before" };
      if words[0] == "rollback" {
        if site.proven() == "blue" {
          site.cutover(&["switch", "green", "--yes"]).ok();
        }
      } else {
        back_to_blue(&site);
      }
      if !crash(&site, words, &format!("{when}:{number}"), how) {
        break;
      }
      points += 1;
    }
  }
  let summary = load.stop();
  println!("{points} crash points");
  assert!(points >= 40, "only {points} crash points were reached");
  assert_eq!(lost(&summary, "new"), 0, "{summary:#}");
  assert_eq!(lost(&summary, "post"), 0, "{summary:#}");
}
