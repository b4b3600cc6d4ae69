//! Follows an operation to its verdict. Closing this end never stops the operation.

use std::{
  sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
  },
  time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{Desk, Trouble, Verdict};
use crate::{
  cli::{
    interrupts::Interrupts,
    prompt::{self, Answer as Typed},
  },
  engine::{
    confirm::Question,
    ports::{Attachment, Follow, Message},
  },
  model::{
    event::{Answer, Event, Record},
    operation::{OperationId, Outcome},
    plan::{Gate, Step},
  },
  render::{
    page::{Page, Tone},
    plan,
    progress::{Progress, Stamp},
  },
};

/// Whether this end started the operation and answers its gates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
  Drives,
  Watches,
}

const SECOND_INTERRUPT: Duration = Duration::from_secs(2);

pub(super) async fn drive(desk: &mut Desk, id: OperationId) -> Verdict {
  follow(desk, id, Role::Drives).await
}

pub(super) async fn attach(desk: &mut Desk, number: Option<OperationId>) -> Verdict {
  let id = newest(desk, number)?;
  follow(desk, id, Role::Watches).await
}

/// The operation meant: the one named, else the newest.
pub(super) fn newest(desk: &Desk, number: Option<OperationId>) -> Result<OperationId, Trouble> {
  if let Some(id) = number {
    if desk.world.ledger.order(id)?.is_none() {
      return Err(Trouble::said(
        Outcome::Usage,
        format!("there is no operation {id} here"),
        desk.world.command("history").to_string(),
      ));
    }
    return Ok(id);
  }
  desk
    .world
    .ledger
    .orders(1)?
    .first()
    .map(|order| order.id)
    .ok_or_else(|| {
      Trouble::said(
        Outcome::Usage,
        "nothing was ever done here",
        desk.world.command("status").to_string(),
      )
    })
}

async fn follow(desk: &mut Desk, id: OperationId, role: Role) -> Verdict {
  let mut attachment = desk.operations.attach(id).await?;
  let stamp = if std::env::var_os("CI").is_some() {
    Stamp::Utc
  } else {
    Stamp::No
  };
  let mut progress = Progress::new(attachment.order(), stamp, desk.detail(), desk.typing());
  if !desk.globals.json {
    desk.out.progress(&progress.opening());
  }
  let patience = desk.globals.timeout.map(|timeout| Instant::now() + timeout);
  let mut interrupted: Option<Instant> = None;
  let mut heartbeat = tokio::time::interval(Duration::from_secs(15));
  heartbeat.reset();
  let mut interrupts = Interrupts::listen();
  loop {
    let give_up = interrupted.map(|at| at + SECOND_INTERRUPT).or(patience);
    tokio::select! {
      biased;
      next = attachment.next() => match next? {
        Follow::Record(record) => {
          show(desk, &mut progress, &record)?;
          heartbeat.reset();
          if let Event::Ended { verdict } = &record.event {
            return Ok(verdict.outcome);
          }
          if let Event::GateOpened { index, .. } = &record.event
            && let Some(gate) = gate_at(&*attachment, *index)
            && let Some(outcome) = at_gate(desk, &mut *attachment, &mut progress, &gate, role).await?
          {
            return Ok(outcome);
          }
        }
        Follow::RunnerGone => return Err(gone(desk, id)),
      },
      () = interrupts.next() => {
        if interrupted.is_some() {
          say(desk, Tone::Warn, "asking it to stop at the next safe point");
          let message = Message::Abort { actor: desk.operations.actor() };
          deliver(desk, &mut *attachment, &message).await;
          interrupted = None;
        } else {
          interrupted = Some(Instant::now());
          say(desk, Tone::Strong, &format!("operation {id} goes on without this terminal; Ctrl-C again now asks it to stop"));
        }
      }
      () = sleep_until(give_up.unwrap_or_else(Instant::now)), if give_up.is_some() => {
        let command = desk.world.command(&format!("attach {}", id.0));
        say(desk, Tone::Strong, &format!("operation {id} runs on; follow it with: {command}"));
        return Ok(Outcome::StillRunning);
      }
      _ = heartbeat.tick() => {
        if !desk.globals.json && let Some(page) = progress.heartbeat(desk.world.clock.now()) {
          desk.out.progress(&page);
        }
      }
    }
  }
}

fn show(desk: &mut Desk, progress: &mut Progress, record: &Record) -> Result<(), Trouble> {
  let page = progress.record(record);
  if desk.globals.json {
    desk.out.json(record)?;
  } else {
    desk.out.progress(&page);
  }
  Ok(())
}

fn say(desk: &mut Desk, tone: Tone, text: &str) {
  let mut page = Page::default();
  page.push(tone, text);
  desk.out.progress(&page);
}

fn gone(desk: &Desk, id: OperationId) -> Trouble {
  Trouble::Said {
    outcome: Outcome::NeedsHuman,
    what: format!("operation {id} was interrupted: its runner is gone"),
    fixes: vec![
      desk.world.command("status").to_string(),
      desk.world.command(&format!("resume {}", id.0)).to_string(),
      desk.world.command("rollback").to_string(),
    ],
  }
}

fn gate_at(attachment: &dyn Attachment, index: usize) -> Option<Gate> {
  match &attachment.order().plan.steps.get(index)?.step {
    Step::Gate { gate } => Some(gate.clone()),
    _ => None,
  }
}

/// Asks here, when this end drives and somebody can answer, while listening for an answer from
/// anywhere else. `Some` when the operation ended meanwhile.
async fn at_gate(
  desk: &mut Desk,
  attachment: &mut dyn Attachment,
  progress: &mut Progress,
  gate: &Gate,
  role: Role,
) -> Result<Option<Outcome>, Trouble> {
  if role == Role::Watches || desk.globals.no_input || prompt::can_ask().is_err() {
    return Ok(None);
  }
  let question = Question::of_gate(gate, &attachment.order().plan);
  desk
    .out
    .progress(&plan::gate_question(gate, &attachment.order().plan));
  let closed = Arc::new(AtomicBool::new(false));
  let watch = Arc::clone(&closed);
  let mut asked = tokio::task::spawn_blocking(move || {
    prompt::ask_until(question.ask, question.pace, &watch, || {})
  });
  loop {
    tokio::select! {
      biased;
      next = attachment.next() => {
        let Follow::Record(record) = next? else {
          closed.store(true, Ordering::Relaxed);
          return Ok(None);
        };
        let answered = matches!(record.event, Event::Answered { .. } | Event::Ended { .. } | Event::AbortAsked { .. });
        if answered {
          closed.store(true, Ordering::Relaxed);
          // The terminal is given back before anything else is written to it.
          drop((&mut asked).await);
        }
        show(desk, progress, &record)?;
        if let Event::Ended { verdict } = &record.event {
          return Ok(Some(verdict.outcome));
        }
        if answered {
          return Ok(None);
        }
      }
      typed = &mut asked => {
        let answer = match typed {
          Ok(Ok(Some(Typed::Yes))) => Answer::Yes,
          Ok(Ok(Some(Typed::No(_)))) => Answer::No,
          Ok(Ok(None) | Err(_)) | Err(_) => return Ok(None),
        };
        let message = Message::Answer {
          gate: gate.name.clone(),
          answer,
          actor: desk.operations.actor(),
        };
        deliver(desk, attachment, &message).await;
        return Ok(None);
      }
    }
  }
}

/// Says something to the runner. That it no longer listens (the gate was answered elsewhere, the
/// operation is ending) decides nothing here: the journal has the verdict, and is read on.
async fn deliver(desk: &mut Desk, attachment: &mut dyn Attachment, message: &Message) {
  if let Err(error) = attachment.say(message).await {
    say(
      desk,
      Tone::Warn,
      &format!("what was said here came too late to count: {error}"),
    );
  }
}
