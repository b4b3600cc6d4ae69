//! Starts runners as processes of their own and follows them: the front end's side of an
//! operation that outlives it.
//!
//! The lock travels as the runner's stdin, the order as a file, every event as a journal line.
//! `spawn` starts, `attach` follows, `socket` and `inbox` are the two ends of what is said.

mod attach;
mod inbox;
mod socket;
mod spawn;
mod spoken;

use std::{ffi::OsString, sync::Arc, time::Duration};

use chrono::Utc;
use tokio::time::{Instant, sleep};

pub use inbox::SocketInbox;

use super::ledger::{FileLedger, SiteLock};
use crate::{
  engine::ports::{Attachment, Launch, Ledger, Operations, PortError, PortErrorKind, PortFuture},
  model::{
    actor::Actor,
    event::{Event, Recovery},
    operation::OperationId,
    plan::{Order, Plan},
  },
};

/// A reader's probe holds the lock for an instant: a taker is only refused after trying this long.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// Runners of one site.
pub struct RunnerProcesses {
  ledger: Arc<FileLedger>,
  program: Vec<OsString>,
}

impl RunnerProcesses {
  /// Runners are this same program: also when its file was replaced since it started, the one
  /// that made the plan is the one that runs it.
  pub fn new(ledger: Arc<FileLedger>) -> Self {
    Self::started_by(ledger, vec!["/proc/self/exe".into()])
  }

  /// Runners are started by another command line, to which `operate --config FILE ID` is added.
  pub fn started_by(ledger: Arc<FileLedger>, program: Vec<OsString>) -> Self {
    Self { ledger, program }
  }

  async fn lock(&self) -> Result<Result<SiteLock, Launch>, PortError> {
    let until = Instant::now() + LOCK_PATIENCE;
    loop {
      if let Some(lock) = self.ledger.try_lock()? {
        return Ok(Ok(lock));
      }
      if Instant::now() >= until {
        // Shown only: a holder that cannot be named is still one.
        return Ok(Err(Launch::Locked(
          self.ledger.lock_holder().unwrap_or(None),
        )));
      }
      sleep(Duration::from_millis(10)).await;
    }
  }

  fn known(&self, id: OperationId) -> Result<Order, PortError> {
    self.ledger.order(id)?.ok_or_else(|| {
      PortError::new(
        PortErrorKind::Refused,
        format!("find operation {id}"),
        "there is none with this number: cutover history lists them",
      )
    })
  }
}

impl Operations for RunnerProcesses {
  fn launch<'a>(&'a self, plan: Plan, actor: &'a Actor) -> PortFuture<'a, Launch> {
    Box::pin(async move {
      let lock = match self.lock().await? {
        Ok(lock) => lock,
        Err(locked) => return Ok(locked),
      };
      // Before the order is there to be found, so that whoever finds it sees who is starting it.
      let id = self.ledger.next_id(&lock)?;
      self.ledger.put_holder(id, plan.kind, actor, &lock)?;
      let order = Order {
        id,
        plan,
        actor: actor.clone(),
        at: Utc::now(),
      };
      self.ledger.put_order(&order, &lock)?;
      spawn::start(&self.ledger, &self.program, id, None, lock).await?;
      Ok(Launch::Started(id))
    })
  }

  fn recover<'a>(
    &'a self,
    id: OperationId,
    how: Recovery,
    actor: &'a Actor,
  ) -> PortFuture<'a, Launch> {
    Box::pin(async move {
      let order = self.known(id)?;
      let lock = match self.lock().await? {
        Ok(lock) => lock,
        Err(locked) => return Ok(locked),
      };
      // Under the lock, so that no other recovery can end it in between.
      let (records, _) = self.ledger.records(id)?;
      if let Some(Event::Ended { verdict }) = records.last().map(|record| &record.event) {
        return Err(PortError::new(
          PortErrorKind::Refused,
          format!("recover operation {id}"),
          format!(
            "it has ended ({}): {}; nothing is left to recover",
            verdict.outcome, verdict.summary
          ),
        ));
      }
      self.ledger.put_holder(id, order.plan.kind, actor, &lock)?;
      spawn::start(&self.ledger, &self.program, id, Some(how), lock).await?;
      Ok(Launch::Started(id))
    })
  }

  fn attach(&self, id: OperationId) -> PortFuture<'_, Box<dyn Attachment>> {
    Box::pin(async move {
      let order = self.known(id)?;
      let attached: Box<dyn Attachment> =
        Box::new(attach::Following::new(Arc::clone(&self.ledger), order));
      Ok(attached)
    })
  }

  fn actor(&self) -> Actor {
    super::actor::actor()
  }
}

/// Leaves the session of the terminal that started this runner, so that its end is not ours.
/// The signal itself (SIGHUP) is the caller's to ignore.
pub fn detach() -> Result<(), PortError> {
  nix::unistd::setsid().map(|_| ()).map_err(|errno| {
    PortError::new(
      PortErrorKind::Refused,
      "start a session of its own",
      format!("{errno}; operations are started by commands such as cutover deploy, not by hand"),
    )
  })
}
