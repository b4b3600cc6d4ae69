//! What happens to the site's processes, found by looking: a few small files, four times a second.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::mpsc, time::sleep};

use super::{
  inspect::standing,
  place::{self, Place},
};
use crate::{
  config::Site,
  engine::ports::PortError,
  model::{
    Slot,
    change::{Change, What},
    container::{ContainerId, ContainerState},
    shown::Shown,
  },
};

const CHANNEL: usize = 256;
const EVERY: Duration = Duration::from_millis(250);

/// One process as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
  slot: Slot,
  service: String,
  name: String,
  state: ContainerState,
  started_at: Option<DateTime<Utc>>,
  exit_code: Option<i64>,
  policy: String,
}

type Picture = BTreeMap<ContainerId, Seen>;

pub(super) fn follow(site: Arc<Site>) -> Result<mpsc::Receiver<Change>, PortError> {
  let mut before = look(&site)?;
  let (sender, receiver) = mpsc::channel(CHANNEL);
  tokio::spawn(async move {
    loop {
      tokio::select! {
        () = sleep(EVERY) => {}
        () = sender.closed() => return,
      }
      // What cannot be looked at ends it: whoever follows then looks at everything anew.
      let Ok(now) = look(&site) else { return };
      for change in changes(&before, &now) {
        if sender.send(change).await.is_err() {
          return;
        }
      }
      before = now;
    }
  });
  Ok(receiver)
}

fn look(site: &Site) -> Result<Picture, PortError> {
  Ok(
    place::all(site)?
      .into_iter()
      .map(|place| (place.spec.id.clone(), seen(place)))
      .collect(),
  )
}

fn seen(place: Place) -> Seen {
  let state = place.state();
  Seen {
    state: standing(state.as_ref()),
    started_at: state.as_ref().and_then(|state| state.started_at),
    exit_code: state.and_then(|state| state.exit_code),
    policy: place.policy(),
    slot: place.spec.slot,
    service: place.spec.service,
    name: place.spec.name,
  }
}

fn changes(before: &Picture, now: &Picture) -> Vec<Change> {
  let mut found = Vec::new();
  let mut tell = |id: &ContainerId, it: &Seen, what: What| {
    found.push(Change {
      container: id.clone(),
      name: Shown::line(&it.name),
      service: it.service.clone(),
      slot: Some(it.slot),
      at: Utc::now(),
      what,
    });
  };
  for (id, gone) in before.iter().filter(|(id, _)| !now.contains_key(id)) {
    tell(id, gone, What::Destroyed);
  }
  for (id, it) in now {
    let old = before.get(id);
    if old.is_none() {
      tell(id, it, What::Created);
    }
    let ran = old.is_some_and(|old| old.state == ContainerState::Running);
    let runs = it.state == ContainerState::Running;
    let again = ran && runs && old.is_some_and(|old| old.started_at != it.started_at);
    if ran && !runs || again {
      tell(
        id,
        it,
        What::Died {
          exit_code: it.exit_code,
        },
      );
    }
    if runs && !ran || again {
      tell(id, it, What::Started);
    }
    if old.is_some_and(|old| old.policy != it.policy) {
      tell(id, it, What::Updated);
    }
  }
  found
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_restart_between_two_looks_is_an_end_and_a_start() {
    let at = |second| DateTime::from_timestamp(second, 0);
    let running = |started| Seen {
      slot: Slot::Blue,
      service: "web".into(),
      name: "web-blue".into(),
      state: ContainerState::Running,
      started_at: started,
      exit_code: Some(3),
      policy: "no".into(),
    };
    let picture = |seen: &Seen| BTreeMap::from([(ContainerId("1".into()), seen.clone())]);
    let told = |before: &Picture, now: &Picture| -> Vec<What> {
      changes(before, now).into_iter().map(|it| it.what).collect()
    };
    let (one, two) = (running(at(1)), running(at(2)));
    let died = What::Died { exit_code: Some(3) };
    assert_eq!(told(&picture(&one), &picture(&one)), []);
    assert_eq!(told(&picture(&one), &picture(&two)), [died, What::Started]);
    assert_eq!(
      told(&Picture::new(), &picture(&one)),
      [What::Created, What::Started]
    );
    assert_eq!(told(&picture(&one), &Picture::new()), [What::Destroyed]);
  }
}
