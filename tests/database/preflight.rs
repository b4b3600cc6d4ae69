//! Every fault that would stop a backup is found before, with its fix.

use std::{fs, os::unix::fs::PermissionsExt};

use cutover::{
  config::{Place, Postgres},
  engine::ports::{Database, PortErrorKind},
};

use crate::postgresql::{Postgresql, backup, docker};

#[tokio::test]
async fn preflight_names_each_fault_with_its_fix() {
  let server = Postgresql::start();
  server.fill(10);
  let faults = |change: fn(&mut Postgres)| {
    let database = server.adapter(change);
    async move {
      let found = database.preflight().await.unwrap();
      found
        .iter()
        .map(|fault| format!("{} => {}", fault.fault.what, fault.fault.fix))
        .collect::<Vec<_>>()
    }
  };
  assert_eq!(faults(|_| {}).await, Vec::<String>::new());
  assert!(
    server.files().is_empty() && !server.backups_dir().exists(),
    "looking changes nothing"
  );

  for (change, words) in [
    (
      (|p| p.place = Place::Service("nothing".into())) as fn(&mut Postgres),
      ["nothing", "up -d"],
    ),
    (
      |p| p.place = Place::Container("no-such-container".into()),
      ["no-such-container", "[database]"],
    ),
    (
      |p| p.name = Some("no_such_database".into()),
      ["no_such_database", "psql"],
    ),
    (
      |p| p.user = Some("nobody_here".into()),
      ["nobody_here", "psql"],
    ),
    (
      |p| p.name = Some("host=elsewhere".into()),
      ["host=elsewhere", "[database]"],
    ),
    (
      |p| p.backup.as_mut().unwrap().dir = "/proc/backups".into(),
      ["/proc", "dir"],
    ),
  ] {
    let found = faults(change).await;
    assert!(
      found
        .iter()
        .any(|fault| words.iter().all(|word| fault.contains(word))),
      "{words:?}: {found:?}"
    );
  }

  fs::create_dir(server.backups_dir()).unwrap();
  fs::set_permissions(server.backups_dir(), fs::Permissions::from_mode(0o777)).unwrap();
  let found = faults(|_| {}).await;
  assert!(
    found.len() == 1 && found[0].contains("0777") && found[0].contains("chmod 700"),
    "{found:?}"
  );
  assert_eq!(
    backup(&server.adapter(|_| {}), "1.0.0")
      .await
      .unwrap_err()
      .kind,
    PortErrorKind::Misconfigured
  );

  assert!(docker(&["pause", &server.container]));
  let found = faults(|_| {}).await;
  assert!(
    found.iter().any(|fault| fault.contains("paused")),
    "{found:?}"
  );
  assert!(docker(&["unpause", &server.container]));
  assert!(docker(&["stop", "--time", "1", &server.container]));
  let found = faults(|_| {}).await;
  assert!(
    found.iter().any(|fault| fault.contains("docker start")),
    "{found:?}"
  );
}
