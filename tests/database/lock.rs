//! The migration lock, and that nobody can leave it behind.

use std::{
  path::Path,
  process::{Command, Stdio},
  sync::Arc,
  time::{Duration, Instant},
};

use cutover::{
  adapters::database::PostgresInContainer,
  config::{Place, Postgres},
  engine::ports::{Database, PortErrorKind},
  model::BySlot,
};

use crate::{
  contract::database as contract,
  minimal_site,
  postgresql::{Client, Postgresql, until},
};

fn locks(server: &Postgresql) -> String {
  server.sql(
    "postgres",
    "select count(*) from pg_locks where locktype = 'advisory'",
  )
}

#[tokio::test]
async fn one_migration_at_a_time_and_the_lock_is_free_again_when_its_guard_is_gone() {
  let server = Postgresql::start();
  server.sql("postgres", "alter system set idle_session_timeout = '1s'");
  server.sql("postgres", "select pg_reload_conf()");
  let database = server.adapter(|_| {});
  contract::lets_one_migration_in(&database).await;
  until("the last guard's lock to be free", || locks(&server) == "0").await;
  let guard = database.migration_lock().await.unwrap();
  assert_eq!(locks(&server), "1");
  let held = Instant::now();
  until("three seconds of idling", || {
    assert_eq!(locks(&server), "1", "the server ended the idle session");
    held.elapsed() > Duration::from_secs(3)
  })
  .await;
  let dropped = Instant::now();
  drop(guard);
  until("the lock to be free", || locks(&server) == "0").await;
  println!("free {} ms after the guard", dropped.elapsed().as_millis());
}

#[tokio::test]
#[ignore = "the child process of the test below, which kills it"]
async fn holder_of_the_lock_for_another_test() {
  let container = std::env::var("HOLD_MIGRATION_LOCK_OF").unwrap();
  let mut site = minimal_site::site(Path::new("/"));
  site.name.clone_from(&container);
  minimal_site::set_projects(&mut site, BySlot::from_fn(|_| Some(container.clone())));
  site.database = Some(Postgres {
    place: Place::Container(container),
    user: None,
    name: None,
    backup: None,
    migrate: None,
    check: None,
  });
  let database = PostgresInContainer::new(Arc::new(site)).unwrap();
  let _guard = database.migration_lock().await.unwrap();
  std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_process_leaves_no_migration_lock_behind() {
  let server = Postgresql::start();
  let holder = Client(
    Command::new(std::env::current_exe().unwrap())
      .args([
        "--ignored",
        "--exact",
        "lock::holder_of_the_lock_for_another_test",
      ])
      .env("HOLD_MIGRATION_LOCK_OF", &server.container)
      .stdout(Stdio::null())
      .spawn()
      .unwrap(),
  );
  until("the holder to hold it", || locks(&server) == "1").await;
  let database =
    server.adapter(|postgres| postgres.place = Place::Container(server.container.clone()));
  assert_eq!(
    database.migration_lock().await.err().unwrap().kind,
    PortErrorKind::Refused
  );
  let killed = Instant::now();
  drop(holder);
  until("the lock to be free", || locks(&server) == "0").await;
  println!(
    "free {} ms after SIGKILL of its holder",
    killed.elapsed().as_millis()
  );
}
