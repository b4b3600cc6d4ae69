//! The front end's port over the fake world: follows a runner of the same test and speaks to it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use cutover::{
  engine::ports::{
    Attachment, Follow, Inbox, Launch, Ledger, Message, Operations, PortError, PortErrorKind,
    PortFuture,
  },
  model::{
    actor::Actor,
    event::{Event, Recovery},
    operation::OperationId,
    plan::{Order, Plan},
  },
};
use tokio::sync::mpsc;

use super::fake::{FakeSite, actor};

/// What a runner hears from any front end.
pub struct Ears(mpsc::UnboundedReceiver<Message>);

impl Inbox for Ears {
  fn next(&mut self) -> Pin<Box<dyn Future<Output = Message> + Send + '_>> {
    Box::pin(async {
      match self.0.recv().await {
        Some(message) => message,
        None => std::future::pending().await,
      }
    })
  }
}

/// A front end of one runner.
pub struct Front {
  site: Arc<FakeSite>,
  voice: mpsc::UnboundedSender<Message>,
  /// How often what is said does not arrive: the runner does not listen yet.
  pub deaf: u32,
}

impl Front {
  pub fn of(site: &Arc<FakeSite>) -> (Self, Ears) {
    let (voice, ears) = mpsc::unbounded_channel();
    let front = Self {
      site: site.clone(),
      voice,
      deaf: 0,
    };
    (front, Ears(ears))
  }

  fn known(&self, id: OperationId) -> Result<Order, PortError> {
    let order = self.site.order(id)?;
    order.ok_or_else(|| refused("find the operation", "there is none with this number"))
  }
}

fn refused(doing: &str, why: &str) -> PortError {
  PortError::new(PortErrorKind::Refused, doing, why)
}

impl Operations for Front {
  fn launch<'a>(&'a self, plan: Plan, _: &'a Actor) -> PortFuture<'a, Launch> {
    Box::pin(async move {
      let held = self.site.lock_holder()?;
      Ok(match held {
        Some(holder) => Launch::Locked(Some(holder)),
        None => Launch::Started(self.site.launch(plan).id),
      })
    })
  }

  fn recover<'a>(&'a self, id: OperationId, _: Recovery, _: &'a Actor) -> PortFuture<'a, Launch> {
    Box::pin(async move {
      let order = self.known(id)?;
      if let Some(holder) = self.site.lock_holder()? {
        return Ok(Launch::Locked(Some(holder)));
      }
      if self.site.ends(&order) > 0 {
        return Err(refused("recover", "it has ended"));
      }
      self.site.takes_up(&order);
      Ok(Launch::Started(id))
    })
  }

  fn attach(&self, id: OperationId) -> PortFuture<'_, Box<dyn Attachment>> {
    Box::pin(async move {
      let order = self.known(id)?;
      let attached = Attached {
        site: self.site.clone(),
        voice: self.voice.clone(),
        order,
        read: 0,
        ended: false,
        deaf: self.deaf,
      };
      Ok(Box::new(attached) as Box<dyn Attachment>)
    })
  }

  fn actor(&self) -> Actor {
    actor()
  }
}

struct Attached {
  site: Arc<FakeSite>,
  voice: mpsc::UnboundedSender<Message>,
  order: Order,
  read: usize,
  ended: bool,
  deaf: u32,
}

impl Attached {
  fn runs(&self) -> bool {
    let state = self.site.state();
    let holder = state.ledger.lock.as_ref();
    holder.is_some_and(|holder| holder.operation == self.order.id)
  }
}

impl Attachment for Attached {
  fn order(&self) -> &Order {
    &self.order
  }

  fn next(&mut self) -> PortFuture<'_, Follow> {
    Box::pin(async {
      loop {
        let record = self.site.records_of(&self.order).get(self.read).cloned();
        if let Some(record) = record {
          self.read += 1;
          self.ended = matches!(record.event, Event::Ended { .. });
          return Ok(Follow::Record(record));
        }
        if self.ended {
          return Err(refused("follow", "it has ended"));
        }
        if !self.runs() {
          return Ok(Follow::RunnerGone);
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
      }
    })
  }

  fn say<'a>(&'a mut self, message: &'a Message) -> PortFuture<'a, ()> {
    Box::pin(async move {
      if self.deaf > 0 || !self.runs() {
        self.deaf = self.deaf.saturating_sub(1);
        return Err(PortError::new(
          PortErrorKind::Unreachable,
          "speak to the runner",
          "it does not listen",
        ));
      }
      self.voice.send(message.clone()).expect("somebody listens");
      Ok(())
    })
  }
}
