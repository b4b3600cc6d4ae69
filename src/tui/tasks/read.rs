//! What is read from the ledger for the console, off the loop: journals are files and may be many.

use tokio::{
  sync::mpsc,
  time::{Duration, sleep},
};

use crate::{
  engine::{
    ports::{PortError, Torn},
    world::World,
  },
  model::{beat, event::Record, operation::OperationId, plan::Order},
  render::{
    self, Page, Tone, Typing,
    story::{Runner, Story},
  },
  tui::{msg::Msg, state::ask::Ticket},
};

const BETWEEN_COUNTS: Duration = Duration::from_secs(3);
/// Operations that the list goes back.
const MOST: usize = 200;

pub(super) fn history(world: World, to: mpsc::Sender<Msg>) {
  tokio::task::spawn_blocking(move || {
    let told = stories(&world).map_err(|error| {
      tracing::warn!(%error, "the history cannot be read");
      world.shown(&error.to_string())
    });
    drop(to.blocking_send(Msg::History(told)));
  });
}

fn stories(world: &World) -> Result<Vec<Story>, PortError> {
  let orders = world.ledger.orders(MOST)?;
  orders
    .into_iter()
    .map(|order| told(world, order).map(|(story, ..)| story))
    .collect()
}

pub(super) fn story(world: World, to: mpsc::Sender<Msg>, ticket: Ticket, id: OperationId) {
  tokio::task::spawn_blocking(move || {
    let page = page(&world, id).unwrap_or_else(|error| {
      tracing::warn!(%error, %id, "an operation cannot be read");
      let mut page = Page::default();
      let text = world.shown(&error.to_string());
      page.wrapped(Tone::Bad, text.as_str(), 2);
      page
    });
    drop(to.blocking_send(Msg::Page { ticket, page }));
  });
}

fn page(world: &World, id: OperationId) -> Result<Page, PortError> {
  let Some(order) = world.ledger.order(id)? else {
    let mut page = Page::default();
    page.push(Tone::Warn, format!("there is no operation {id} here"));
    return Ok(page);
  };
  let (story, records, torn) = told(world, order)?;
  let typing = Typing::with_config(&world.site.file);
  Ok(render::history::show(&story, &records, &torn, &typing))
}

fn told(world: &World, order: Order) -> Result<(Story, Vec<Record>, Torn), PortError> {
  let (records, torn) = world.ledger.records(order.id)?;
  let holder = world.ledger.lock_holder()?;
  let runner = if holder.is_some_and(|holder| holder.operation == order.id) {
    Runner::Alive
  } else {
    Runner::Gone
  };
  Ok((Story::of(order, &records, runner), records, torn))
}

/// How many consoles are open, whenever that changes: a few small files are looked at.
pub(super) async fn watching(world: World, to: mpsc::Sender<Msg>) {
  let mut before = None;
  loop {
    match world.ledger.present() {
      Ok(watchers) if before != Some(watchers.len()) => {
        before = Some(watchers.len());
        if to.send(Msg::Watching(watchers.len())).await.is_err() {
          return;
        }
      }
      Ok(_) => {}
      Err(error) => tracing::warn!(%error, "who else watches cannot be told"),
    }
    if to.is_closed() {
      return;
    }
    sleep(beat::until(world.clock.now(), BETWEEN_COUNTS)).await;
  }
}

pub(super) async fn backups(world: World, to: mpsc::Sender<Msg>, ticket: Ticket) {
  let backups = match &world.database {
    Some(database) => database.backups().await.map_err(|error| {
      tracing::warn!(%error, "the backups cannot be listed");
      world.shown(&error.to_string())
    }),
    None => Ok(Vec::new()),
  };
  drop(to.send(Msg::Backups { ticket, backups }).await);
}
