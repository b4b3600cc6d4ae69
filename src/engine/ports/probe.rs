//! Whether a service answers as it should.

use std::collections::BTreeMap;

use super::PortFuture;
use crate::{
  config::{Check, SmokeTest},
  model::{Slot, check::CheckReport, container::Container},
};

/// Runs health checks and smoke tests, by whichever way each is configured to reach its target.
/// What was asked and did not pass is a report; an error means that nothing could be asked.
pub trait Probe: Send + Sync {
  /// One try of a service's check. `container` is the service's container in that slot.
  fn check<'a>(
    &'a self,
    slot: Slot,
    container: &'a Container,
    check: &'a Check,
  ) -> PortFuture<'a, CheckReport>;
  /// One smoke test; `captured` are values captured by earlier ones of the same run.
  fn smoke<'a>(
    &'a self,
    slot: Slot,
    containers: &'a [Container],
    test: &'a SmokeTest,
    captured: &'a BTreeMap<String, String>,
  ) -> PortFuture<'a, CheckReport>;
}
