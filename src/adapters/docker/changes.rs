//! Docker's event stream, reduced to the containers of this site: one open connection that is
//! silent while nothing happens.

use std::collections::HashMap;

use bollard::{
  models::{EventActor, EventMessage},
  query_parameters::EventsOptions,
};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::{connection::Connection, find};
use crate::{
  adapters::listed::Listed,
  config::Site,
  engine::ports::PortError,
  model::{
    change::{Change, What},
    container::{ContainerId, DockerHealth},
    shown::Shown,
  },
};

const CHANNEL: usize = 256;
/// Not `exec_*`: a health check makes three of those each time it runs.
const ACTIONS: [&str; 10] = [
  "create",
  "start",
  "die",
  "oom",
  "health_status",
  "pause",
  "unpause",
  "rename",
  "update",
  "destroy",
];

/// Changes from this call on. The receiver closes when the daemon goes away.
pub(super) async fn follow(
  docker: &Connection,
  site: std::sync::Arc<Site>,
) -> Result<mpsc::Receiver<Change>, PortError> {
  let doing = "follow Docker's events";
  // The stream itself says nothing until something happens, not even that it is open; Docker
  // hands out what it remembers since now, so nothing is missed in between.
  let now = Utc::now();
  docker
    .ask(doing, |docker| async move { docker.ping().await })
    .await?;
  let client = docker.client(doing).await?;
  let words = |all: &[&str]| all.iter().map(|&word| word.to_owned()).collect();
  let options = EventsOptions {
    since: Some(format!(
      "{}.{:09}",
      now.timestamp(),
      now.timestamp_subsec_nanos()
    )),
    until: None,
    filters: Some(HashMap::from([
      ("type".to_owned(), words(&["container"])),
      ("event".to_owned(), words(&ACTIONS)),
    ])),
  };
  let (sender, receiver) = mpsc::channel(CHANNEL);
  tokio::spawn(async move {
    let mut events = Box::pin(client.events(Some(options)));
    loop {
      let event = tokio::select! {
        event = events.next() => event,
        () = sender.closed() => return,
      };
      // An event that cannot be read ends it: whoever follows then looks at everything anew.
      let Some(Ok(event)) = event else { return };
      if let Some(change) = change(&site, event)
        && sender.send(change).await.is_err()
      {
        return;
      }
    }
  });
  Ok(receiver)
}

/// `None` for what is not of this site.
fn change(site: &Site, event: EventMessage) -> Option<Change> {
  let EventActor { id, attributes } = event.actor?;
  let (id, attributes) = (id?, attributes?);
  let what = what(event.action.as_deref()?, &attributes)?;
  let name = attributes.get("name").cloned().unwrap_or_default();
  let at = event
    .time_nano
    .map_or_else(Utc::now, DateTime::from_timestamp_nanos);
  let former = attributes.get("oldName").cloned();
  let listed = |name: &str| Listed::of_event(&id, name, &attributes);
  let (slot, service) = find::whose(site, listed(&name)).or_else(|| {
    let former = former?;
    find::whose(site, listed(former.trim_start_matches('/')))
  })?;
  Some(Change {
    container: ContainerId(id.clone()),
    name: Shown::line(&name),
    service,
    slot,
    at,
    what,
  })
}

fn what(action: &str, attributes: &HashMap<String, String>) -> Option<What> {
  Some(match action {
    "create" => What::Created,
    "start" => What::Started,
    "die" => What::Died {
      exit_code: attributes
        .get("exitCode")
        .and_then(|code| code.parse().ok()),
    },
    "oom" => What::OutOfMemory,
    "pause" => What::Paused,
    "unpause" => What::Unpaused,
    "rename" => What::Renamed,
    "update" => What::Updated,
    "destroy" => What::Destroyed,
    _ => What::Health {
      health: match action
        .strip_prefix("health_status")?
        .trim_start_matches(':')
        .trim()
      {
        "healthy" => DockerHealth::Healthy,
        "unhealthy" => DockerHealth::Unhealthy,
        "starting" => DockerHealth::Starting,
        _ => DockerHealth::None,
      },
    },
  })
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn an_action_becomes_what_happened_and_an_exec_nothing() {
    let exit = HashMap::from([("exitCode".to_owned(), "137".to_owned())]);
    for (action, expected) in [
      (
        "die",
        Some(What::Died {
          exit_code: Some(137),
        }),
      ),
      (
        "health_status: unhealthy",
        Some(What::Health {
          health: DockerHealth::Unhealthy,
        }),
      ),
      ("oom", Some(What::OutOfMemory)),
      ("exec_create: wget localhost", None),
      ("kill", None),
      ("", None),
    ] {
      assert_eq!(what(action, &exit), expected, "{action}");
    }
  }
}
