//! What the doctor asks besides what an operation needs.

use super::PortFuture;
use crate::model::surroundings::{Files, Machine};

/// What is around the site: its folder, this machine, this terminal. Looks only; what cannot be
/// looked at is named in the answer.
pub trait Surroundings: Send + Sync {
  fn files(&self) -> PortFuture<'_, Files>;
  fn machine(&self) -> PortFuture<'_, Machine>;
}
