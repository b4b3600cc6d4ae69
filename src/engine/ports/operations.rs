//! Operations as a front end starts and follows them.

use super::{Message, PortFuture};
use crate::model::{
  actor::Actor,
  event::{Record, Recovery},
  observation::Holder,
  operation::OperationId,
  plan::{Order, Plan},
};

/// Starts runners and follows them. What a front end needs besides observing.
pub trait Operations: Send + Sync {
  /// Takes the site's lock, numbers the operation, writes its order and starts a detached runner
  /// that holds the lock from then on.
  fn launch<'a>(&'a self, plan: Plan, actor: &'a Actor) -> PortFuture<'a, Launch>;
  /// The same for an interrupted operation: a new runner goes on with its journal. `Refused` when it
  /// has ended or never was.
  fn recover<'a>(
    &'a self,
    id: OperationId,
    how: Recovery,
    actor: &'a Actor,
  ) -> PortFuture<'a, Launch>;
  /// Follows an operation from its first record, whether it still runs or not. `Refused` when it
  /// never was.
  fn attach(&self, id: OperationId) -> PortFuture<'_, Box<dyn Attachment>>;
  /// The person at this end.
  fn actor(&self) -> Actor;
}

/// What became of a request to start a runner.
#[derive(Clone, Debug)]
pub enum Launch {
  Started(OperationId),
  /// Somebody else holds the lock; the holder is for showing.
  Locked(Option<Holder>),
}

/// One front end's view of one operation.
pub trait Attachment: Send {
  fn order(&self) -> &Order;
  /// Waits for the next record. `Refused` after the last one of an operation that has ended.
  fn next(&mut self) -> PortFuture<'_, Follow>;
  /// Says something to the runner; `Unreachable` when there is none.
  fn say<'a>(&'a mut self, message: &'a Message) -> PortFuture<'a, ()>;
}

#[derive(Clone, Debug)]
pub enum Follow {
  Record(Record),
  /// The runner is gone and the journal has no end: the operation is interrupted.
  RunnerGone,
}
