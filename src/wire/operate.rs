//! The detached runner: a session of its own, the lock as its standard input, the journal as its
//! only output. It outlives whoever started it, and ends with exactly one verdict.

use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::world;
use crate::{
  adapters::{
    ledger::{FileJournal, FileLedger},
    processes,
    runner_process::{self, SocketInbox},
  },
  config::Site,
  engine::{
    ports::{Inbox, Journal, Ledger, Message, PortError, PortErrorKind},
    recovery,
    runner::Runner,
  },
  model::{
    actor::Actor,
    event::{Event, Recovery},
    operation::{OperationId, Outcome},
  },
};

/// Runs, or takes over, operation `id`.
pub(super) async fn run(site: Arc<Site>, id: OperationId, recover: Option<Recovery>) -> Outcome {
  match operate(site, id, recover).await {
    Ok(outcome) => outcome,
    Err(error) => {
      tracing::error!(%error, "the runner could not begin");
      Outcome::Failed
    }
  }
}

async fn operate(
  site: Arc<Site>,
  id: OperationId,
  recover: Option<Recovery>,
) -> Result<Outcome, PortError> {
  runner_process::detach()?;
  let own = FileLedger::open(Arc::clone(&site))?;
  let lock = own.inherited_lock()?;
  let (world, ledger) = world(&site, Some(lock.child_stdin()?))?;
  let order = ledger.order(id)?.ok_or_else(|| {
    PortError::new(
      PortErrorKind::Misconfigured,
      format!("start operation {id}"),
      "there is no such order",
    )
  })?;
  let (records, _) = ledger.records(id)?;
  let asker = ledger
    .recorded_holder()?
    .map_or_else(|| order.actor.clone(), |holder| holder.actor);
  let mut inbox = Ears {
    socket: SocketInbox::bind(&ledger, id, &lock)?,
    hangup: listen(SignalKind::hangup())?,
    interrupt: listen(SignalKind::interrupt())?,
    terminate: listen(SignalKind::terminate())?,
    actor: asker.clone(),
  };
  let journal = journal(ledger.journal(id, &lock)?);
  ledger.put_holder(id, order.plan.kind, &asker, &lock)?;
  let boot_id = processes::boot_id();
  let runner_pid = std::process::id();
  let verdict = match recover {
    None => {
      let begun = Event::Begun {
        plan_hash: order.plan.hash(),
        actor: order.actor.clone(),
        boot_id,
        runner_pid,
      };
      Runner::new(&world, &order, journal.as_ref(), &mut inbox, &records)
        .run(begun)
        .await
    }
    Some(how) => {
      let resumed = Event::Resumed {
        actor: asker,
        boot_id,
        runner_pid,
        how,
      };
      recovery::recover(
        &world,
        &order,
        journal.as_ref(),
        &mut inbox,
        &records,
        resumed,
      )
      .await
    }
  };
  ledger.clear_holder(&lock)?;
  Ok(verdict.outcome)
}

fn listen(kind: SignalKind) -> Result<Signal, PortError> {
  signal(kind).map_err(|error| {
    PortError::new(
      PortErrorKind::Unexpected,
      "listening for signals",
      error.to_string(),
    )
  })
}

#[cfg(not(feature = "crash-points"))]
fn journal(journal: FileJournal) -> Box<dyn Journal> {
  Box::new(journal)
}

#[cfg(feature = "crash-points")]
fn journal(journal: FileJournal) -> Box<dyn Journal> {
  Box::new(crash::CrashingJournal::new(journal))
}

/// The socket, and signals: a hang-up or Ctrl-C in some terminal is nothing to a runner; being
/// told to terminate is an abort, which puts back what users had.
struct Ears {
  socket: SocketInbox,
  hangup: Signal,
  interrupt: Signal,
  terminate: Signal,
  actor: Actor,
}

impl Inbox for Ears {
  fn next(&mut self) -> std::pin::Pin<Box<dyn Future<Output = Message> + Send + '_>> {
    Box::pin(async move {
      loop {
        tokio::select! {
          message = self.socket.next() => return message,
          _ = self.terminate.recv() => return Message::Abort { actor: self.actor.clone() },
          _ = self.hangup.recv() => {}
          _ = self.interrupt.recv() => {}
        }
      }
    })
  }
}

/// For the crash tests only: ends the process by SIGKILL right before or right after the record
/// that `CUTOVER_CRASH=before:7` or `after:7` names.
#[cfg(feature = "crash-points")]
mod crash {
  use std::sync::atomic::{AtomicU64, Ordering};

  use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
  };

  use super::{FileJournal, Journal, PortError};
  use crate::model::event::{Event, Record};

  pub(super) struct CrashingJournal {
    journal: FileJournal,
    point: Option<(String, u64)>,
    written: AtomicU64,
  }

  impl CrashingJournal {
    pub(super) fn new(journal: FileJournal) -> Self {
      let point = std::env::var("CUTOVER_CRASH").ok().and_then(|text| {
        let (side, number) = text.split_once(':')?;
        Some((side.to_owned(), number.parse().ok()?))
      });
      Self {
        journal,
        point,
        written: AtomicU64::new(0),
      }
    }

    fn die_at(&self, side: &str, number: u64) {
      if self
        .point
        .as_ref()
        .is_some_and(|(at, when)| at == side && *when == number)
      {
        let _ = kill(Pid::this(), Signal::SIGKILL);
      }
    }
  }

  impl Journal for CrashingJournal {
    fn write(&self, event: &Event) -> Result<Record, PortError> {
      if matches!(event, Event::StepNote { .. }) {
        return self.journal.write(event);
      }
      let number = self.written.fetch_add(1, Ordering::Relaxed) + 1;
      self.die_at("before", number);
      let record = self.journal.write(event)?;
      self.die_at("after", number);
      Ok(record)
    }
  }
}
