//! Carries out effects beside the loop, and sends back what came of them.
//!
//! Everything here can end at any moment with the console: operations run in processes of their
//! own and never depend on it.

mod doctor;
mod operation;
mod preempt;
mod read;
mod watch;

use std::sync::Arc;

use tokio::{
  sync::{mpsc, watch::Sender},
  task::JoinHandle,
};

use super::{effect::Effect, msg::Msg, state::ask::Ticket};
use crate::{
  engine::{
    self,
    observer::Nudge,
    ports::{Message, Operations},
    world::World,
  },
  model::{log_source::Source, observation::Observation},
};

pub(super) struct Tasks {
  world: World,
  operations: Arc<dyn Operations>,
  to: mpsc::Sender<Msg>,
  nudges: mpsc::Sender<Nudge>,
  sources: Sender<Vec<Source>>,
  following: Option<JoinHandle<()>>,
}

impl Tasks {
  /// Starts to look at once.
  pub(super) fn new(world: World, operations: Arc<dyn Operations>, to: mpsc::Sender<Msg>) -> Self {
    let (nudges, asked) = mpsc::channel(4);
    let (sources, listed) = tokio::sync::watch::channel(Vec::new());
    let tasks = Self {
      world,
      operations,
      to,
      nudges,
      sources,
      following: None,
    };
    tasks.watch(asked, listed);
    tasks
  }

  pub(super) fn start(&mut self, effect: Effect, seen: Option<&Arc<Observation>>) {
    match effect {
      Effect::Observe => {
        // A full queue holds a nudge already.
        let _ = self.nudges.try_send(Nudge::Now);
      }
      Effect::Sources(sources) => {
        self.sources.send_replace(sources);
      }
      Effect::LoadBackups { ticket } => {
        tokio::spawn(read::backups(self.world.clone(), self.to.clone(), ticket));
      }
      Effect::Diagnose { ticket } => {
        tokio::spawn(doctor::once(self.world.clone(), self.to.clone(), ticket));
      }
      Effect::LoadHistory => read::history(self.world.clone(), self.to.clone()),
      Effect::LoadStory { ticket, id } => {
        read::story(self.world.clone(), self.to.clone(), ticket, id);
      }
      Effect::Offer { ticket } => self.offer(ticket),
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
      Effect::EndWatch { of } => self.end_watch(of),
      // The loop's own.
      Effect::Copy { .. }
      | Effect::CopyPanel
      | Effect::Shell { .. }
      | Effect::Save { .. }
      | Effect::Ring
      | Effect::Redraw
      | Effect::Mouse
      | Effect::Suspend
      | Effect::Quit => {}
    }
  }

  fn offer(&self, ticket: Ticket) {
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(async move {
      let offered = engine::versions::offered(&world).await;
      drop(to.send(Msg::Offered { ticket, offered }).await);
    });
  }
}
