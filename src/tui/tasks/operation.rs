//! Operations from the console's side: planned, started, spoken to and followed. They run in
//! processes of their own.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Tasks, preempt};
use crate::{
  engine::{
    self, Intent,
    observer::{Nudge, pace},
    ports::{Follow, Message, Operations, PortError},
    world::World,
  },
  model::{
    event::{Event, Recovery},
    observation::Observation,
    operation::OperationId,
    plan::{Plan, Refusal},
    shown::Shown,
  },
  render::Tone,
  tui::{
    msg::Msg,
    state::{able, ask::Ticket},
  },
};

impl Tasks {
  pub(super) fn end_watch(&self, of: OperationId) {
    let (by, to, world) = (self.operations.actor(), self.to.clone(), self.world.clone());
    let nudges = self.nudges.clone();
    tokio::task::spawn_blocking(move || {
      let (tone, text) = match engine::watch::end(&world, of, by) {
        Ok(()) => (Tone::Good, format!("the watch after {of} is over")),
        Err(why) => {
          tracing::warn!(%why, %of, "the watch could not be ended");
          (Tone::Bad, format!("the watch goes on: {why}"))
        }
      };
      let text = Shown::line(&text);
      drop(to.blocking_send(Msg::Said { tone, text }));
      let _ = nudges.try_send(Nudge::Now);
    });
  }

  pub(super) fn plan(&self, ticket: Ticket, intent: Intent, seen: Option<Arc<Observation>>) {
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(async move {
      let plan = make(&world, &intent, seen).await.map(Box::new);
      drop(to.send(Msg::Planned { ticket, plan }).await);
    });
  }

  pub(super) fn launch(&self, ticket: Ticket, plan: Plan) {
    let (operations, to, world) = self.beside();
    tokio::spawn(async move {
      let launch = preempt::launch(&world, &*operations, plan).await;
      if let Err(why) = &launch {
        tracing::warn!(%why, "the operation could not be started");
      }
      drop(to.send(Msg::Launched { ticket, launch }).await);
    });
  }

  pub(super) fn recover(&self, ticket: Ticket, id: OperationId, how: Recovery) {
    let (operations, to, world) = self.beside();
    tokio::spawn(async move {
      let actor = operations.actor();
      let launch = operations.recover(id, how, &actor).await.map_err(|error| {
        tracing::warn!(%error, "the operation could not be started");
        world.shown(&error.to_string())
      });
      drop(to.send(Msg::Launched { ticket, launch }).await);
    });
  }

  pub(super) fn say(&self, id: OperationId, message: Message) {
    let (operations, to, world) = self.beside();
    tokio::spawn(async move {
      let said = async { operations.attach(id).await?.say(&message).await };
      if let Err(error) = said.await {
        tracing::warn!(%error, %id, "the runner could not be told");
        let text = world.shown(&format!("it could not be told: {error}"));
        let tone = Tone::Warn;
        drop(to.send(Msg::Said { tone, text }).await);
      }
    });
  }

  /// One operation at a time is followed: the newest.
  pub(super) fn follow(&mut self, id: OperationId) {
    if let Some(former) = self.following.take() {
      former.abort();
    }
    let (operations, to, world) = self.beside();
    self.following = Some(tokio::spawn(async move {
      if let Err(error) = follow(&*operations, id, &to).await {
        tracing::warn!(%error, %id, "the operation cannot be followed");
        let text = world.shown(&format!("operation {id} cannot be followed: {error}"));
        let tone = Tone::Warn;
        drop(to.send(Msg::Said { tone, text }).await);
      }
    }));
  }

  /// What a task of its own needs.
  fn beside(&self) -> (Arc<dyn Operations>, mpsc::Sender<Msg>, World) {
    (
      Arc::clone(&self.operations),
      self.to.clone(),
      self.world.clone(),
    )
  }
}

/// A plan from what was just seen; when that is not there yet, from a look of its own.
async fn make(
  world: &World,
  intent: &Intent,
  seen: Option<Arc<Observation>>,
) -> Result<Plan, Refusal> {
  // What was not looked at yet, or could not be, or is too old, is looked at before anything is
  // planned on it or refused for it.
  let now = world.clock.now();
  let fresh = |seen: &Observation| pace::overdue(&world.site, seen.at, now).is_none();
  let seen = match seen.filter(|seen| able::is_whole(seen) && fresh(seen)) {
    Some(seen) => seen,
    None => Arc::new(engine::observe(world).await),
  };
  engine::plan::plan(world, &seen, intent).await
}

async fn follow(
  operations: &dyn Operations,
  id: OperationId,
  to: &mpsc::Sender<Msg>,
) -> Result<(), PortError> {
  let mut attachment = operations.attach(id).await?;
  let order = Box::new(attachment.order().clone());
  if to.send(Msg::Following { order }).await.is_err() {
    return Ok(());
  }
  loop {
    let msg = match attachment.next().await? {
      Follow::Record(record) => {
        let ended = matches!(record.event, Event::Ended { .. });
        let msg = Msg::Recorded {
          id,
          record: Box::new(record),
        };
        if ended {
          drop(to.send(msg).await);
          return Ok(());
        }
        msg
      }
      Follow::RunnerGone => {
        drop(to.send(Msg::RunnerGone { id }).await);
        return Ok(());
      }
    };
    if to.send(msg).await.is_err() {
      return Ok(());
    }
  }
}
