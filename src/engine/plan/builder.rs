//! Collects a plan's steps, each with its deadline and what the operator is shown about it.

use std::time::Duration;

use super::fences::Case;
use crate::{
  config::{Hook, Place, ProofBy, Service},
  model::{
    Slot, VersionName,
    container::ContainerId,
    operation::{Kind, OperationId},
    plan::{OnFailure, Plan, PlannedStep, Premise, Risk, Rival, Step, TO_EXPLAIN},
    router::FileHash,
    shown::Shown,
  },
};

const SHORT: Duration = Duration::from_secs(30);
const PATIENT: Duration = Duration::from_mins(30);

pub(super) struct Builder<'a> {
  case: &'a Case<'a>,
  plan: Plan,
}

impl<'a> Builder<'a> {
  pub(super) fn new(case: &'a Case<'a>, kind: Kind, target: Option<Slot>) -> Self {
    let live = case.observation.live_slot();
    let untouched = live.map(|live| ids(case, live)).unwrap_or_default();
    let plan = Plan {
      schema: 1,
      kind,
      site: case.site.name.clone(),
      target,
      from: live,
      version: target.and_then(|slot| case.observation.slots[slot].version.clone()),
      from_version: live.and_then(|slot| case.observation.slots[slot].version.clone()),
      steps: Vec::new(),
      premise: Premise {
        live,
        managed: crate::engine::observe::managed(&case.observation.router)
          .map(|file| file.hash.clone()),
        untouched,
        undoes: None,
      },
      risk: Risk::Green,
      word: None,
      warnings: Vec::new(),
      notes: Vec::new(),
      on_failure: case.site.deploy.on_failure,
      reason: None,
      preempts: None,
    };
    Self { case, plan }
  }

  pub(super) fn kind(&self) -> Kind {
    self.plan.kind
  }

  pub(super) fn version(mut self, version: &VersionName) -> Self {
    self.plan.version = Some(version.clone());
    self
  }

  /// Where users are, when a dispute keeps it from being the premise.
  pub(super) fn from(mut self, slot: Slot) -> Self {
    self.plan.from = Some(slot);
    self.plan.from_version = self.case.observation.slots[slot].version.clone();
    self
  }

  /// The managed file that a plan without a live slot was made from.
  pub(super) fn managed(mut self, hash: &FileHash) -> Self {
    self.plan.from = None;
    self.plan.from_version = None;
    self.plan.premise = Premise {
      live: None,
      managed: Some(hash.clone()),
      untouched: Vec::new(),
      undoes: None,
    };
    self
  }

  pub(super) fn reason(mut self, reason: Option<&str>) -> Self {
    self.plan.reason = reason.map(Shown::line);
    self
  }

  pub(super) fn undoes(mut self, operation: Option<OperationId>) -> Self {
    self.plan.premise.undoes = operation;
    self
  }

  pub(super) fn on_failure(mut self, on_failure: OnFailure) -> Self {
    self.plan.on_failure = on_failure;
    self
  }

  /// A warning makes the plan amber at least.
  pub(super) fn warn(&mut self, text: impl AsRef<str>) {
    self.plan.warnings.push(Shown::line(text.as_ref()));
    self.risk(Risk::Amber);
  }

  pub(super) fn note(&mut self, text: impl AsRef<str>) {
    self.plan.notes.push(Shown::line(text.as_ref()));
  }

  pub(super) fn risk(&mut self, at_least: Risk) {
    self.plan.risk = self.plan.risk.max(at_least);
  }

  pub(super) fn step(&mut self, step: Step) {
    self.detailed(step, &[]);
  }

  pub(super) fn detailed(&mut self, step: Step, details: &[String]) {
    let deadline = self.deadline(&step);
    let details = details
      .iter()
      .map(|line| Shown::line(&self.case.site.secrets.mask(line)))
      .collect();
    self.plan.steps.push(PlannedStep {
      step,
      details,
      deadline,
    });
  }

  pub(super) fn hook(&mut self, hook: Hook, name: &str) {
    if let Some(command) = self.case.site.hooks.get(&hook) {
      self.detailed(
        Step::Hook {
          name: name.to_owned(),
        },
        &[command.join(" ")],
      );
    }
  }

  /// The transaction that moves users: everything from the last check to the record.
  pub(super) fn switch_steps(&mut self, slot: Slot, forced: Option<Shown>) {
    let preview = self.case.preview;
    let path = self.case.site.router.switch.path().display().to_string();
    self.step(Step::CheckTarget { slot, forced });
    self.step(Step::Save { slot });
    let mut change = vec![format!("{} {path}", self.case.site.router.switch.word())];
    change.extend(preview.diff.iter().cloned());
    self.detailed(Step::Write { slot }, &change);
    if self.plan.kind == Kind::Up && !self.case.proxy_runs() {
      let command = match self.case.site.router.place() {
        Place::Host => self.case.site.router.command().join(" "),
        Place::Service(name) => format!("up -d --no-deps --no-recreate {name}"),
        Place::Container(name) => format!("up -d --no-deps --no-recreate (the service of {name})"),
      };
      self.detailed(Step::StartProxy { slot }, &[command]);
    }
    let mut commands = preview.router.iter();
    self.detailed(
      Step::Test { slot },
      &commands.next().cloned().into_iter().collect::<Vec<_>>(),
    );
    self.detailed(
      Step::Reload { slot },
      &commands.cloned().collect::<Vec<_>>(),
    );
    let proof = &self.case.site.proof;
    self.detailed(
      Step::Prove { slot },
      &[format!(
        "{}, {} fresh connections in a row over at least {} ms",
        preview.proof,
        proof.samples,
        proof.over.as_millis()
      )],
    );
    self.detailed(Step::Record { slot }, &self.records(slot));
  }

  fn records(&self, slot: Slot) -> Vec<String> {
    let mut lines = vec![format!("{}/live.json", self.case.site.state.display())];
    if let Some(file) = &self.case.site.truth.state_file {
      lines.push(format!("{} := {slot}", file.display()));
    }
    lines
  }

  fn deadline(&self, step: &Step) -> Duration {
    let site = self.case.site;
    match step {
      Step::Preflight | Step::Start { .. } | Step::StartProxy { .. } | Step::Stop { .. } => {
        Duration::from_mins(5)
      }
      Step::Hook { .. } | Step::Smoke { .. } => Duration::from_mins(10),
      Step::StartShared { .. }
      | Step::Backup
      | Step::UpdateSource { .. }
      | Step::Prepare { .. }
      | Step::RestoreInto { .. }
      | Step::SwapDatabases { .. } => PATIENT,
      Step::Migrate { .. } => site
        .database
        .as_ref()
        .and_then(|database| database.migrate.as_ref())
        .map_or(PATIENT, |migrate| migrate.timeout),
      Step::WaitHealthy { slot, .. } => wait_limit(&site.services, *slot) + TO_EXPLAIN,
      Step::Gate { .. } => site.deploy.gate,
      Step::Prove { .. } => {
        // A log is written, rotated and read by others: on a busy machine that takes its time.
        let least = match site.proof.by {
          ProofBy::Log => Duration::from_secs(40),
          ProofBy::Marker
          | ProofBy::Field { .. }
          | ProofBy::Header { .. }
          | ProofBy::Body { .. }
          | ProofBy::Effective => Duration::from_secs(10),
        };
        least.max(site.proof.over * 4) + TO_EXPLAIN
      }
      Step::Drain { .. } => site.retire.drain,
      Step::SkipSmoke { .. }
      | Step::Evidence { .. }
      | Step::CheckTarget { .. }
      | Step::Save { .. }
      | Step::Write { .. }
      | Step::Test { .. }
      | Step::Reload { .. }
      | Step::Record { .. }
      | Step::Wake { .. } => SHORT,
    }
  }

  /// Says what has to stop first; interrupting what moves users is not for one key.
  pub(super) fn preempts(&mut self, rival: &Rival) {
    let who = format!("operation {} ({} by {})", rival.id, rival.kind, rival.actor);
    if rival.moves_users {
      self.warn(format!(
        "{who} is moving users: it is asked to stop first, and puts back what it has not finished"
      ));
    } else {
      self.note(format!(
        "{who} has moved nobody: it is asked to stop at its next safe point, then this begins"
      ));
    }
    self.plan.preempts = Some(rival.clone());
  }

  /// Blocked unless this phrase is typed.
  pub(super) fn red(&mut self, phrase: String) {
    self.risk(Risk::Red);
    self.plan.word = Some(phrase);
  }

  pub(super) fn build(mut self) -> Plan {
    if self.plan.risk != Risk::Green && self.plan.word.is_none() {
      self.plan.word = Some(self.plan.target.map_or_else(
        || self.plan.kind.word().to_owned(),
        |slot| slot.name().to_owned(),
      ));
    }
    self.plan
  }
}

/// The longest time any service of the slot may take to become healthy.
fn wait_limit(services: &[Service], slot: Slot) -> Duration {
  services
    .iter()
    .filter_map(|service| service.check[slot].as_ref().map(|check| check.timeout))
    .max()
    .unwrap_or(Duration::from_mins(2))
}

fn ids(case: &Case<'_>, slot: Slot) -> Vec<ContainerId> {
  let mut ids: Vec<ContainerId> = case.observation.slots[slot]
    .containers()
    .iter()
    .map(|container| container.id.clone())
    .collect();
  ids.sort();
  ids
}
