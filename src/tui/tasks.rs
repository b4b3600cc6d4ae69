//! Carries out effects beside the loop, and sends back what came of them.
//!
//! Everything here can end at any moment with the console: operations run in processes of their
//! own and never depend on it.

use std::sync::Arc;

use tokio::{
  sync::{Notify, mpsc},
  task::JoinHandle,
  time::{Duration, sleep},
};

use super::{effect::Effect, msg::Msg, state::ask::Ticket};
use crate::{
  engine::{
    self, Intent,
    ports::{Follow, Message, Operations, PortError},
    world::World,
  },
  model::{
    event::Recovery,
    observation::Observation,
    operation::OperationId,
    plan::{Plan, Refusal},
  },
  render::Tone,
};

const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

pub(super) struct Tasks {
  world: World,
  operations: Arc<dyn Operations>,
  to: mpsc::Sender<Msg>,
  look: Arc<Notify>,
  following: Option<JoinHandle<()>>,
}

impl Tasks {
  pub(super) fn new(world: World, operations: Arc<dyn Operations>, to: mpsc::Sender<Msg>) -> Self {
    Self {
      world,
      operations,
      to,
      look: Arc::new(Notify::new()),
      following: None,
    }
  }

  /// Looks at the site for as long as the console lives.
  pub(super) fn watch(&self) {
    let (world, to, look) = (self.world.clone(), self.to.clone(), Arc::clone(&self.look));
    tokio::spawn(async move {
      loop {
        let seen = engine::observe(&world).await;
        if to.send(Msg::Observed(Arc::new(seen))).await.is_err() {
          return;
        }
        tokio::select! {
          () = look.notified() => {}
          () = sleep(BETWEEN_LOOKS) => {}
        }
      }
    });
  }

  pub(super) fn start(&mut self, effect: Effect, seen: Option<&Arc<Observation>>) {
    match effect {
      Effect::Observe => self.look.notify_one(),
      Effect::Plan { ticket, intent } => self.plan(ticket, intent, seen.map(Arc::clone)),
      Effect::Launch { ticket, plan } => self.launch(ticket, *plan),
      Effect::Recover { ticket, id, how } => self.recover(ticket, id, how),
      Effect::Answer { id, gate, answer } => {
        let actor = self.operations.actor();
        self.say(
          id,
          Message::Answer {
            gate,
            answer,
            actor,
          },
        );
      }
      Effect::Abort { id } => {
        let actor = self.operations.actor();
        self.say(id, Message::Abort { actor });
      }
      Effect::Note { id, text } => {
        let actor = self.operations.actor();
        self.say(id, Message::Note { actor, text });
      }
      Effect::Follow { id } => self.follow(id),
      // The loop's own.
      Effect::Copy { .. } | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
    }
  }

  fn plan(&self, ticket: Ticket, intent: Intent, seen: Option<Arc<Observation>>) {
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(async move {
      let plan = make(&world, &intent, seen).await.map(Box::new);
      drop(to.send(Msg::Planned { ticket, plan }).await);
    });
  }

  fn launch(&self, ticket: Ticket, plan: Plan) {
    let (operations, to, world) = (
      Arc::clone(&self.operations),
      self.to.clone(),
      self.world.clone(),
    );
    tokio::spawn(async move {
      let actor = operations.actor();
      let launch = operations
        .launch(plan, &actor)
        .await
        .map_err(|error| world.shown(&error.to_string()));
      drop(to.send(Msg::Launched { ticket, launch }).await);
    });
  }

  fn recover(&self, ticket: Ticket, id: OperationId, how: Recovery) {
    let (operations, to, world) = (
      Arc::clone(&self.operations),
      self.to.clone(),
      self.world.clone(),
    );
    tokio::spawn(async move {
      let actor = operations.actor();
      let launch = operations
        .recover(id, how, &actor)
        .await
        .map_err(|error| world.shown(&error.to_string()));
      drop(to.send(Msg::Launched { ticket, launch }).await);
    });
  }

  fn say(&self, id: OperationId, message: Message) {
    let (operations, to, world) = (
      Arc::clone(&self.operations),
      self.to.clone(),
      self.world.clone(),
    );
    tokio::spawn(async move {
      let said = async { operations.attach(id).await?.say(&message).await };
      if let Err(error) = said.await {
        let text = world.shown(&format!("it could not be told: {error}"));
        let tone = Tone::Warn;
        drop(to.send(Msg::Said { tone, text }).await);
      }
    });
  }

  /// One operation at a time is followed: the newest.
  fn follow(&mut self, id: OperationId) {
    if let Some(former) = self.following.take() {
      former.abort();
    }
    let (operations, to, world) = (
      Arc::clone(&self.operations),
      self.to.clone(),
      self.world.clone(),
    );
    self.following = Some(tokio::spawn(async move {
      if let Err(error) = follow(&*operations, id, &to).await {
        let text = world.shown(&format!("operation {id} cannot be followed: {error}"));
        let tone = Tone::Warn;
        drop(to.send(Msg::Said { tone, text }).await);
      }
    }));
  }
}

/// A plan from what was just seen; when that is not there yet, from a look of its own.
async fn make(
  world: &World,
  intent: &Intent,
  seen: Option<Arc<Observation>>,
) -> Result<Plan, Refusal> {
  match seen {
    Some(seen) => engine::plan::plan(world, &seen, intent).await,
    None => {
      let seen = engine::observe(world).await;
      engine::plan::plan(world, &seen, intent).await
    }
  }
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
        let ended = matches!(record.event, crate::model::event::Event::Ended { .. });
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
