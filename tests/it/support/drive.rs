//! Drives whole operations over the fake world as a front end and a runner process would, and
//! kills the runner where the test says so.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use cutover::{
  engine::{
    Intent, intent,
    ports::{Inbox, Message},
    recovery,
    runner::Runner,
  },
  model::{
    Slot,
    event::{Answer, Event, Record, Recovery},
    observation::{Holder, Observation},
    operation::{OperationId, Verdict},
    plan::{Order, Plan, Refusal, Step},
    shown::Shown,
  },
};

use super::{
  fake::{FakeSite, actor, base},
  ledger::FakeJournal,
};

/// What a front end says, and when.
#[derive(Clone, Debug)]
pub enum When {
  /// As soon as the gate with this index's name opens.
  GateOpens,
  /// While the step with this word is under way.
  During(&'static str),
}

/// Speaks each message once, when its moment has come.
pub struct Script {
  pub site: Arc<FakeSite>,
  pub order: Order,
  pub lines: Vec<(When, Message)>,
}

impl Script {
  fn due(&mut self) -> Option<Message> {
    let records = self.site.state().records(self.order.id).to_vec();
    let last = records.iter().rev().find(|record| {
      matches!(
        record.event,
        Event::StepStarted { .. }
          | Event::GateOpened { .. }
          | Event::StepFinished { .. }
          | Event::StepFailed { .. }
          | Event::Resumed { .. }
      )
    })?;
    let position = self.lines.iter().position(|(when, _)| match when {
      When::GateOpens => matches!(last.event, Event::GateOpened { .. }),
      When::During(word) => match &last.event {
        Event::StepStarted { index } => {
          super::step_word(&self.order.plan.steps[*index].step) == *word
        }
        _ => false,
      },
    })?;
    Some(self.lines.remove(position).1)
  }
}

impl Inbox for Script {
  fn next(&mut self) -> Pin<Box<dyn Future<Output = Message> + Send + '_>> {
    Box::pin(async {
      let site = self.site.clone();
      loop {
        let spoke = site.spoke.notified();
        tokio::pin!(spoke);
        spoke.as_mut().enable();
        if let Some(message) = self.due() {
          return message;
        }
        spoke.await;
      }
    })
  }
}

pub fn yes(gate: &str) -> Message {
  Message::Answer {
    gate: gate.into(),
    answer: Answer::Yes,
    actor: actor(),
  }
}

pub fn no(gate: &str) -> Message {
  Message::Answer {
    gate: gate.into(),
    answer: Answer::No,
    actor: actor(),
  }
}

pub fn abort() -> Message {
  Message::Abort { actor: actor() }
}

pub fn note(text: &str) -> Message {
  Message::Note {
    actor: actor(),
    text: Shown::line(text),
  }
}

/// How a runner's life ended.
#[derive(Clone, Debug)]
pub enum Life {
  Ended(Verdict),
  Killed,
}

impl Life {
  pub fn verdict(self) -> Verdict {
    match self {
      Self::Ended(verdict) => verdict,
      Self::Killed => panic!("the runner was killed"),
    }
  }
}

/// No operation may take longer than this, whatever hangs.
const FOREVER: Duration = Duration::from_hours(6);

impl FakeSite {
  pub async fn observe(self: &Arc<Self>) -> Observation {
    cutover::engine::observe(&self.world()).await
  }

  pub async fn plan(self: &Arc<Self>, intent: &Intent) -> Result<Plan, Refusal> {
    let world = self.world();
    let observation = cutover::engine::observe(&world).await;
    cutover::engine::plan::plan(&world, &observation, intent).await
  }

  /// Numbers the operation, writes its order and takes the lock, as a launcher does.
  pub fn launch(&self, plan: Plan) -> Order {
    let mut state = self.state();
    let order = Order {
      id: OperationId(u32::try_from(state.ledger.orders.len()).unwrap() + 1),
      plan,
      actor: actor(),
      at: base(),
    };
    state.ledger.orders.push(order.clone());
    state.revive();
    state.ledger.lock = Some(holder(&order));
    order
  }

  /// Another runner takes the lock of an operation that was launched before.
  pub fn takes_up(&self, order: &Order) {
    let mut state = self.state();
    state.revive();
    state.ledger.lock = Some(holder(order));
  }

  /// Plans, launches and runs; panics when it is refused.
  pub async fn operate(self: &Arc<Self>, intent: &Intent) -> (Order, Verdict) {
    let (order, life) = self.operate_with(intent, Vec::new()).await;
    (order, life.verdict())
  }

  pub async fn operate_with(
    self: &Arc<Self>,
    intent: &Intent,
    lines: Vec<(When, Message)>,
  ) -> (Order, Life) {
    let plan = self
      .plan(intent)
      .await
      .unwrap_or_else(|refusal| panic!("refused: {refusal:?}"));
    let order = self.launch(plan);
    let life = self.run(&order, lines).await;
    (order, life)
  }

  pub async fn run(self: &Arc<Self>, order: &Order, lines: Vec<(When, Message)>) -> Life {
    let mut inbox = self.script(order, lines);
    self.run_hearing(order, &mut inbox).await
  }

  /// The same, with somebody else speaking to the runner.
  pub async fn run_hearing(self: &Arc<Self>, order: &Order, inbox: &mut dyn Inbox) -> Life {
    let world = self.world();
    let journal = self.journal(order);
    let runner = Runner::new(&world, order, &journal, inbox, &[]);
    let begun = Event::Begun {
      plan_hash: order.plan.hash(),
      actor: actor(),
      boot_id: "boot".into(),
      runner_pid: 99,
    };
    self.live(runner.run(begun)).await
  }

  pub async fn recover(self: &Arc<Self>, order: &Order, how: Recovery) -> Life {
    self.takes_up(order);
    let world = self.world();
    let journal = self.journal(order);
    let mut inbox = self.script(order, Vec::new());
    let records = self.state().records(order.id).to_vec();
    let resumed = Event::Resumed {
      actor: actor(),
      boot_id: "boot".into(),
      runner_pid: 100,
      how,
    };
    self
      .live(recovery::recover(
        &world, order, &journal, &mut inbox, &records, resumed,
      ))
      .await
  }

  async fn live(&self, runner: impl Future<Output = Verdict>) -> Life {
    let life = tokio::select! {
      biased;
      () = self.died.notified() => Life::Killed,
      verdict = tokio::time::timeout(FOREVER, runner) => match verdict {
        Ok(verdict) => Life::Ended(verdict),
        Err(elapsed) => panic!("the runner never ended ({elapsed}); last calls {:?}", self.last_calls()),
      },
    };
    let mut state = self.state();
    let life = if state.dead { Life::Killed } else { life };
    state.ledger.lock = None;
    state.dead = false;
    state.death = None;
    drop(state);
    // Forgets a death that was told after the runner's last breath.
    let _ = futures_util::FutureExt::now_or_never(self.died.notified());
    life
  }

  fn last_calls(&self) -> Vec<&'static str> {
    let state = self.state();
    state
      .calls
      .iter()
      .rev()
      .take(5)
      .map(|call| call.name)
      .collect()
  }

  fn journal(self: &Arc<Self>, order: &Order) -> FakeJournal {
    FakeJournal {
      site: self.clone(),
      id: order.id,
    }
  }

  fn script(self: &Arc<Self>, order: &Order, lines: Vec<(When, Message)>) -> Script {
    Script {
      site: self.clone(),
      order: order.clone(),
      lines,
    }
  }

  pub fn events(&self, order: &Order) -> Vec<Event> {
    let state = self.state();
    state
      .records(order.id)
      .iter()
      .map(|r| r.event.clone())
      .collect()
  }

  pub fn records_of(&self, order: &Order) -> Vec<Record> {
    self.state().records(order.id).to_vec()
  }

  pub fn ends(&self, order: &Order) -> usize {
    self
      .events(order)
      .iter()
      .filter(|event| matches!(event, Event::Ended { .. }))
      .count()
  }
}

impl super::fake::State {
  /// A new process: what killed or starved the last one is forgotten, except standing troubles.
  fn revive(&mut self) {
    self.dead = false;
    self.written = 0;
  }
}

fn holder(order: &Order) -> Holder {
  Holder {
    operation: order.id,
    kind: order.plan.kind,
    actor: actor(),
    since: base(),
    boot_id: "boot".into(),
    pid: 99,
    pid_started: 1,
  }
}

pub fn deploy(version: &str, ready: intent::WhenReady) -> Intent {
  Intent::Deploy(intent::Deploy {
    slot: None,
    version: version.parse().unwrap(),
    source: None,
    ready,
    skip_smoke: None,
  })
}

pub fn up(version: &str) -> Intent {
  Intent::Up {
    slot: None,
    version: version.parse().unwrap(),
  }
}

pub fn switch(to: Slot) -> Intent {
  Intent::Switch { to, reason: None }
}

pub fn rollback() -> Intent {
  Intent::Rollback(intent::Rollback {
    version: None,
    reason: None,
    force: intent::Force::No,
    undoes: None,
  })
}

pub fn rollback_to(version: &str) -> Intent {
  Intent::Rollback(intent::Rollback {
    version: Some(version.parse().unwrap()),
    reason: None,
    force: intent::Force::No,
    undoes: None,
  })
}

pub fn start(slot: Slot) -> Intent {
  Intent::Start {
    slot,
    service: None,
  }
}

pub fn stop(slot: Slot, force: intent::Force) -> Intent {
  Intent::Stop {
    slot,
    service: None,
    force,
  }
}

/// Of one service.
pub fn restart(slot: Slot, service: &str, force: intent::Force) -> Intent {
  Intent::Restart {
    slot,
    service: Some(service.into()),
    force,
  }
}

/// A step's name in the journal.
pub fn step_word(step: &Step) -> String {
  serde_json::to_value(step).unwrap()["step"]
    .as_str()
    .unwrap()
    .to_owned()
}

pub fn words(plan: &Plan) -> Vec<String> {
  plan
    .steps
    .iter()
    .map(|planned| step_word(&planned.step))
    .collect()
}
