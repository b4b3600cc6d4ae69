//! A `PostgreSQL` of a test's own, and the backup folder beside it.

use std::{
  fs,
  path::PathBuf,
  process::{Child, Command},
  sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
  },
  time::{Duration, Instant},
};

use cutover::{
  adapters::database::PostgresInContainer,
  config::{Backup, Place, Postgres},
  engine::ports::{Database, PortError},
  model::{BySlot, VersionName, event::BackupRecord},
};

use crate::minimal_site;

const IMAGE: &str = "cutover-site/base:12";
pub(crate) const PASSWORD: &str = "canary-password-5f1c";
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// Runs a command that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
  let output = Command::new(program).args(arguments).output().unwrap();
  assert!(
    output.status.success(),
    "{program} {arguments:?}: {}",
    String::from_utf8_lossy(&output.stderr)
  );
  String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Whether a docker command succeeds.
pub(crate) fn docker(arguments: &[&str]) -> bool {
  let output = Command::new("docker").args(arguments).output().unwrap();
  output.status.success()
}

pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
  let end = Instant::now() + LONG;
  while !holds() {
    assert!(Instant::now() < end, "not within {LONG:?}: {what}");
    tokio::task::yield_now().await;
  }
}

/// A `PostgreSQL` of its own, and a backup folder.
pub(crate) struct Postgresql {
  pub(crate) container: String,
  pub(crate) dir: tempfile::TempDir,
}

impl Postgresql {
  pub(crate) fn start() -> Self {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let there = Command::new("docker")
      .args(["image", "inspect", IMAGE])
      .output()
      .unwrap();
    assert!(
      there.status.success(),
      "image {IMAGE} is missing: run tests/site/up first"
    );
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let container = format!("cutover-database-test-{}-{number}", std::process::id());
    let initialize = "initdb -N -A trust -U ala_user -D /tmp/data >/dev/null && exec postgres -D /tmp/data -c fsync=off -c listen_addresses=";
    run(
      "docker",
      &[
        "run",
        "--detach",
        "--name",
        &container,
        "--network",
        "none",
        "--user",
        "postgres",
        "--env",
        "PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin",
        "--env",
        "POSTGRES_USER=ala_user",
        "--env",
        "POSTGRES_DB=ala_production",
        "--env",
        &format!("POSTGRES_PASSWORD={PASSWORD}"),
        "--label",
        &format!("com.docker.compose.project={container}"),
        "--label",
        "com.docker.compose.service=db",
        IMAGE,
        "sh",
        "-c",
        initialize,
      ],
    );
    let this = Self {
      container,
      dir: tempfile::tempdir().unwrap(),
    };
    let end = Instant::now() + LONG;
    // The server of the image's own start-up does not listen; only the final one answers.
    while !docker(&["exec", &this.container, "pg_isready", "-q"]) {
      assert!(Instant::now() < end, "PostgreSQL did not start");
    }
    this.sql("postgres", "create database ala_production");
    this
  }

  pub(crate) fn sql(&self, database: &str, script: &str) -> String {
    run(
      "docker",
      &[
        "exec",
        &self.container,
        "psql",
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "ala_user",
        "-d",
        database,
        "-c",
        script,
      ],
    )
  }

  /// Two tables, one of them large and hard to compress.
  pub(crate) fn fill(&self, rows: u32) {
    self.sql(
      "ala_production",
      &format!(
        "create table users (id int primary key, name text); insert into users select g, 'user ' || g from generate_series(1, 100) g;
         create table \"Odd | name\" as select g as id, md5(g::text) || md5((g * 7)::text) as text from generate_series(1, {rows}) g;
         create view both_of_them as select * from users"
      ),
    );
  }

  pub(crate) fn backups_dir(&self) -> PathBuf {
    self.dir.path().join("backups")
  }

  pub(crate) fn adapter(&self, change: impl FnOnce(&mut Postgres)) -> PostgresInContainer {
    let mut postgres = Postgres {
      place: Place::Service("db".into()),
      user: None,
      name: None,
      backup: Some(Backup {
        dir: self.backups_dir(),
        keep: 2,
      }),
      migrate: None,
      check: None,
    };
    change(&mut postgres);
    let mut site = minimal_site::site(self.dir.path());
    site.name.clone_from(&self.container);
    minimal_site::set_projects(&mut site, BySlot::from_fn(|_| Some(self.container.clone())));
    site.database = Some(postgres);
    PostgresInContainer::new(Arc::new(site)).unwrap()
  }

  pub(crate) fn files(&self) -> Vec<String> {
    let Ok(entries) = fs::read_dir(self.backups_dir()) else {
      return Vec::new();
    };
    let mut names: Vec<String> = entries
      .map(|entry| entry.unwrap().file_name().into_string().unwrap())
      .collect();
    names.sort();
    names
  }

  pub(crate) fn dumps_running(&self) -> bool {
    self.sql(
      "postgres",
      "select count(*) from pg_stat_activity where application_name like 'cutover-backup-%'",
    ) != "0"
  }
}

impl Drop for Postgresql {
  fn drop(&mut self) {
    docker(&["rm", "--force", "--volumes", &self.container]);
  }
}

pub(crate) async fn backup(
  database: &PostgresInContainer,
  version: &str,
) -> Result<BackupRecord, PortError> {
  let version: VersionName = version.parse().unwrap();
  database
    .backup(Some(&version), Some("head-7"), &|_| {})
    .await
}

/// A child that is ended with the test.
pub(crate) struct Client(pub(crate) Child);

impl Drop for Client {
  fn drop(&mut self) {
    self.0.kill().unwrap();
    self.0.wait().unwrap();
  }
}
