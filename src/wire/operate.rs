//! The detached runner: a session of its own, the lock as its standard input, the journal as its
//! only output. It outlives whoever started it, and ends with exactly one verdict.

use std::sync::Arc;

use chrono::Utc;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::world;
use crate::{
  adapters::{
    ledger::{FileJournal, FileLedger, SiteLock},
    runner_process::SocketInbox,
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
    observation::Holder,
    operation::{OperationId, Outcome},
  },
};

/// Runs, or takes over, operation `id`.
pub(super) async fn run(site: Arc<Site>, id: OperationId, recover: Option<Recovery>) -> Outcome {
  // Fails only for a process group leader, which a spawned runner is not; by hand it does not matter.
  drop(nix::unistd::setsid());
  match operate(site, id, recover).await {
    Ok(outcome) => outcome,
    Err(error) => {
      tracing::error!(%error, "the runner could not begin");
      Outcome::Failed
    }
  }
}

async fn operate(site: Arc<Site>, id: OperationId, recover: Option<Recovery>) -> Result<Outcome, PortError> {
  let lock = SiteLock::inherited_from_stdin(&site.state)?;
  let ledger = FileLedger::open(Arc::clone(&site))?;
  let order = ledger.order(id)?.ok_or_else(|| {
    PortError::new(
      PortErrorKind::Misconfigured,
      format!("starting operation {id}"),
      "there is no such order",
    )
  })?;
  let (records, _) = ledger.records(id)?;
  let world = world(&site, Some(lock.child_stdin()?))?;
  let mut inbox = Ears {
    socket: SocketInbox::bind(&ledger, id)?,
    hangup: listen(SignalKind::hangup())?,
    interrupt: listen(SignalKind::interrupt())?,
    terminate: listen(SignalKind::terminate())?,
    actor: order.actor.clone(),
  };
  let journal = journal(&ledger, id)?;
  let boot_id = crate::adapters::processes::boot_id();
  let runner_pid = std::process::id();
  let asker = crate::adapters::actor::actor();
  lock.write_holder(&Holder {
    operation: id,
    kind: order.plan.kind,
    actor: if recover.is_some() { asker.clone() } else { order.actor.clone() },
    since: Utc::now(),
    boot_id: boot_id.clone(),
    pid: runner_pid,
    pid_started: crate::adapters::processes::facts(runner_pid).map_or(0, |facts| facts.started),
  })?;
  let verdict = match recover {
    None => {
      let begun = Event::Begun {
        plan_hash: order.plan.hash(),
        actor: order.actor.clone(),
        boot_id,
        runner_pid,
      };
      Runner::new(&world, &order, journal.as_ref(), &mut inbox, &records).run(begun).await
    }
    Some(how) => {
      let resumed = Event::Resumed {
        actor: asker,
        boot_id,
        runner_pid,
        how,
      };
      recovery::recover(&world, &order, journal.as_ref(), &mut inbox, &records, resumed).await
    }
  };
  lock.clear_holder()?;
  Ok(verdict.outcome)
}

fn listen(kind: SignalKind) -> Result<Signal, PortError> {
  signal(kind).map_err(|error| PortError::new(PortErrorKind::Unexpected, "listening for signals", error.to_string()))
}

#[cfg(not(feature = "crash-points"))]
fn journal(ledger: &FileLedger, id: OperationId) -> Result<Box<dyn Journal>, PortError> {
  Ok(Box::new(FileJournal::open(ledger, id)?))
}

#[cfg(feature = "crash-points")]
fn journal(ledger: &FileLedger, id: OperationId) -> Result<Box<dyn Journal>, PortError> {
  Ok(Box::new(crash::CrashingJournal::new(FileJournal::open(ledger, id)?)))
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
      if self.point.as_ref().is_some_and(|(at, when)| at == side && *when == number) {
        drop(kill(Pid::this(), Signal::SIGKILL));
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
