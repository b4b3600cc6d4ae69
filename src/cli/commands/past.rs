//! What was done here: the list, and everything about one operation.

use super::{Desk, Trouble, Verdict};
use crate::{
  cli::{args::History, render},
  engine::run_state::RunState,
  model::{
    event::Record,
    operation::{OperationId, Outcome},
    plan::Order,
  },
};

pub(super) fn history(desk: &mut Desk, history: &History) -> Verdict {
  let mut past: Vec<(Order, RunState)> = Vec::new();
  for order in desk.world.ledger.orders(history.last)? {
    let (records, _) = desk.world.ledger.records(order.id)?;
    let state = RunState::replay(&order.plan, &records);
    past.push((order, state));
  }
  if desk.globals.json {
    for (order, state) in &past {
      desk.out.json(&render::history::row(order, state))?;
    }
  } else if history.markdown {
    desk.out.data(&render::history::markdown(&past))?;
  } else {
    desk.out.data(&render::history::list(&past))?;
  }
  Ok(Outcome::Done)
}

pub(super) fn show(desk: &mut Desk, id: OperationId) -> Verdict {
  let Some(order) = desk.world.ledger.order(id)? else {
    return Err(Trouble::said(
      Outcome::Usage,
      format!("there is no operation {id} here"),
      desk.world.command("history").to_string(),
    ));
  };
  let (records, torn): (Vec<Record>, _) = desk.world.ledger.records(id)?;
  if desk.globals.json {
    desk.out.json(&order)?;
    for record in &records {
      desk.out.json(record)?;
    }
  } else {
    let mut page = render::history::one(&order, &records);
    if let crate::engine::ports::Torn::At(line, why) = torn {
      page.push(
        render::page::Tone::Warn,
        format!("the journal is damaged from line {line} on: {why}"),
      );
    }
    desk.out.data(&page)?;
  }
  Ok(Outcome::Done)
}
