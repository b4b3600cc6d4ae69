//! Whatever is typed, missing or in the way: a clear error, its exit code, and nothing changed.

use std::{
  fs,
  process::{Command, Stdio},
  time::Duration,
};

use crate::support::{Site, docker, run, wait_until};

/// What must be the same before and after something that was refused.
fn snapshot(site: &Site) -> (Vec<String>, Vec<String>, Vec<u8>, String) {
  (
    site.containers("blue"),
    site.containers("green"),
    fs::read(site.path("nginx/upstream-active.conf")).expect("the managed file"),
    site.read(".env"),
  )
}

#[test]
fn bad_words_are_refused_with_a_fix_and_change_nothing() {
  let site = Site::up(&[]);
  let before = snapshot(&site);
  let long = "9".repeat(10_000);
  for (words, code, says) in [
    (
      vec!["deploy", "--version", "1.0 0"],
      2,
      "only letters, digits",
    ),
    (
      vec!["deploy", "--version", "1.0'0"],
      2,
      "only letters, digits",
    ),
    (
      vec!["deploy", "--version", "$(reboot)"],
      2,
      "only letters, digits",
    ),
    (vec!["deploy", "--version", "-rf"], 2, "must start with"),
    (
      vec!["deploy", "--version", &long],
      2,
      "10000 characters long",
    ),
    (vec!["deploy", "--version", ""], 2, "empty"),
    (
      vec!["deploy", "red", "--version", "1.1.0"],
      2,
      "blue or green",
    ),
    (
      vec!["deploy", "blue", "--version", "1.1.0", "--yes"],
      3,
      "BLUE is live",
    ),
    (vec!["deploy", "--version", "7.7.7", "--yes"], 1, "7.7.7"),
    (vec!["switch", "purple"], 2, "blue or green"),
    (vec!["switch", "blue", "--yes"], 0, "live already"),
    (vec!["switch", "green", "--yes"], 3, "GREEN is not running"),
    (vec!["rollback", "--yes"], 3, "nothing to roll back to"),
    (
      vec!["rollback", "--to-version", "0.9.0", "--yes"],
      3,
      "never deployed",
    ),
    (vec!["stop", "blue", "--yes"], 3, "BLUE is live"),
    (vec!["show", "999"], 2, "999"),
    (vec!["attach", "999"], 2, "999"),
    (
      vec!["restore", "no/such/file.dump", "--yes"],
      1,
      "no/such/file.dump",
    ),
    (vec!["frobnicate"], 2, "frobnicate"),
    (vec!["deploy", "--version", "1.1.0"], 2, "--yes"),
  ] {
    let ran = site.cutover(&words);
    assert_eq!(ran.code, code, "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
    ran.says(says);
  }
  assert_eq!(snapshot(&site), before);
}

#[test]
fn help_and_version_need_no_configuration_no_docker_and_no_lock() {
  for words in [
    vec!["--help"],
    vec!["--version"],
    vec!["deploy", "--help"],
    vec!["rollback", "--help"],
  ] {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
      .args(&words)
      .current_dir("/")
      .env("DOCKER_HOST", "unix:///no/such/socket")
      .env_remove("CUTOVER_CONFIG");
    run(&mut command).ok();
  }
}

#[test]
fn a_configuration_with_faults_reports_all_of_them_at_once() {
  let site = Site::up(&[]);
  let text = fs::read_to_string(&site.config).expect("cutover.toml");
  let broken = text
    .replace("[router]", "[router]\ncolour = 1")
    .replace("samples = 20", "samples = \"many\"")
    .replace(
      "from = \"nginx/upstream-{color}.conf\"",
      "from = \"nginx/missing-{color}.conf\"",
    );
  fs::write(&site.config, &broken).expect("cutover.toml");
  site
    .cutover(&["status"])
    .code(8)
    .says("colour")
    .says("samples")
    .says("^");
  fs::write(&site.config, text.replace("${", "$${")).expect("cutover.toml");
  fs::write(
    &site.config,
    text.replace("name = \"frontend-{color}\"", "name = \"frontend-blue\""),
  )
  .expect("cutover.toml");
  site
    .cutover(&["config", "check"])
    .code(8)
    .says("frontend-blue");
  fs::write(
    &site.config,
    format!("{text}\n[slots.blue]\nlabel = \"${{CUTOVER_UNSET_FOR_TEST}}\"\n"),
  )
  .expect("cutover.toml");
  site
    .cutover(&["config", "check"])
    .code(8)
    .says("CUTOVER_UNSET_FOR_TEST");
  run(Command::new(env!("CARGO_BIN_EXE_cutover")).args([
    "--config",
    "/no/such/cutover.toml",
    "status",
  ]))
  .code(8)
  .says("/no/such/cutover.toml");
}

#[test]
fn docker_that_is_down_or_forbidden_is_said_and_nothing_is_called_healthy() {
  let site = Site::up(&[]);
  let ran = run(
    site
      .command(&["status"])
      .env("DOCKER_HOST", "unix:///no/such/docker.sock"),
  );
  ran.says("unknown").never_says("HOT");
  run(
    site
      .command(&["deploy", "--version", "1.1.0", "--yes"])
      .env("DOCKER_HOST", "unix:///no/such/docker.sock"),
  )
  .code(3)
  .says("Docker");
}

#[test]
fn an_edit_by_somebody_else_is_shown_and_stops_a_deploy_only_when_it_hides_who_is_live() {
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes"])
    .ok();
  let text = site.read("nginx/upstream-active.conf");
  site.write(
    "nginx/upstream-active.conf",
    &site.read("nginx/upstream-blue.conf"),
  );
  site
    .cutover(&["status", "--check"])
    .code(5)
    .says("disagree");
  site
    .cutover(&["deploy", "--version", "1.2.0", "--yes"])
    .code(5)
    .says("disagree");
  site.cutover(&["switch", "blue", "--yes"]).code(5);
  site.write("nginx/upstream-active.conf", &text);
  site.cutover(&["status", "--check"]).ok();
}

#[test]
fn a_dispute_is_settled_by_switching_to_the_slot_that_answers() {
  let site = Site::up(&[]);
  site.write(".current-env", "green\n");
  site
    .cutover(&["status", "--check"])
    .code(5)
    .says("state file says GREEN");
  site.cutover(&["switch", "blue", "--yes"]).ok().says("BLUE");
  assert_eq!(site.read(".current-env").trim(), "blue");
  site.cutover(&["status", "--check"]).ok();
}

#[test]
fn two_operators_at_once_one_works_and_the_other_is_told_who() {
  let site = Site::up(&[]);
  let mut first = site
    .command(&["deploy", "--version", "9.0.3-slow", "--yes", "--no-input"])
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .expect("the first operator");
  wait_until(
    "the first operator holds the lock",
    Duration::from_secs(20),
    || site.cutover(&["lock", "status"]).stdout.contains("deploy"),
  );
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes"])
    .code(6)
    .says("holds the lock")
    .says("attach");
  assert!(first.wait().expect("the first operator ends").success());
}

#[test]
fn a_torn_journal_tail_is_left_out_and_the_operation_is_still_recovered() {
  let site = Site::up(&[]);
  let ran = site
    .command(&["deploy", "--version", "1.1.0", "--yes", "--no-input"])
    .env("CUTOVER_CRASH", "after:6")
    .stdin(Stdio::null())
    .output()
    .expect("the binary runs");
  assert!(!ran.status.success());
  let name = format!(".cutover/operations/{:06}/journal.jsonl", site.newest());
  let text = site.read(&name);
  site.write(&name, &text[..text.len() - 25]);
  site.cutover(&["status"]).says("was interrupted");
  site.cutover(&["resume", &site.newest().to_string()]).ok();
}

#[test]
fn a_full_disk_stops_before_anything_is_changed() {
  let site = Site::up(&[]);
  let state = site.path(".cutover");
  fs::create_dir_all(&state).expect("the state folder");
  let name = state.to_str().expect("a path");
  let mounted = Command::new("mount")
    .args(["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", name])
    .status()
    .expect("mount runs");
  assert!(mounted.success());
  let before = snapshot(&site);
  let ran = site.cutover(&["deploy", "--version", "1.1.0", "--yes"]);
  let after = snapshot(&site);
  let ended = Command::new("umount")
    .arg(name)
    .status()
    .expect("umount runs");
  assert!(ended.success());
  ran.code(3).says("space");
  assert_eq!(after, before);
}

#[test]
fn a_state_folder_that_others_may_write_is_refused_with_the_command_that_mends_it() {
  use std::os::unix::fs::PermissionsExt;
  let site = Site::up(&[]);
  let state = site.path(".cutover");
  fs::create_dir_all(&state).expect("the state folder");
  fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).expect("modes");
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes"])
    .code(3)
    .says("chmod");
}

#[test]
fn no_secret_of_the_site_is_ever_shown_or_kept() {
  let site = Site::up(&[]);
  let secrets: Vec<String> = site
    .read(".env")
    .lines()
    .filter_map(|line| line.split_once('='))
    .filter(|(name, _)| name.contains("PASSWORD") || name.contains("SECRET"))
    .map(|(_, value)| value.trim_matches('"').to_owned())
    .collect();
  assert!(!secrets.is_empty(), "the site has no secret to look for");
  site
    .cutover(&[
      "deploy",
      "--version",
      "9.0.2-smoke",
      "--yes",
      "--no-input",
      "-v",
    ])
    .code(1);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--switch", "--yes", "-v"])
    .ok();
  let newest = site.newest().to_string();
  let mut seen = String::new();
  for words in [
    vec!["status"],
    vec!["status", "--json"],
    vec!["config", "show"],
    vec!["history", "--json"],
    vec!["show", &newest, "--json"],
    vec!["health", "-v"],
    vec!["logs", "green"],
    vec!["deploy", "--version", "1.2.0", "--dry-run"],
  ] {
    let ran = site.cutover(&words);
    seen.push_str(&ran.stdout);
    seen.push_str(&ran.stderr);
  }
  let grep = run(
    Command::new("grep")
      .args(["-rF", "--", &secrets[0]])
      .arg(site.path(".cutover")),
  );
  assert_eq!(grep.stdout, "", "a secret is kept in the state folder");
  for secret in &secrets {
    assert!(!seen.contains(secret.as_str()), "a secret was shown");
  }
}

#[test]
fn two_slots_that_resolve_to_one_container_are_refused() {
  let site = Site::up(&[]);
  let text = fs::read_to_string(&site.config).expect("cutover.toml");
  let blue = site.container("api-blue");
  let line = text
    .lines()
    .find(|line| line.starts_with("container = ") && line.contains("api"))
    .expect("a container line")
    .to_owned();
  fs::write(
    &site.config,
    text.replace(&line, &format!("container = \"{blue}\"")),
  )
  .expect("cutover.toml");
  let ran = site.cutover(&["deploy", "--version", "1.1.0", "--yes"]);
  assert!(
    [3, 8].contains(&ran.code),
    "exit {}\n{}",
    ran.code,
    ran.stderr
  );
  ran.says("container");
  docker(&["inspect", &blue]).ok();
}
