//! What was done here: the list, and everything about one operation.

use super::{Desk, Trouble, Verdict};
use crate::{
  cli::args::History,
  engine::ports::Torn,
  model::{
    event::Record,
    operation::{OperationId, Outcome},
    plan::Order,
  },
  render::{
    self,
    story::{Runner, Story},
  },
};

pub(super) fn history(desk: &mut Desk, history: &History) -> Verdict {
  let mut stories = Vec::new();
  for order in desk.world.ledger.orders(history.last)? {
    stories.push(story(desk, order)?.0);
  }
  if desk.globals.json {
    for story in &stories {
      desk.out.json(story)?;
    }
  } else if history.markdown {
    desk
      .out
      .data(&render::history::markdown(&desk.world.site.name, &stories))?;
  } else {
    desk.out.data(&render::history::list(&stories))?;
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
  let (story, records, torn) = story(desk, order)?;
  if desk.globals.json {
    let telling = render::history::Telling {
      schema: 1,
      operation: &story,
      records: &records,
    };
    desk.out.json(&telling)?;
  } else {
    desk.out.data(&render::history::show(
      &story,
      &records,
      &torn,
      &desk.typing(),
    ))?;
  }
  Ok(Outcome::Done)
}

fn story(desk: &Desk, order: Order) -> Result<(Story, Vec<Record>, Torn), Trouble> {
  let (records, torn) = desk.world.ledger.records(order.id)?;
  let holder = desk.world.ledger.lock_holder()?;
  let runner = if holder.is_some_and(|holder| holder.operation == order.id) {
    Runner::Alive
  } else {
    Runner::Gone
  };
  Ok((Story::of(order, &records, runner), records, torn))
}
