//! What a runner is told while it runs.

use std::{future::Future, pin::Pin};

use crate::model::{actor::Actor, event::Answer, shown::Shown};

/// Answers from attached front ends.
pub trait Inbox: Send {
  /// The next message; pends forever when nobody speaks.
  fn next(&mut self) -> Pin<Box<dyn Future<Output = Message> + Send + '_>>;
}

/// What an attached front end may say to a running operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
  Answer {
    gate: String,
    answer: Answer,
    actor: Actor,
  },
  Abort {
    actor: Actor,
  },
  Note {
    actor: Actor,
    text: Shown,
  },
}
