//! A dump goes into a new database and is compared; only a typed swap changes what users see.

use std::path::Path;

use super::Context;
use crate::{
  engine::{ports::Database, world::StepResult},
  model::{
    event::{Failure, Produced},
    shown::Shown,
  },
};

pub(super) async fn load(context: &Context<'_>, file: &str, name: &str) -> StepResult {
  let database = database(context)?;
  let restored = database
    .restore_into(Path::new(file), name, context.note)
    .await
    .map_err(|error| context.world.failed(&error))?;
  let now = database
    .row_counts()
    .await
    .map_err(|error| context.world.failed(&error))?;
  let mut differences = 0;
  for (table, rows) in &restored {
    let live = now
      .iter()
      .find(|(other, _)| other == table)
      .map(|(_, rows)| *rows);
    if live != Some(*rows) {
      differences += 1;
      let live = live.map_or("no such table".to_owned(), |rows| format!("{rows} rows"));
      (context.note)(&format!("{table}: {rows} rows in the dump, {live} in use"));
    }
  }
  Ok(Produced::Said {
    text: Shown::line(&format!(
      "{} tables restored into {name}; {differences} differ from the database in use",
      restored.len()
    )),
  })
}

pub(super) async fn swap(context: &Context<'_>, name: &str) -> StepResult {
  let former = database(context)?
    .swap(name)
    .await
    .map_err(|error| context.world.failed(&error))?;
  Ok(Produced::Said {
    text: Shown::line(&format!(
      "{name} is in use now; the former database is kept as {former}"
    )),
  })
}

fn database<'a>(context: &'a Context<'_>) -> Result<&'a dyn Database, Failure> {
  context
    .world
    .database
    .as_deref()
    .ok_or_else(|| Failure::new("no database is configured"))
}
