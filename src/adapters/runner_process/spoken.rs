//! How messages to a runner travel: one JSON object per line, answered `ok` or `error: …`.

use serde::{Deserialize, Serialize};

use crate::{
  engine::ports::Message,
  model::{actor::Actor, event::Answer, shown::Shown},
};

/// A longer line is refused.
pub(super) const LONGEST: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub(super) enum Spoken {
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

impl From<Message> for Spoken {
  fn from(message: Message) -> Self {
    match message {
      Message::Answer {
        gate,
        answer,
        actor,
      } => Self::Answer {
        gate,
        answer,
        actor,
      },
      Message::Abort { actor } => Self::Abort { actor },
      Message::Note { actor, text } => Self::Note { actor, text },
    }
  }
}

impl From<Spoken> for Message {
  fn from(spoken: Spoken) -> Self {
    match spoken {
      Spoken::Answer {
        gate,
        answer,
        actor,
      } => Self::Answer {
        gate,
        answer,
        actor,
      },
      Spoken::Abort { actor } => Self::Abort { actor },
      Spoken::Note { actor, text } => Self::Note { actor, text },
    }
  }
}

impl Spoken {
  pub(super) fn actor_mut(&mut self) -> &mut Actor {
    match self {
      Self::Answer { actor, .. } | Self::Abort { actor } | Self::Note { actor, .. } => actor,
    }
  }
}
