//! What the ports say before a plan is made: faults, exact commands, the difference in the
//! managed file, recorded images. Looks only.

use crate::{
  engine::{intent::Intent, observe::unread, ports::PortError, preempt, proof, world::World},
  model::{
    Slot, VersionName,
    event::SavedFile,
    evidence::Pins,
    finding::Finding,
    observation::Observation,
    operation::OperationId,
    plan::{Fault, ImageSource, Rival},
    shown::Shown,
  },
};

#[derive(Clone, Debug, Default)]
pub struct Preview {
  pub faults: Vec<Fault>,
  /// Commands that prepare and start the target.
  pub commands: Vec<String>,
  /// The proxy's test and reload.
  pub router: Vec<String>,
  /// The managed file as it would change.
  pub diff: Vec<String>,
  pub proof: String,
  /// Recorded images of the version asked for, or of the slot that would be recreated.
  pub recorded: Option<Pins>,
  /// What the site remembers, is needed to plan anything, and cannot be read.
  pub unread: Vec<Fault>,
  /// What runs now and would make way.
  pub rival: Option<Rival>,
  /// The managed file before a first set-up.
  pub saved: Option<SavedFile>,
  /// What is answered through the proxy, also when it names no slot.
  pub answer: Option<Shown>,
}

impl Preview {
  /// What of these findings is red stops the plan.
  fn stop_for(&mut self, findings: Vec<Finding>) {
    self.faults.extend(Finding::stopping(findings));
  }
}

pub(super) async fn gather(world: &World, observation: &Observation, intent: &Intent) -> Preview {
  let mut preview = Preview {
    router: world.router.command_lines(),
    proof: world.router.proof_words(),
    unread: unread::decisive(world),
    ..Preview::default()
  };
  match intent {
    Intent::Up { slot, version } => {
      preview.answer = proof::anything(world).await;
      preview.saved = keep(world.router.save().await, &mut preview.faults);
      let slot = slot
        .or_else(|| {
          super::up::named(observation, preview.saved.as_ref())
            .first()
            .map(|(slot, _)| *slot)
        })
        .unwrap_or(Slot::Blue);
      let source = super::deploy::default_source(&world.site);
      target(world, slot, version, source, &mut preview).await;
      let next = world.router.next(slot, 0, OperationId(0)).await;
      if let Some(next) = keep(next, &mut preview.faults) {
        preview.diff =
          keep(world.router.diff(&next).await, &mut preview.faults).unwrap_or_default();
      }
      preview.stop_for(world.ledger.preflight());
    }
    Intent::Deploy(deploy) => {
      let slot = deploy.slot.or_else(|| observation.standby());
      if let Some(slot) = slot {
        let source = deploy
          .source
          .unwrap_or_else(|| super::deploy::default_source(&world.site));
        target(world, slot, &deploy.version, source, &mut preview).await;
        preview.diff = diff(world, slot).await;
      }
      site_faults(world, &mut preview).await;
    }
    Intent::Switch { to, .. } => {
      preview.diff = diff(world, *to).await;
      preview.stop_for(world.ledger.preflight());
    }
    Intent::Rehearse => {
      if let Some(live) = observation.live_slot() {
        preview.diff = diff(world, live).await;
      }
      preview.stop_for(world.ledger.preflight());
    }
    Intent::Rollback(rollback) => {
      let slot = observation
        .readiness
        .target
        .or_else(|| observation.standby());
      if let Some(slot) = slot {
        preview.recorded = match &rollback.version {
          Some(version) => keep(world.ledger.recorded_pins(version), &mut preview.faults).flatten(),
          None => served(world, observation, slot, &mut preview.faults),
        };
        preview.diff = diff(world, slot).await;
      }
      preview.stop_for(world.ledger.preflight());
      preview.rival = keep(preempt::rival(world, observation), &mut preview.faults).flatten();
    }
    Intent::Start { slot, .. } => {
      preview.recorded.clone_from(&observation.slots[*slot].pins);
      preview.stop_for(world.ledger.preflight());
    }
    Intent::Backup | Intent::Restore { .. } | Intent::Migrate { .. } => {
      site_faults(world, &mut preview).await;
    }
    Intent::Smoke { .. } | Intent::Stop { .. } | Intent::Restart { .. } => {
      preview.stop_for(world.ledger.preflight());
    }
  }
  preview
}

/// The images of what served in `slot`; what was pinned there since may never have passed a test.
fn served(
  world: &World,
  observation: &Observation,
  slot: Slot,
  faults: &mut Vec<Fault>,
) -> Option<Pins> {
  let version = observation
    .record
    .as_ref()
    .filter(|record| record.previous == Some(slot))
    .and_then(|record| record.previous_version.as_ref());
  version
    .and_then(|version| keep(world.ledger.recorded_pins(version), faults).flatten())
    .or_else(|| {
      observation.slots[slot]
        .pins
        .clone()
        .filter(|pins| version.is_none_or(|version| pins.version == *version))
    })
}

async fn target(
  world: &World,
  slot: Slot,
  version: &VersionName,
  source: ImageSource,
  preview: &mut Preview,
) {
  preview.commands = world.runtime.command_lines(slot, version, source);
  if let Some(found) = keep(
    world.runtime.preflight(slot, version, source).await,
    &mut preview.faults,
  ) {
    preview.stop_for(found);
  }
}

async fn site_faults(world: &World, preview: &mut Preview) {
  preview.stop_for(world.ledger.preflight());
  if let Some(database) = &world.database
    && let Some(found) = keep(database.preflight().await, &mut preview.faults)
  {
    preview.stop_for(found);
  }
}

async fn diff(world: &World, slot: Slot) -> Vec<String> {
  let lines = async {
    let next = world.router.next(slot, 0, OperationId(0)).await?;
    world.router.diff(&next).await
  };
  lines
    .await
    .unwrap_or_else(|error: PortError| vec![error.to_string()])
}

fn keep<T>(result: Result<T, PortError>, faults: &mut Vec<Fault>) -> Option<T> {
  match result {
    Ok(value) => Some(value),
    Err(error) => {
      faults.push(Fault::new(error.to_string(), "see 'cutover status'"));
      None
    }
  }
}
