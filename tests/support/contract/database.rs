//! What every database promises.

use std::path::Path;

use cutover::{
  engine::ports::{Database, PortErrorKind},
  model::VersionName,
};

use super::until;

/// A backup says what it was taken of, and is listed from then on, the newest first.
pub(crate) async fn lists_the_newest_backup_first(database: &dyn Database) {
  assert_eq!(database.backups().await.unwrap(), []);
  let version: VersionName = "1.4.2".parse().unwrap();
  let first = database
    .backup(Some(&version), Some("head-7"), &|_| ())
    .await
    .unwrap();
  assert_eq!(first.live_version.as_deref(), Some("1.4.2"));
  assert_eq!(first.schema_head.as_deref(), Some("head-7"));
  assert!(first.bytes > 0 && first.entries > 0 && !first.sha256.is_empty());
  let second = database.backup(None, None, &|_| ()).await.unwrap();
  assert_ne!(first.file, second.file);
  assert_eq!(
    (second.live_version.as_ref(), second.schema_head.as_ref()),
    (None, None)
  );
  assert_eq!(database.backups().await.unwrap(), [second, first]);
}

/// A restore never touches the database in use; a swap exchanges names and loses nothing. `change`
/// changes how many rows there are. Returns the name of the former database.
pub(crate) async fn restores_beside_and_swaps_by_name(
  database: &dyn Database,
  change: impl AsyncFnOnce(),
) -> String {
  let saved = database.row_counts().await.unwrap();
  let record = database.backup(None, None, &|_| ()).await.unwrap();
  change().await;
  let changed = database.row_counts().await.unwrap();
  assert_ne!(changed, saved);

  let file = Path::new(Path::new(&record.file).file_name().unwrap());
  let restore = async |file: &Path, name: &str| {
    let restored = database.restore_into(file, name, &|_| ()).await;
    restored.map_err(|error| error.kind)
  };
  let swap = async |name: &str| database.swap(name).await.map_err(|error| error.kind);
  for name in [
    "ala-new",
    "Restored",
    "x; drop database ala_production",
    "",
    "dbname=postgres",
    // In use.
    record.database.as_str(),
  ] {
    assert_eq!(
      restore(file, name).await,
      Err(PortErrorKind::Refused),
      "{name}"
    );
  }
  assert_eq!(
    restore(Path::new("no-such.dump"), "restored").await,
    Err(PortErrorKind::Misconfigured)
  );
  assert_eq!(
    swap("restored").await,
    Err(PortErrorKind::Refused),
    "nothing was restored under that name"
  );
  assert_eq!(restore(file, "restored").await.as_ref(), Ok(&saved));
  assert_eq!(
    restore(file, "restored").await,
    Err(PortErrorKind::Refused),
    "never over one that is there"
  );
  assert_eq!(database.row_counts().await.unwrap(), changed);

  let former = swap("restored").await.unwrap();
  assert_eq!(database.row_counts().await.unwrap(), saved);
  assert_eq!(swap("restored").await, Err(PortErrorKind::Refused));
  assert_eq!(
    restore(file, &former).await,
    Err(PortErrorKind::Refused),
    "the former is still there"
  );
  former
}

/// One migration at a time; the lock is free again when its guard is gone.
pub(crate) async fn lets_one_migration_in(database: &dyn Database) {
  let guard = database.migration_lock().await.unwrap();
  let refused = database.migration_lock().await.err().unwrap();
  assert_eq!(refused.kind, PortErrorKind::Refused);
  assert!(
    refused.detail.contains("another migration holds the lock"),
    "{refused}"
  );
  drop(guard);
  until("the migration lock is free", async || {
    database.migration_lock().await.ok().map(drop)
  })
  .await;
}
