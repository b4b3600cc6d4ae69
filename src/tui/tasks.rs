//! Carries out effects beside the loop, and sends back what came of them.
//!
//! Everything here can end at any moment with the console: operations run in processes of their
//! own and never depend on it.

use std::sync::Arc;

use tokio::{
  sync::{mpsc, watch},
  task::JoinHandle,
  time::{Duration, sleep},
};

mod doctor;
mod preempt;
mod read;

use super::{
  effect::Effect,
  msg::Msg,
  state::{able, ask::Ticket},
};
use crate::{
  engine::{
    self, Intent, log_feed,
    observer::{self, Nudge, pace},
    ports::{Follow, Message, Operations, PortError},
    world::World,
  },
  model::{
    beat,
    container::ContainerId,
    event::Recovery,
    log_source::Source,
    observation::Observation,
    operation::OperationId,
    plan::{Plan, Refusal},
    served::Served,
    shown::Shown,
  },
  render::Tone,
};

const BETWEEN_FIGURES: Duration = Duration::from_secs(2);
const BETWEEN_TRIES: Duration = Duration::from_secs(10);

pub(super) struct Tasks {
  world: World,
  operations: Arc<dyn Operations>,
  to: mpsc::Sender<Msg>,
  nudges: mpsc::Sender<Nudge>,
  sources: watch::Sender<Vec<Source>>,
  following: Option<JoinHandle<()>>,
}

impl Tasks {
  /// Starts to look at once.
  pub(super) fn new(world: World, operations: Arc<dyn Operations>, to: mpsc::Sender<Msg>) -> Self {
    let (nudges, asked) = mpsc::channel(4);
    let (sources, listed) = watch::channel(Vec::new());
    let mut tasks = Self {
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

  /// Looks at the site for as long as the console lives.
  fn watch(&mut self, nudges: mpsc::Receiver<Nudge>, sources: watch::Receiver<Vec<Source>>) {
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(async move {
      let (publish, mut seen) = watch::channel(None);
      let watching = observer::run(world, nudges, |observation| {
        publish.send_replace(Some(observation));
      });
      let telling = async {
        while seen.changed().await.is_ok() {
          let latest = seen.borrow_and_update().clone();
          if let Some(latest) = latest
            && to.send(Msg::Observed(latest)).await.is_err()
          {
            return;
          }
        }
      };
      tokio::select! {
        () = watching => {}
        () = telling => {}
      }
    });
    let (world, to, listed) = (self.world.clone(), self.to.clone(), sources.clone());
    tokio::spawn(async move {
      let (feed, mut lines) = mpsc::channel(256);
      let telling = async {
        while let Some(feed) = lines.recv().await {
          if to.send(Msg::Log(feed)).await.is_err() {
            return;
          }
        }
      };
      tokio::join!(log_feed::run(world, listed, feed), telling);
    });
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(usage(world, sources, to));
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(requests(world, to));
    let (world, to) = (self.world.clone(), self.to.clone());
    tokio::spawn(read::watching(world, to));
    tokio::spawn(doctor::always(self.world.clone(), self.to.clone()));
  }

  /// Tells what becomes of a demo's requests.
  pub(super) fn count(&mut self, mut served: watch::Receiver<Served>) {
    let to = self.to.clone();
    tokio::spawn(async move {
      while served.changed().await.is_ok() {
        let latest = *served.borrow_and_update();
        if to.send(Msg::Served(latest)).await.is_err() {
          return;
        }
      }
    });
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
      let launch = preempt::launch(&world, &*operations, plan).await;
      if let Err(why) = &launch {
        tracing::warn!(%why, "the operation could not be started");
      }
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
      let launch = operations.recover(id, how, &actor).await.map_err(|error| {
        tracing::warn!(%error, "the operation could not be started");
        world.shown(&error.to_string())
      });
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
        tracing::warn!(%error, %id, "the runner could not be told");
        let text = world.shown(&format!("it could not be told: {error}"));
        let tone = Tone::Warn;
        drop(to.send(Msg::Said { tone, text }).await);
      }
    });
  }

  fn end_watch(&self, of: OperationId) {
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
        tracing::warn!(%error, %id, "the operation cannot be followed");
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

/// What the running containers use, every two seconds: a few files are read, nothing is asked.
async fn usage(world: World, mut sources: watch::Receiver<Vec<Source>>, to: mpsc::Sender<Msg>) {
  loop {
    let running: Vec<ContainerId> = sources
      .borrow_and_update()
      .iter()
      .filter(|source| source.running_since.is_some())
      .filter_map(|source| source.behind.container().cloned())
      .collect();
    if !running.is_empty()
      && let Ok(readings) = world.runtime.usage(&running).await
      && to.send(Msg::Usage(readings)).await.is_err()
    {
      return;
    }
    tokio::select! {
      changed = sources.changed() => if changed.is_err() { return },
      () = sleep(beat::until(world.clock.now(), BETWEEN_FIGURES)) => {}
    }
  }
}

async fn requests(world: World, to: mpsc::Sender<Msg>) {
  loop {
    match world.router.requests().await {
      Ok(mut lines) => {
        while let Some(requests) = lines.recv().await {
          if to.send(Msg::Requests(Ok(requests))).await.is_err() {
            return;
          }
        }
      }
      Err(error) => {
        tracing::warn!(%error, "no requests can be read");
        let why = world.shown(&error.to_string());
        if to.send(Msg::Requests(Err(why))).await.is_err() {
          return;
        }
      }
    }
    sleep(BETWEEN_TRIES).await;
  }
}
