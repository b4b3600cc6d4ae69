//! The two sides of the pair. `Slot` is only ever Blue or Green; labels are presentation.

use std::{
  fmt,
  ops::{Index, IndexMut},
  str::FromStr,
};

use serde::{Deserialize, Serialize};

/// One side of the blue/green pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
  Blue,
  Green,
}

impl Slot {
  pub const BOTH: [Self; 2] = [Self::Blue, Self::Green];

  #[must_use]
  pub fn other(self) -> Self {
    match self {
      Self::Blue => Self::Green,
      Self::Green => Self::Blue,
    }
  }

  /// Lower case, as in files, templates and commands.
  pub fn name(self) -> &'static str {
    match self {
      Self::Blue => "blue",
      Self::Green => "green",
    }
  }

  /// Upper case, as on screens.
  pub fn shout(self) -> &'static str {
    match self {
      Self::Blue => "BLUE",
      Self::Green => "GREEN",
    }
  }
}

impl fmt::Display for Slot {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(self.name())
  }
}

/// A word that is neither `blue` nor `green`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a slot: use blue or green")]
pub struct NotASlot(pub String);

impl FromStr for Slot {
  type Err = NotASlot;

  fn from_str(text: &str) -> Result<Self, Self::Err> {
    match text {
      "blue" | "BLUE" => Ok(Self::Blue),
      "green" | "GREEN" => Ok(Self::Green),
      _ => Err(NotASlot(text.chars().take(40).collect())),
    }
  }
}

/// One value for each slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BySlot<T> {
  pub blue: T,
  pub green: T,
}

impl<T> BySlot<T> {
  pub fn from_fn(mut make: impl FnMut(Slot) -> T) -> Self {
    Self {
      blue: make(Slot::Blue),
      green: make(Slot::Green),
    }
  }

  pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
    Slot::BOTH.into_iter().map(|slot| (slot, &self[slot]))
  }
}

impl<T> Index<Slot> for BySlot<T> {
  type Output = T;

  fn index(&self, slot: Slot) -> &T {
    match slot {
      Slot::Blue => &self.blue,
      Slot::Green => &self.green,
    }
  }
}

impl<T> IndexMut<Slot> for BySlot<T> {
  fn index_mut(&mut self, slot: Slot) -> &mut T {
    match slot {
      Slot::Blue => &mut self.blue,
      Slot::Green => &mut self.green,
    }
  }
}
