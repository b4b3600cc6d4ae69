//! A running site for one test, the real binary against it, and the load generator beside it.

use std::{
  fs,
  path::{Path, PathBuf},
  process::{Child, Command, Output, Stdio},
  time::{Duration, Instant},
};

use serde_json::Value;

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Ran {
  pub(crate) code: i32,
  pub(crate) stdout: String,
  pub(crate) stderr: String,
  #[allow(dead_code, reason = "the bench, which shares this file, reads it")]
  pub(crate) took: Duration,
}

impl Ran {
  #[track_caller]
  pub(crate) fn code(self, expected: i32) -> Self {
    assert_eq!(
      self.code, expected,
      "stdout:\n{}\nstderr:\n{}",
      self.stdout, self.stderr
    );
    self
  }

  #[track_caller]
  pub(crate) fn ok(self) -> Self {
    self.code(0)
  }

  #[track_caller]
  pub(crate) fn says(self, text: &str) -> Self {
    // Text is broken to the page's width; where it breaks is no fact of these tests.
    let all = format!("{}\n{}", self.stdout, self.stderr);
    let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(text), "expected {text:?} in:\n{all}");
    self
  }

  #[track_caller]
  pub(crate) fn never_says(self, text: &str) -> Self {
    let all = format!("{}\n{}", self.stdout, self.stderr);
    assert!(!all.contains(text), "did not expect {text:?} in:\n{all}");
    self
  }

  pub(crate) fn json(&self) -> Value {
    serde_json::from_str(&self.stdout)
      .unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
  }
}

impl From<(Output, Duration)> for Ran {
  fn from((output, took): (Output, Duration)) -> Self {
    Self {
      code: output.status.code().unwrap_or(-1),
      stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
      stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
      took,
    }
  }
}

pub(crate) fn repository() -> &'static Path {
  Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn run(command: &mut Command) -> Ran {
  let began = Instant::now();
  let output = command
    .stdin(Stdio::null())
    .output()
    .unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
  (output, began.elapsed()).into()
}

/// A site of this test's own; removed when dropped.
pub(crate) struct Site {
  pub(crate) dir: PathBuf,
  pub(crate) config: PathBuf,
  /// Folder of its Compose, when that is not the machine's own.
  compose: Option<PathBuf>,
}

impl Site {
  pub(crate) fn up(arguments: &[&str]) -> Self {
    let dir = tempfile::Builder::new()
      .prefix("cutover-site-")
      .tempdir()
      .expect("a temporary folder")
      .keep();
    let ran = run(
      Command::new(repository().join("tests/site/up"))
        .arg(&dir)
        .args(arguments),
    );
    assert_eq!(
      ran.code, 0,
      "tests/site/up {arguments:?} failed:\n{}",
      ran.stderr
    );
    let config = PathBuf::from(ran.stdout.lines().last().expect("the path of cutover.toml"));
    Self {
      dir,
      config,
      compose: None,
    }
  }

  /// The same site as if nobody had ever written its configuration: `init` does, and a rehearsal
  /// proves it. Compose is found by the name everybody uses, so it must be the one of this site.
  #[allow(
    dead_code,
    reason = "the bench, which shares this file, does not use it"
  )]
  pub(crate) fn up_and_init(arguments: &[&str]) -> Self {
    let mut site = Self::up(arguments);
    let written = fs::read_to_string(&site.config).expect("cutover.toml");
    let compose = written
      .lines()
      .find_map(|line| line.strip_prefix("command = [\"")?.split('"').next())
      .expect("its Compose");
    site.compose = Path::new(compose).parent().map(Path::to_owned);
    fs::remove_file(&site.config).expect("no cutover.toml");
    let folder = site.dir.to_string_lossy().into_owned();
    let mut init = Command::new(env!("CARGO_BIN_EXE_cutover"));
    init.args(["init", &folder, "--yes"]);
    run(site.on_path(&mut init)).ok();
    site.cutover(&["rehearse", "--yes"]).ok().says("as before");
    site
  }

  fn on_path<'a>(&self, command: &'a mut Command) -> &'a mut Command {
    if let Some(folder) = self.compose.as_ref().filter(|folder| folder.is_absolute()) {
      let rest = std::env::var("PATH").unwrap_or_default();
      command.env("PATH", format!("{}:{rest}", folder.display()));
    }
    command
  }

  /// The binary with this site's configuration; `words` are the rest of the command line.
  pub(crate) fn command(&self, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.arg("--config").arg(&self.config).args(words);
    command.env_remove("CI").env_remove("NO_COLOR");
    self.on_path(&mut command);
    command
  }

  pub(crate) fn cutover(&self, words: &[&str]) -> Ran {
    run(&mut self.command(words))
  }

  pub(crate) fn status(&self) -> Value {
    self.cutover(&["status", "--json"]).json()
  }

  /// The slot that is proven live; fails when it is not proven.
  #[track_caller]
  pub(crate) fn proven(&self) -> String {
    let status = self.status();
    assert_eq!(status["live"]["state"], "proven", "{status:#}");
    status["live"]["slot"].as_str().expect("a slot").to_owned()
  }

  /// The version that answers through the proxy now.
  pub(crate) fn answering(&self) -> String {
    let status = self.status();
    let live = status["live"]["slot"]
      .as_str()
      .expect("a live slot")
      .to_owned();
    status["slots"][&live]["version"]
      .as_str()
      .unwrap_or("none")
      .to_owned()
  }

  /// Container IDs of a slot's services, sorted.
  pub(crate) fn containers(&self, slot: &str) -> Vec<String> {
    let status = self.status();
    let mut ids: Vec<String> = status["slots"][slot]["containers"]["value"]
      .as_array()
      .expect("containers")
      .iter()
      .map(|container| container["id"].as_str().expect("an id").to_owned())
      .collect();
    ids.sort();
    ids
  }

  pub(crate) fn path(&self, name: &str) -> PathBuf {
    self.dir.join(name)
  }

  pub(crate) fn read(&self, name: &str) -> String {
    fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
  }

  pub(crate) fn write(&self, name: &str, text: &str) {
    fs::write(self.path(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
  }

  /// The number of the newest operation.
  pub(crate) fn newest(&self) -> u32 {
    fs::read_dir(self.path(".cutover/operations"))
      .expect("operations")
      .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
      .max()
      .expect("an operation")
  }

  /// The whole journal of an operation as text.
  pub(crate) fn journal(&self, number: u32) -> String {
    self.read(&format!(".cutover/operations/{number:06}/journal.jsonl"))
  }

  /// The name of one of the site's containers, such as `proxy` or `api-green`.
  pub(crate) fn container(&self, service: &str) -> String {
    let project = self.project();
    let ran = run(Command::new("docker").args([
      "ps",
      "-a",
      "--filter",
      &format!("label=com.docker.compose.project={project}"),
      "--filter",
      &format!("label=com.docker.compose.service={service}"),
      "--format",
      "{{.Names}}",
    ]));
    ran
      .stdout
      .lines()
      .next()
      .unwrap_or_else(|| panic!("no container for {service}"))
      .to_owned()
  }

  pub(crate) fn project(&self) -> String {
    let text = fs::read_to_string(&self.config).expect("cutover.toml");
    text
      .lines()
      .find_map(|line| line.strip_prefix("project = "))
      .map(|value| value.trim().trim_matches('"').to_owned())
      .expect("a project in cutover.toml")
  }

  /// Traffic through the proxy in the background, bounded in time.
  pub(crate) fn load(&self, seconds: u32, kinds: &str) -> Load {
    let ledger = self.path("ledger.jsonl");
    let child = Command::new(repository().join("tests/site/load"))
      .args(["--site"])
      .arg(&self.dir)
      .args([
        "--seconds",
        &seconds.to_string(),
        "--kinds",
        kinds,
        "--ledger",
      ])
      .arg(&ledger)
      .stdin(Stdio::null())
      .stdout(Stdio::piped())
      .stderr(Stdio::piped())
      .spawn()
      .expect("the load generator starts");
    wait_until(
      "the load generator has sent its first requests",
      Duration::from_secs(20),
      || fs::metadata(&ledger).is_ok(),
    );
    Load { child: Some(child) }
  }
}

impl Drop for Site {
  fn drop(&mut self) {
    if std::thread::panicking() && std::env::var_os("CUTOVER_KEEP_SITES").is_some() {
      eprintln!("kept for inspection: {}", self.dir.display());
      return;
    }
    let ran = run(Command::new(repository().join("tests/site/down")).arg(&self.dir));
    if ran.code != 0 {
      eprintln!("tests/site/down failed:\n{}", ran.stderr);
    }
    let _ = fs::remove_dir_all(&self.dir);
  }
}

/// The load generator at work.
pub(crate) struct Load {
  child: Option<Child>,
}

impl Load {
  /// Ends it and returns its summary.
  pub(crate) fn stop(mut self) -> Value {
    let child = self.child.take().expect("a running load");
    run(Command::new("kill").args(["-TERM", &child.id().to_string()]));
    let output = child.wait_with_output().expect("the load ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| {
      panic!(
        "{error}: no summary in:\n{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
      )
    })
  }
}

impl Drop for Load {
  fn drop(&mut self) {
    if let Some(child) = &mut self.child {
      let _ = child.kill();
      let _ = child.wait();
    }
  }
}

/// Requests lost of one client kind; fails when none was sent.
#[track_caller]
pub(crate) fn lost(summary: &Value, kind: &str) -> u64 {
  let row = &summary["kinds"][kind];
  assert!(
    row["sent"].as_u64().unwrap_or(0) > 0,
    "no {kind} request was sent: {summary:#}"
  );
  row["lost"]
    .as_u64()
    .unwrap_or_else(|| panic!("no count of lost {kind} requests in {summary:#}"))
}

/// Waits for a fact, and says which one never came.
#[track_caller]
pub(crate) fn wait_until(what: &str, limit: Duration, mut fact: impl FnMut() -> bool) {
  let end = Instant::now() + limit;
  while !fact() {
    assert!(Instant::now() < end, "never came true: {what}");
    std::thread::park_timeout(Duration::from_millis(20));
  }
}

pub(crate) fn docker(arguments: &[&str]) -> Ran {
  run(Command::new("docker").args(arguments))
}
