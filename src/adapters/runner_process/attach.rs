//! One front end's view of one operation: its journal, followed, and its socket.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::socket;
use crate::{
  adapters::ledger::{FileLedger, JournalTail, is_alive, is_held},
  engine::ports::{Attachment, Follow, Message, PortError, PortErrorKind, PortFuture},
  model::{event::Event, plan::Order},
};

const LOOK_EVERY: Duration = Duration::from_millis(40);
/// Whether the runner lives is asked on every fifth look that found nothing.
const QUIET_LOOKS: u32 = 5;
const UNOWNED_LOOKS: u32 = 3;

pub(super) struct Following {
  ledger: Arc<FileLedger>,
  order: Order,
  tail: JournalTail,
  tick: Interval,
  quiet: u32,
  unowned: u32,
  ended: bool,
}

impl Following {
  pub(super) fn new(ledger: Arc<FileLedger>, order: Order) -> Self {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Self {
      tail: JournalTail::of(ledger.folder(order.id).journal()),
      ledger,
      order,
      tick,
      quiet: 0,
      unowned: 0,
      ended: false,
    }
  }

  /// Safe to cancel: a record is taken only in the same poll that returns it.
  async fn next_record(&mut self) -> Result<Follow, PortError> {
    loop {
      if let Some(follow) = self.look()? {
        return Ok(follow);
      }
      if self.ended {
        return Err(PortError::new(
          PortErrorKind::Refused,
          format!("follow operation {}", self.order.id),
          "it has ended; there is nothing more to come",
        ));
      }
      if self.quiet.is_multiple_of(QUIET_LOOKS) && self.is_runner_gone()? {
        // It may have written its last words after we looked and before it went.
        return Ok(self.look()?.unwrap_or(Follow::RunnerGone));
      }
      self.quiet += 1;
      self.tick.tick().await;
    }
  }

  fn look(&mut self) -> Result<Option<Follow>, PortError> {
    let record = self.tail.next()?;
    if let Some(record) = &record {
      self.quiet = 1;
      self.ended = matches!(record.event, Event::Ended { .. });
    }
    Ok(record.map(Follow::Record))
  }

  /// A free lock is the kernel's word. A lock that is held while nobody alive is recorded is being
  /// handed over, or kept by a command that outlived its runner: that shows when it lasts.
  fn is_runner_gone(&mut self) -> Result<bool, PortError> {
    if !is_held(self.ledger.state())? {
      return Ok(true);
    }
    let alive = self.ledger.recorded_holder()?.filter(is_alive);
    match alive {
      Some(holder) if holder.operation == self.order.id => {
        self.unowned = 0;
        Ok(false)
      }
      Some(_) => Ok(true),
      None => {
        self.unowned += 1;
        Ok(self.unowned >= UNOWNED_LOOKS)
      }
    }
  }
}

impl Attachment for Following {
  fn order(&self) -> &Order {
    &self.order
  }

  fn next(&mut self) -> PortFuture<'_, Follow> {
    Box::pin(self.next_record())
  }

  fn say<'a>(&'a mut self, message: &'a Message) -> PortFuture<'a, ()> {
    let folder = self.ledger.folder(self.order.id);
    Box::pin(async move { socket::say(&folder, self.order.id, message).await })
  }
}
