//! Lets the doctor look: soon after the console opened, whenever it is asked for, and from time to
//! time, because files and machines change without telling.

use tokio::{
  sync::mpsc,
  time::{Duration, sleep},
};

use crate::{
  engine::{doctor, world::World},
  tui::{msg::Msg, state::ask::Ticket},
};

/// The first look waits until whoever opened the console in a hurry has had what they came for: it
/// asks Compose about both slots, which takes a second of a processor.
const FIRST: Duration = Duration::from_secs(10);
const BETWEEN: Duration = Duration::from_mins(30);

/// After an operation: what somebody does next, a rollback above all, has the machine to itself.
const QUIET: Duration = Duration::from_secs(8);

/// For a page that waits, at once.
pub(super) async fn once(world: World, to: mpsc::Sender<Msg>, ticket: Option<Ticket>) {
  if ticket.is_none() {
    sleep(QUIET).await;
  }
  look(world, to, ticket).await;
}

async fn look(world: World, to: mpsc::Sender<Msg>, ticket: Option<Ticket>) {
  let diagnosis = Box::new(doctor::look(&world).await);
  drop(to.send(Msg::Diagnosed { ticket, diagnosis }).await);
}

pub(super) async fn always(world: World, to: mpsc::Sender<Msg>) {
  sleep(FIRST).await;
  while !to.is_closed() {
    look(world.clone(), to.clone(), None).await;
    sleep(BETWEEN).await;
  }
}
