//! What is to be deployed, while it is being chosen, and what the preflight of it says meanwhile.

use std::time::Duration;

use tui_input::Input;

use super::ask::Ticket;
use crate::{
  engine::{
    Intent,
    intent::{Deploy, WhenReady},
  },
  model::{
    VersionName,
    offer::Offered,
    plan::{ImageSource, Plan, Refusal},
    version::BadVersion,
  },
};

/// A version stays chosen for this long before its preflight is asked for.
pub const SETTLE: Duration = Duration::from_millis(250);

/// One row of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Candidate<'a> {
  Offered(&'a Offered),
  /// What was typed, which nobody offers.
  Typed(Result<VersionName, BadVersion>),
}

impl Candidate<'_> {
  pub fn version(&self) -> Option<&VersionName> {
    match self {
      Self::Offered(offered) => Some(&offered.version),
      Self::Typed(version) => version.as_ref().ok(),
    }
  }
}

/// What the preflight of the chosen version says.
#[derive(Clone, Debug, PartialEq)]
pub enum Preflight {
  /// Nothing that could be deployed is chosen.
  Idle,
  Settling {
    until: Duration,
  },
  Asked(Ticket),
  Ready(Box<Plan>),
  Refused(Refusal),
}

#[derive(Debug)]
pub struct Deploying {
  /// The list is on its way.
  pub ticket: Option<Ticket>,
  pub offered: Vec<Offered>,
  pub input: Input,
  pub selected: usize,
  pub source: Option<ImageSource>,
  pub ready: WhenReady,
  pub preflight: Preflight,
}

impl Deploying {
  pub fn new(ticket: Ticket) -> Self {
    Self {
      ticket: Some(ticket),
      offered: Vec::new(),
      input: Input::default(),
      selected: 0,
      source: None,
      ready: WhenReady::Ask,
      preflight: Preflight::Idle,
    }
  }

  /// What was typed stands first unless it is offered: a version that only looks like the typed
  /// one is never chosen by Enter alone.
  pub fn rows(&self) -> Vec<Candidate<'_>> {
    let typed = self.input.value().trim();
    let is_typed = |offered: &&Offered| offered.version.as_str() == typed;
    let first = match self.offered.iter().find(is_typed) {
      Some(offered) => Some(Candidate::Offered(offered)),
      None if typed.is_empty() => None,
      None => Some(Candidate::Typed(typed.parse())),
    };
    let others = self
      .offered
      .iter()
      .filter(|offered| !is_typed(offered) && offered.version.as_str().contains(typed));
    first
      .into_iter()
      .chain(others.map(Candidate::Offered))
      .collect()
  }

  pub fn chosen(&self) -> Option<Candidate<'_>> {
    self.rows().into_iter().nth(self.selected)
  }

  /// What would be asked of the engine for the chosen version.
  pub fn intent(&self) -> Option<Intent> {
    let version = self.chosen()?.version()?.clone();
    Some(Intent::Deploy(Deploy {
      slot: None,
      version,
      source: self.source,
      ready: self.ready,
      skip_smoke: None,
    }))
  }

  /// Whatever was known about the former choice is not known about this one.
  pub fn settle(&mut self, now: Duration) {
    self.selected = self.selected.min(self.rows().len().saturating_sub(1));
    self.preflight = if self.intent().is_some() {
      Preflight::Settling {
        until: now + SETTLE,
      }
    } else {
      Preflight::Idle
    };
  }

  pub fn wake_at(&self) -> Option<Duration> {
    match self.preflight {
      Preflight::Settling { until } => Some(until),
      Preflight::Idle | Preflight::Asked(_) | Preflight::Ready(_) | Preflight::Refused(_) => None,
    }
  }

  pub fn next_source(&mut self) {
    self.source = match self.source {
      None => Some(ImageSource::Build),
      Some(ImageSource::Build) => Some(ImageSource::Rebuild),
      Some(ImageSource::Rebuild | ImageSource::Pull | ImageSource::Recorded) => None,
    };
  }

  pub fn next_ready(&mut self) {
    self.ready = match self.ready {
      WhenReady::Ask => WhenReady::Stop,
      WhenReady::Stop => WhenReady::Switch,
      WhenReady::Switch => WhenReady::Ask,
    };
  }
}
