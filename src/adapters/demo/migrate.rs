//! `migrate up|status|plan`: the sample application's schema, one transaction per step.
//!
//! It takes nothing but `DATABASE_URL` and `PGOPTIONS`, so a lock or statement timeout set from outside applies. Which
//! steps a version knows follows from the version; a step that the database has and the version does not is reported.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Error};

use super::settings::BuiltIn;

struct Step {
  version: &'static str,
  what: &'static str,
  sql: &'static str,
}

const ORDERS: Step = Step {
  version: "0001",
  what: "create orders",
  sql: "create table if not exists orders (id bigserial primary key, item text not null, slot text, \
          placed_at timestamptz not null default now())",
};
const NOTE: Step = Step {
  version: "0002",
  what: "add orders.note",
  sql: "alter table orders add column if not exists note text",
};
const CHANNEL: Step = Step {
  version: "0003",
  what: "add orders.channel",
  sql: "alter table orders add column if not exists channel text",
};
const BROKEN: Step = Step {
  version: "0009",
  what: "add order_lines.total",
  sql: "alter table order_lines add column total numeric",
};

fn known(version: &str, built_in: BuiltIn) -> Vec<&'static Step> {
  if built_in == BuiltIn::FailsMigration {
    return vec![&ORDERS, &BROKEN];
  }
  if version.starts_with("1.2.") {
    vec![&ORDERS, &NOTE, &CHANNEL]
  } else if version.starts_with("1.1.") {
    vec![&ORDERS, &NOTE]
  } else {
    vec![&ORDERS]
  }
}

/// Applies what is missing; answers with one line per step.
pub async fn up(
  client: &mut Client,
  version: &str,
  built_in: BuiltIn,
) -> Result<Vec<String>, String> {
  client
    .batch_execute(
      "create table if not exists schema_migrations (version text primary key, \
             applied_at timestamptz not null default now())",
    )
    .await
    .map_err(|error| format!("schema_migrations cannot be created: {}", reason(&error)))?;
  let mut lines = Vec::new();
  for step in known(version, built_in) {
    let done = apply(client, step).await;
    let done = done.map_err(|error| {
      format!(
        "migration {} ({}) failed: {}",
        step.version,
        step.what,
        reason(&error)
      )
    })?;
    lines.push(format!(
      "{} {}: {}",
      step.version,
      step.what,
      if done { "applied" } else { "already there" }
    ));
  }
  Ok(lines)
}

/// Whether the step had to be applied.
async fn apply(client: &mut Client, step: &Step) -> Result<bool, Error> {
  let work = client.transaction().await?;
  work
    .batch_execute("lock table schema_migrations in exclusive mode")
    .await?;
  let news = work
    .execute(
      "insert into schema_migrations (version) values ($1) on conflict do nothing",
      &[&step.version],
    )
    .await?;
  if news == 1 {
    work.batch_execute(step.sql).await?;
  }
  work.commit().await?;
  Ok(news == 1)
}

/// One line per step and, last, `head` with the newest step applied.
pub async fn status(
  client: &Client,
  version: &str,
  built_in: BuiltIn,
) -> Result<Vec<String>, String> {
  let applied = applied(client).await?;
  let known = known(version, built_in);
  let mut lines: Vec<String> = known
    .iter()
    .map(|step| {
      let state = if applied.contains(step.version) {
        "applied"
      } else {
        "pending"
      };
      format!("{} {}: {state}", step.version, step.what)
    })
    .collect();
  for version in &applied {
    if !known.iter().any(|step| step.version == version) {
      lines.push(format!("{version}: applied, unknown to this version"));
    }
  }
  lines.push(format!(
    "head {}",
    applied.last().map_or("none", String::as_str)
  ));
  Ok(lines)
}

/// What `up` would do, without doing it.
pub async fn plan(
  client: &Client,
  version: &str,
  built_in: BuiltIn,
) -> Result<Vec<String>, String> {
  let applied = applied(client).await?;
  let pending = known(version, built_in)
    .into_iter()
    .filter(|step| !applied.contains(step.version));
  let mut lines: Vec<String> = pending
    .map(|step| format!("{} {}: {}", step.version, step.what, step.sql))
    .collect();
  lines.push(format!("{} pending", lines.len()));
  Ok(lines)
}

async fn applied(client: &Client) -> Result<BTreeSet<String>, String> {
  let exists = client
    .query_one("select to_regclass('schema_migrations') is not null", &[])
    .await;
  let exists: bool = exists
    .and_then(|row| row.try_get(0))
    .map_err(|error| reason(&error))?;
  if !exists {
    return Ok(BTreeSet::new());
  }
  let rows = client
    .query("select version from schema_migrations", &[])
    .await;
  rows
    .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
    .map_err(|error| reason(&error))
}

fn reason(error: &Error) -> String {
  error
    .as_db_error()
    .map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
  use super::{BuiltIn, known};

  #[test]
  fn a_newer_version_knows_every_step_of_an_older_one() {
    let steps = |version: &str| {
      known(version, BuiltIn::Sound)
        .iter()
        .map(|step| step.version)
        .collect::<Vec<_>>()
    };
    assert_eq!(steps("1.0.0"), ["0001"]);
    assert_eq!(steps("1.1.0"), ["0001", "0002"]);
    assert_eq!(steps("1.2.0"), ["0001", "0002", "0003"]);
  }
}
