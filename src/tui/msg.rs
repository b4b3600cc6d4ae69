//! Everything that can happen to the console, on one page.

use std::sync::Arc;

use super::{key::Key, state::ask::Ticket};
use crate::{
  engine::ports::Launch,
  model::{
    container::ContainerId,
    event::{BackupRecord, Record},
    finding::Diagnosis,
    log_source::Feed,
    observation::Observation,
    offer::Offered,
    operation::OperationId,
    plan::{Order, Plan, Refusal},
    requests::Request,
    served::Served,
    shown::Shown,
    usage::Usage,
  },
  render::{Page, story::Story},
};

#[derive(Debug)]
pub enum Msg {
  Key(Key),
  /// The terminal says that a key is being held down.
  Repeat,
  Paste(String),
  Resize,
  /// The wheel, in lines; down is positive.
  Wheel(isize),
  /// The frame that shows what was last changed has been written to the terminal.
  Painted,
  /// Time went by; see `App::wake_at`.
  Tick,
  Observed(Arc<Observation>),
  Log(Feed),
  Usage(Vec<(ContainerId, Usage)>),
  Requests(Result<Vec<Request>, Shown>),
  Offered {
    ticket: Ticket,
    offered: Vec<Offered>,
  },
  Planned {
    ticket: Ticket,
    plan: Result<Box<Plan>, Refusal>,
  },
  Launched {
    ticket: Ticket,
    launch: Result<Launch, Shown>,
  },
  /// An operation is followed from now on.
  Following {
    order: Box<Order>,
  },
  Recorded {
    id: OperationId,
    record: Box<Record>,
  },
  RunnerGone {
    id: OperationId,
  },
  /// What became of the demo's requests so far.
  Served(Served),
  /// How many consoles are open on this site.
  Watching(usize),
  Backups {
    ticket: Ticket,
    backups: Result<Vec<BackupRecord>, Shown>,
  },
  History(Result<Vec<Story>, Shown>),
  /// What the doctor found.
  Diagnosed {
    ticket: Option<Ticket>,
    diagnosis: Box<Diagnosis>,
  },
  /// A page that was asked for: an operation of the past, the state of a container.
  Page {
    ticket: Ticket,
    page: Page,
  },
  /// Something was done or could not be: one line for the operator.
  Said {
    tone: crate::render::Tone,
    text: Shown,
  },
  /// The terminal is gone, or the process was asked to end.
  Gone,
}
