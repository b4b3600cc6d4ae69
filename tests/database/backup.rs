//! What counts as a backup: a whole dump, read back in full, and nothing else.

use std::{
  fs,
  os::unix::fs::PermissionsExt,
  path::Path,
  process::Command,
  sync::Mutex,
  time::{Duration, Instant},
};

use cutover::{
  engine::ports::{Database, PortErrorKind},
  model::VersionName,
};

use crate::{
  contract::database as contract,
  postgresql::{Client, PASSWORD, Postgresql, backup, docker, run, until},
};

#[tokio::test]
async fn a_backup_is_listed_from_then_on_the_newest_first() {
  let server = Postgresql::start();
  server.fill(10);
  contract::lists_the_newest_backup_first(&server.adapter(|_| {})).await;
}

#[tokio::test]
async fn a_good_dump_is_verified_and_no_damaged_one_ever_is() {
  let server = Postgresql::start();
  server.fill(60_000);
  let database = server.adapter(|_| {});
  let notes = Mutex::new(Vec::new());
  let version: VersionName = "1.4.2".parse().unwrap();
  let record = database
    .backup(Some(&version), Some("head-7"), &|line| {
      notes.lock().unwrap().push(line.to_owned());
    })
    .await
    .unwrap();
  let good = Path::new(&record.file);
  let verified = database.verify(good).await.unwrap();
  assert_eq!(
    (&verified.sha256, verified.bytes, verified.entries),
    (&record.sha256, record.bytes, record.entries)
  );
  assert_eq!(
    record.sha256,
    run("sha256sum", &[&record.file]).split(' ').next().unwrap()
  );
  assert_eq!(record.database, "ala_production");
  assert!(
    record.server.as_str().starts_with("PostgreSQL 15."),
    "{}",
    record.server
  );
  assert_eq!(
    database.backups().await.unwrap(),
    std::slice::from_ref(&record)
  );
  assert_eq!(server.files().len(), 2);
  for name in server.files() {
    let mode = fs::metadata(server.backups_dir().join(&name))
      .unwrap()
      .permissions()
      .mode();
    assert_eq!(mode & 0o777, 0o600, "{name}");
  }
  assert!(!format!("{:?}", notes.lock().unwrap()).contains(PASSWORD));

  let bytes = fs::read(good).unwrap();
  let mut damaged: Vec<(String, Vec<u8>)> = vec![
    ("zero bytes".into(), Vec::new()),
    ("zeros".into(), vec![0; 4096]),
    // What `pg_dump of nothing | gzip` leaves behind, with exit code 0.
    (
      "gzip of nothing".into(),
      vec![
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      ],
    ),
    (
      "plain text".into(),
      b"--\n-- PostgreSQL database dump complete\n--\n".to_vec(),
    ),
  ];
  for percent in [1, 10, 25, 50, 75, 90, 99] {
    damaged.push((
      format!("cut at {percent} %"),
      bytes[..bytes.len() * percent / 100].to_vec(),
    ));
  }
  for short in [1, 2, 5, 100] {
    damaged.push((
      format!("{short} bytes short"),
      bytes[..bytes.len() - short].to_vec(),
    ));
  }
  // The last three quarters are compressed rows.
  let body = bytes.len() / 4..bytes.len();
  for number in 0..20 {
    let at = body.start + body.len() * number / 20 + 1234 % (body.len() / 20);
    let mut flipped = bytes.clone();
    flipped[at] ^= 1 << (number % 8);
    damaged.push((format!("bit {} of byte {at} flipped", number % 8), flipped));
  }
  let file = server.dir.path().join("damaged.dump");
  for (what, content) in &damaged {
    fs::write(&file, content).unwrap();
    let verdict = database.verify(&file).await;
    assert!(verdict.is_err(), "{what}: {verdict:?}");
  }
  println!(
    "{} damaged dumps, all refused by the full read alone",
    damaged.len()
  );
  // A copy without its side-car is still a good dump: the harness above can tell the difference.
  fs::write(&file, &bytes).unwrap();
  assert_eq!(
    database.verify(&file).await.unwrap().entries,
    record.entries
  );

  // With the side-car, any bit counts, also those that no reading can notice.
  for at in (0..bytes.len()).step_by(bytes.len() / 40) {
    let mut flipped = bytes.clone();
    flipped[at] ^= 0x10;
    fs::write(good, &flipped).unwrap();
    let error = database.verify(good).await.unwrap_err();
    assert!(error.detail.contains("sha256"), "{error}");
    let refused = database
      .restore_into(good, "restored", &|_| {})
      .await
      .unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Refused);
  }
  assert_eq!(
    server.sql(
      "postgres",
      "select count(*) from pg_database where datname = 'restored'"
    ),
    "0"
  );
}

#[tokio::test]
async fn a_dump_that_did_not_end_well_leaves_nothing_that_counts() {
  let server = Postgresql::start();
  let empty = server.adapter(|_| {});
  let error = backup(&empty, "1.0.0").await.unwrap_err();
  assert!(
    error.detail.contains("right database"),
    "an empty database: {error}"
  );
  assert!(server.files().is_empty());

  server.fill(1_500_000);
  let wrong = server.adapter(|postgres| postgres.name = Some("no_such_database".into()));
  let error = backup(&wrong, "1.0.0").await.unwrap_err();
  assert!(error.detail.contains("no_such_database"), "{error}");
  assert!(server.files().is_empty());

  let database = server.adapter(|_| {});
  let terminate = || {
    server.sql(
      "postgres",
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'cutover-backup-%'",
    )
  };
  let running = async {
    until("a dump to end", || {
      !server.files().is_empty() && terminate() == "t"
    })
    .await;
  };
  let (error, ()) = tokio::join!(backup(&database, "1.0.0"), running);
  let error = error.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
  // The server's last words are lost where the client's socket was full when it was ended.
  let ended = ["terminating connection", "server closed the connection"];
  assert!(
    ended.iter().any(|words| error.detail.contains(words)),
    "{error}"
  );
  assert!(server.files().is_empty(), "{:?}", server.files());

  let stopped = async {
    until("a dump to begin", || {
      server.files().len() == 1 && server.dumps_running()
    })
    .await;
    assert!(docker(&["kill", &server.container]));
  };
  let (error, ()) = tokio::join!(backup(&database, "1.0.0"), stopped);
  error.unwrap_err();
  assert!(server.files().is_empty(), "{:?}", server.files());
  assert!(database.backups().await.unwrap().is_empty());

  let error = backup(&database, "1.0.0").await.unwrap_err();
  assert!(error.detail.contains("docker start"), "{error}");
  assert!(!error.to_string().contains(PASSWORD));
}

#[tokio::test]
async fn a_cancelled_backup_ends_its_dump_and_the_next_one_starts_clean() {
  let server = Postgresql::start();
  server.fill(10);
  let database = server.adapter(|_| {});
  // The dump waits behind this one, so it cannot end by itself.
  let script = "begin; lock table users; select pg_sleep(600)";
  let command = [
    "exec",
    &server.container,
    "psql",
    "-Xq",
    "-U",
    "ala_user",
    "-d",
    "ala_production",
    "-c",
    script,
  ];
  let writer = Client(Command::new("docker").args(command).spawn().unwrap());
  let sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
  until("the table to be locked", || {
    server.sql("postgres", sleeping) == "1"
  })
  .await;
  tokio::select! {
    ended = backup(&database, "1.0.0") => panic!("it did not wait: {ended:?}"),
    () = until("a dump to begin", || server.files().len() == 1 && server.dumps_running()) => {}
  }
  let cancelled = Instant::now();
  until("the dump to end in the container", || {
    !server.dumps_running()
  })
  .await;
  assert!(cancelled.elapsed() < Duration::from_secs(20));
  assert!(server.files().is_empty(), "{:?}", server.files());
  let end = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'";
  server.sql("postgres", end);
  drop(writer);

  let left = server
    .backups_dir()
    .join("db-backup-20200101-000000.dump.partial");
  fs::write(&left, b"PGDMP").unwrap();
  let foreign = server.backups_dir().join("by-hand.sql");
  fs::write(&foreign, b"mine").unwrap();
  backup(&database, "1.0.0").await.unwrap();
  assert!(!left.exists() && foreign.exists());
}

#[tokio::test]
async fn retention_keeps_the_newest_and_those_of_the_wanted_versions() {
  let server = Postgresql::start();
  server.fill(10);
  let database = server.adapter(|_| {});
  let mut made = Vec::new();
  for version in ["1.0.0", "1.1.0", "1.1.0", "1.1.0"] {
    made.push(backup(&database, version).await.unwrap());
  }
  let kept = database.backups().await.unwrap();
  assert_eq!(kept, [made[3].clone(), made[2].clone(), made[0].clone()]);
  assert_eq!(server.files().len(), 6);
}
