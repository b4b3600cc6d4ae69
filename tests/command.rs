//! Commands on this host, run for real: order of output, deadlines, groups, the lock, and git.

#![allow(
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a test says what is wrong by failing"
)]

#[path = "support/contract/mod.rs"]
mod contract;
#[path = "support/site.rs"]
mod minimal_site;

use std::{
  collections::BTreeMap,
  fs::{self, File},
  os::fd::AsFd,
  path::Path,
  process,
  sync::{Arc, Mutex},
  time::{Duration, Instant},
};

use cutover::{
  adapters::command::HostCommands,
  config::{Secrets, Source, VersionKind},
  engine::ports::{Commands, PortError, PortErrorKind},
  model::BySlot,
};
use nix::{errno::Errno, sys::signal::kill, unistd::Pid};

const LONG: Duration = Duration::from_secs(30);

fn words(command: &[&str]) -> Vec<String> {
  command.iter().map(|&word| word.to_owned()).collect()
}

fn commands(root: &Path) -> HostCommands {
  HostCommands::new(Arc::new(minimal_site::site(root)), None)
}

#[tokio::test]
async fn commands_of_this_host_keep_the_contract() {
  let dir = tempfile::tempdir().unwrap();
  let host = commands(dir.path());
  let script = "echo one; echo two >&2; echo three; exit 7";
  let says = ["one", "two", "three"];
  contract::commands::tells_how_a_command_ended(&host, &words(&["sh", "-c", script]), &says, 7)
    .await;
  contract::commands::tells_how_a_command_ended(&host, &words(&["true"]), &[], 0).await;
  contract::commands::ends_a_command_at_its_deadline(&host, &words(&["sleep", "1000"])).await;
  contract::commands::has_no_source_where_none_is_configured(&host).await;

  let trees = Trees::new();
  trees.tag("v2", "2001-01-01");
  trees.tag("v3", "2002-01-01");
  trees.tag("v0", "2000-01-01");
  contract::commands::brings_the_source_to_a_version(&trees.commands(), "v3").await;
  contract::commands::lists_tags_newest_first(&trees.commands(), &["v1", "v3", "v2", "v0"]).await;
}

/// Waits until the process is gone, or fails.
async fn gone(pid: i32) {
  let until = Instant::now() + LONG;
  // A reaped child is ESRCH; a zombie of ours would still answer.
  while kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH) {
    assert!(Instant::now() < until, "process {pid} still lives");
    tokio::task::yield_now().await;
  }
}

#[tokio::test]
async fn a_command_runs_in_the_sites_folder_with_its_environment() {
  let dir = tempfile::tempdir().unwrap();
  let done = commands(dir.path())
    .run(
      &words(&["sh", "-c", "echo $WORD; pwd"]),
      &BTreeMap::from([("WORD".into(), "four".into())]),
      LONG,
      &|_| {},
    )
    .await
    .unwrap();
  let here = fs::canonicalize(dir.path()).unwrap().display().to_string();
  assert_eq!(done.output.lines().collect::<Vec<_>>(), ["four", &here]);
}

#[tokio::test]
async fn nothing_is_passed_through_a_shell_and_secrets_are_masked() {
  let dir = tempfile::tempdir().unwrap();
  let mut site = minimal_site::site(dir.path());
  site.secrets = Secrets(vec!["hunter2".into()]);
  let host = HostCommands::new(Arc::new(site), None);
  let notes = Mutex::new(Vec::new());
  let done = host
    .run(
      &words(&["echo", "$(id) `id` ; touch x", "hunter2"]),
      &BTreeMap::new(),
      LONG,
      &|line| notes.lock().unwrap().push(line.to_owned()),
    )
    .await
    .unwrap();
  assert_eq!(done.output, "$(id) `id` ; touch x ********\n");
  assert_eq!(*notes.lock().unwrap(), ["$(id) `id` ; touch x ********"]);
  assert!(!dir.path().join("x").exists());
}

#[tokio::test]
async fn long_output_keeps_its_head_and_its_tail() {
  let dir = tempfile::tempdir().unwrap();
  let done = commands(dir.path())
    .run(
      &words(&["seq", "1", "200000"]),
      &BTreeMap::new(),
      LONG,
      &|_| {},
    )
    .await
    .unwrap();
  assert!(done.output.len() < 66 * 1024, "{}", done.output.len());
  assert!(done.output.starts_with("1\n2\n") && done.output.ends_with("199999\n200000\n"));
  assert!(done.output.contains("bytes left out"));
}

#[tokio::test]
async fn the_deadline_ends_the_whole_group_even_what_ignores_sigterm() {
  let dir = tempfile::tempdir().unwrap();
  let script =
    "sh -c 'trap \"\" TERM; echo $$ > grandchild; while :; do sleep 1; done' & echo started; wait";
  let began = Instant::now();
  let error = commands(dir.path())
    .run(
      &words(&["sh", "-c", script]),
      &BTreeMap::new(),
      Duration::from_secs(1),
      &|_| {},
    )
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Timeout);
  assert!(error.detail.contains("started"), "{error}");
  assert!(began.elapsed() < Duration::from_secs(10));
  let pid = fs::read_to_string(dir.path().join("grandchild")).unwrap();
  gone(pid.trim().parse().unwrap()).await;
}

#[tokio::test]
async fn giving_up_waiting_ends_the_group() {
  let dir = tempfile::tempdir().unwrap();
  let host = commands(dir.path());
  let (send, receive) = tokio::sync::oneshot::channel();
  let send = Mutex::new(Some(send));
  let (command, environment) = (words(&["sh", "-c", "echo $$; sleep 1000"]), BTreeMap::new());
  let say = |line: &str| {
    if let Some(send) = send.lock().unwrap().take() {
      send.send(line.parse::<i32>().unwrap()).unwrap();
    }
  };
  let pid = tokio::select! {
    ended = host.run(&command, &environment, LONG, &say) => panic!("ended: {ended:?}"),
    pid = receive => pid.unwrap(),
  };
  gone(pid).await;
}

#[tokio::test]
async fn a_command_that_is_not_there_says_where_to_look() {
  let dir = tempfile::tempdir().unwrap();
  let error = commands(dir.path())
    .run(
      &words(&["/no/such/program"]),
      &BTreeMap::new(),
      LONG,
      &|_| {},
    )
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.to_string().contains("/no/such/program") && error.detail.contains("cutover.toml"));
}

#[tokio::test]
async fn a_child_keeps_the_lock_it_was_given_as_standard_input() {
  let dir = tempfile::tempdir().unwrap();
  let path = dir.path().join("lock");
  let lock = File::create(&path).unwrap();
  lock.lock().unwrap();
  let given = lock.as_fd().try_clone_to_owned().unwrap().into();
  let host = HostCommands::new(Arc::new(minimal_site::site(dir.path())), Some(given));
  let script = "exec 3>&1 4<&0 >/dev/null 2>&1; sleep 1000 <&4 3>&- & echo $! >&3";
  let notes = Mutex::new(Vec::new());
  let done = host
    .run(
      &words(&["sh", "-c", script]),
      &BTreeMap::new(),
      LONG,
      &|line| {
        notes.lock().unwrap().push(line.to_owned());
      },
    )
    .await
    .unwrap();
  let pid: i32 = done.output.trim().parse().unwrap();
  assert!(
    notes
      .lock()
      .unwrap()
      .iter()
      .any(|line| line.contains("left processes running"))
  );
  drop((lock, host));
  assert!(
    File::open(&path).unwrap().try_lock().is_err(),
    "a living child must keep the lock"
  );
  kill(Pid::from_raw(pid), nix::sys::signal::SIGKILL).unwrap();
  File::open(&path).unwrap().lock().unwrap();
}

/// A tree with an origin: `v1` tagged, `main` one commit further.
struct Trees {
  dir: tempfile::TempDir,
}

impl Trees {
  fn new() -> Self {
    let trees = Self {
      dir: tempfile::tempdir().unwrap(),
    };
    trees.git("", &["init", "-q", "-b", "main", "origin"]);
    trees.commit("origin", "one");
    trees.git("origin", &["tag", "v1"]);
    trees.commit("origin", "two");
    trees.git("", &["clone", "-q", "origin", "tree"]);
    trees
  }

  fn git(&self, under: &str, arguments: &[&str]) -> String {
    let output = process::Command::new("git")
      .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
      .args(arguments)
      .current_dir(self.dir.path().join(under))
      .output()
      .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
  }

  fn commit(&self, under: &str, text: &str) -> String {
    fs::write(self.dir.path().join(under).join("file"), text).unwrap();
    self.git(under, &["add", "file"]);
    self.git(under, &["commit", "-q", "-m", text]);
    self.git(under, &["rev-parse", "--short", "HEAD"])
  }

  /// A tag that was made on that day.
  fn tag(&self, name: &str, day: &str) {
    let done = process::Command::new("git")
      .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
      .args(["tag", "-m", "made", name])
      .env("GIT_COMMITTER_DATE", format!("{day}T00:00:00Z"))
      .current_dir(self.dir.path().join("origin"))
      .status();
    assert!(done.unwrap().success());
  }

  fn commands(&self) -> HostCommands {
    let mut site = minimal_site::site(self.dir.path());
    site.version.kind = VersionKind::Build {
      variable: None,
      tag: BySlot::from_fn(|_| String::new()),
      source: Some(Source {
        git: self.dir.path().join("tree"),
        pull: true,
      }),
      no_cache: false,
    };
    HostCommands::new(Arc::new(site), None)
  }

  async fn update(&self, version: &str) -> Result<String, PortError> {
    let version = version.parse().unwrap();
    self.commands().update_source(&version, &|_| {}).await
  }

  fn text(&self) -> String {
    fs::read_to_string(self.dir.path().join("tree/file")).unwrap()
  }
}

#[tokio::test]
async fn the_source_follows_a_tag_a_branch_and_a_commit() {
  let trees = Trees::new();
  let three = trees.commit("origin", "three");
  assert_eq!(trees.update("main").await.unwrap(), three);
  assert_eq!(trees.text(), "three");
  assert_eq!(
    trees.git("tree", &["symbolic-ref", "--short", "HEAD"]),
    "main"
  );

  let one = trees.git("origin", &["rev-parse", "--short", "v1"]);
  assert_eq!(trees.update("v1").await.unwrap(), one);
  assert_eq!(trees.text(), "one");
  assert_eq!(trees.update(&three).await.unwrap(), three);

  let four = trees.commit("origin", "four");
  assert_eq!(
    trees.update("main").await.unwrap(),
    four,
    "detached, so the remote branch"
  );
  assert_eq!(trees.text(), "four");
}

#[tokio::test]
async fn local_changes_diverged_branches_and_unknown_versions_are_refused_and_kept() {
  let trees = Trees::new();
  for version in ["nothing", "HEAD", "FETCH_HEAD", "deadbeefdead"] {
    let error = trees.update(version).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Refused, "{version}: {error}");
  }
  fs::write(trees.dir.path().join("tree/file"), "changed by hand").unwrap();
  let error = trees.update("v1").await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
  assert!(
    error.detail.contains("file") && error.detail.contains("stash"),
    "{error}"
  );
  assert_eq!(trees.text(), "changed by hand");

  let mine = trees.commit("tree", "mine");
  trees.commit("origin", "theirs");
  let error = trees.update("main").await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
  assert!(error.detail.contains("log --oneline"), "{error}");
  assert_eq!(trees.git("tree", &["rev-parse", "--short", "HEAD"]), mine);
}
