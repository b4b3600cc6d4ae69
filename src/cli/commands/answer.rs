//! What is said to an operation from another terminal, and taking over an interrupted one.

use super::{Desk, Trouble, Verdict, follow};
use crate::{
  cli::args::Note,
  engine::{
    ports::{Launch, Message},
    run_state::RunState,
  },
  model::{
    event::{Answer, Recovery},
    operation::{OperationId, Outcome},
    shown::Shown,
  },
  render::{
    self,
    page::{Page, Tone},
  },
};

pub(super) async fn gate(desk: &mut Desk, number: Option<OperationId>, answer: Answer) -> Verdict {
  let id = follow::newest(desk, number)?;
  let Some(order) = desk.world.ledger.order(id)? else {
    return Err(nothing(desk, id, "is not there"));
  };
  let (records, _) = desk.world.ledger.records(id)?;
  let state = RunState::replay(&order.plan, &records);
  let Some(open) = state.gate else {
    return Err(nothing(desk, id, "waits for no answer"));
  };
  let message = Message::Answer {
    gate: open.name.clone(),
    answer,
    actor: desk.operations.actor(),
  };
  say(desk, id, &message).await?;
  let word = match answer {
    Answer::Yes => "approved",
    Answer::No => "declined",
  };
  tell(
    desk,
    &format!("{word}: the gate '{}' of operation {id}", open.name),
  );
  Ok(Outcome::Done)
}

pub(super) async fn abort(desk: &mut Desk, number: Option<OperationId>) -> Verdict {
  let id = follow::newest(desk, number)?;
  let message = Message::Abort {
    actor: desk.operations.actor(),
  };
  say(desk, id, &message).await?;
  tell(
    desk,
    &format!("operation {id} was asked to stop at the next safe point"),
  );
  Ok(Outcome::Done)
}

pub(super) async fn note(desk: &mut Desk, note: &Note) -> Verdict {
  let id = follow::newest(desk, note.number)?;
  let message = Message::Note {
    actor: desk.operations.actor(),
    text: Shown::line(&note.text),
  };
  say(desk, id, &message).await?;
  Ok(Outcome::Done)
}

pub(super) async fn resume(desk: &mut Desk, number: Option<OperationId>) -> Verdict {
  let id = follow::newest(desk, number)?;
  let actor = desk.operations.actor();
  if let Some(order) = desk.world.ledger.order(id)? {
    let (records, _) = desk.world.ledger.records(id)?;
    if let Some(verdict) = RunState::replay(&order.plan, &records).verdict {
      tell(
        desk,
        &format!("operation {id} ended already: {}", verdict.summary),
      );
      return Ok(verdict.outcome);
    }
  }
  match desk
    .operations
    .recover(id, Recovery::Resume, &actor)
    .await?
  {
    Launch::Started(id) => follow::drive(desk, id).await,
    Launch::Locked(holder) => {
      desk.out.progress(&render::lock::busy(
        holder.as_ref(),
        desk.world.clock.now(),
        &desk.typing(),
      ));
      Ok(Outcome::Locked)
    }
  }
}

async fn say(desk: &mut Desk, id: OperationId, message: &Message) -> Result<(), Trouble> {
  let mut attachment = desk.operations.attach(id).await?;
  attachment.say(message).await.map_err(|error| {
    Trouble::said(
      Outcome::Refused,
      format!("operation {id} cannot be spoken to: {error}"),
      desk.world.command("status").to_string(),
    )
  })
}

fn tell(desk: &mut Desk, text: &str) {
  let mut page = Page::default();
  page.push(Tone::Plain, text);
  desk.out.progress(&page);
}

fn nothing(desk: &Desk, id: OperationId, why: &str) -> Trouble {
  Trouble::said(
    Outcome::Refused,
    format!("operation {id} {why}"),
    desk.world.command("status").to_string(),
  )
}
