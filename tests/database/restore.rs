//! Restores go beside the database in use; only names are exchanged.

use std::{
  path::Path,
  process::{Command, Stdio},
};

use cutover::engine::ports::Database;

use crate::{
  contract::database as contract,
  postgresql::{Client, Postgresql, backup, until},
};

#[tokio::test]
async fn a_dump_is_restored_beside_the_database_in_use_and_swapped_in_by_name() {
  let server = Postgresql::start();
  server.fill(5_000);
  let database = server.adapter(|_| {});
  // A pool that reconnects at once whenever it is thrown out.
  let script = "while :; do psql -Xq -U ala_user -d ala_production -c 'select pg_sleep(60)' >/dev/null 2>&1; done";
  let pools: Vec<Client> = (0..3)
    .map(|_| {
      Client(
        Command::new("docker")
          .args(["exec", "-i", &server.container, "sh", "-c", script])
          .stdin(Stdio::piped())
          .spawn()
          .unwrap(),
      )
    })
    .collect();
  let connected = "select count(*) from pg_stat_activity where datname = 'ala_production'";
  until("the pool to connect", || {
    server.sql("postgres", connected) == "3"
  })
  .await;
  assert_eq!(
    database.row_counts().await.unwrap(),
    [
      ("public.Odd | name".to_owned(), 5_000),
      ("public.users".to_owned(), 100),
    ]
  );
  let aside = contract::restores_beside_and_swaps_by_name(&database, async || {
    server.sql("ala_production", "delete from users where id > 40");
  })
  .await;
  drop(pools);
  assert!(aside.starts_with("ala_production_before_2"), "{aside}");
  assert_eq!(
    server.sql(&aside, "select count(*) from users"),
    "40",
    "nothing was lost"
  );
  let encoding = format!(
    "select string_agg(distinct pg_encoding_to_char(encoding) || datcollate || datdba, ' ') from pg_database where datname in ('ala_production', '{aside}')"
  );
  assert!(!server.sql("postgres", &encoding).contains(' '));

  server.sql("postgres", "create database by_hand");
  let error = database.swap("by_hand").await.unwrap_err();
  assert!(error.detail.contains("not a complete restore"), "{error}");
}

#[tokio::test]
async fn a_restore_that_fails_drops_the_new_database_again() {
  let server = Postgresql::start();
  server.fill(10);
  server.sql(
    "ala_production",
    "create role gone; alter table users owner to gone",
  );
  let database = server.adapter(|_| {});
  let record = backup(&database, "1.0.0").await.unwrap();
  server.sql(
    "ala_production",
    "alter table users owner to ala_user; drop role gone",
  );
  let error = database
    .restore_into(Path::new(&record.file), "restored", &|_| {})
    .await
    .unwrap_err();
  assert!(
    error.detail.contains("gone") && error.detail.contains("dropped again"),
    "{error}"
  );
  assert_eq!(
    server.sql(
      "postgres",
      "select count(*) from pg_database where datname = 'restored'"
    ),
    "0"
  );
}
