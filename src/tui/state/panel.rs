//! The panels of the console, in the order of their numbers.

use crate::model::Slot;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Panel {
  Environment(Slot),
  Operation,
  Log(Slot),
  Watch,
  History,
  OwnLog,
}

impl Panel {
  pub const ALL: [Self; 8] = [
    Self::Environment(Slot::Blue),
    Self::Environment(Slot::Green),
    Self::Operation,
    Self::Log(Slot::Blue),
    Self::Log(Slot::Green),
    Self::Watch,
    Self::History,
    Self::OwnLog,
  ];

  /// The key that leads there.
  pub fn number(self) -> usize {
    Self::ALL
      .iter()
      .position(|panel| *panel == self)
      .map_or(0, |index| index + 1)
  }

  /// The same panel of the other color, where there is one.
  pub fn other(self) -> Option<Self> {
    match self {
      Self::Environment(slot) => Some(Self::Environment(slot.other())),
      Self::Log(slot) => Some(Self::Log(slot.other())),
      Self::Operation | Self::Watch | Self::History | Self::OwnLog => None,
    }
  }

  /// The color this panel is about.
  pub fn slot(self) -> Option<Slot> {
    match self {
      Self::Environment(slot) | Self::Log(slot) => Some(slot),
      Self::Operation | Self::Watch | Self::History | Self::OwnLog => None,
    }
  }

  /// Panels that stand on the dashboard; the others open over the logs.
  pub fn is_on_dashboard(self) -> bool {
    !matches!(self, Self::Watch | Self::History | Self::OwnLog)
  }
}
