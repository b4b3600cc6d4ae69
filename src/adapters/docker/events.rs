//! What Docker remembers of a container's past: the exit code it last died with, which its state
//! forgets as soon as the restart policy starts it again.

use std::{collections::HashMap, time::Duration};

use bollard::query_parameters::EventsOptions;
use chrono::Utc;
use futures_util::{StreamExt, TryStreamExt};

use super::connection::Connection;
use crate::{
  engine::ports::{LastExit, PortError},
  model::container::ContainerId,
};

/// How far back is asked; Docker keeps the newest 256 events.
const BACK: Duration = Duration::from_mins(15);

pub(super) async fn last_exit(
  docker: &Connection,
  container: &ContainerId,
) -> Result<Option<LastExit>, PortError> {
  let now = Utc::now();
  let back = i64::try_from(BACK.as_secs()).unwrap_or(900);
  // To the nanosecond: a whole second would leave out what happened within it.
  let until = format!("{}.{:09}", now.timestamp(), now.timestamp_subsec_nanos());
  let options = EventsOptions {
    since: Some((now.timestamp() - back).to_string()),
    until: Some(until),
    filters: Some(HashMap::from([
      ("container".to_owned(), vec![container.0.clone()]),
      ("event".to_owned(), vec!["die".to_owned(), "oom".to_owned()]),
    ])),
  };
  let events = docker
    .ask("read Docker's events", |docker| async move {
      docker
        .events(Some(options))
        .take(256)
        .try_collect::<Vec<_>>()
        .await
    })
    .await?;
  let out_of_memory = events
    .iter()
    .any(|event| event.action.as_deref() == Some("oom"));
  Ok(events.into_iter().rev().find_map(|event| {
    let attributes = event.actor?.attributes?;
    let code = attributes.get("exitCode")?.parse().ok()?;
    Some(LastExit {
      code,
      out_of_memory,
    })
  }))
}
