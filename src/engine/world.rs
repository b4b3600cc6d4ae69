//! The ports of one site, bundled; what every engine function is handed.

use std::sync::Arc;

use super::{
  health,
  ports::{Clock, Commands, Database, Ledger, PortError, Probe, Router, Runtime, Surroundings},
};
use crate::{
  config::Site,
  model::{
    Slot,
    event::{Failure, Produced},
    shown::Shown,
  },
};

/// One site and every way to reach it. Cheap to clone.
#[derive(Clone)]
pub struct World {
  pub site: Arc<Site>,
  pub clock: Arc<dyn Clock>,
  pub runtime: Arc<dyn Runtime>,
  pub probe: Arc<dyn Probe>,
  pub router: Arc<dyn Router>,
  pub database: Option<Arc<dyn Database>>,
  pub commands: Arc<dyn Commands>,
  pub ledger: Arc<dyn Ledger>,
  pub surroundings: Arc<dyn Surroundings>,
}

impl World {
  /// The same site as if `slot` had only this service; `None` is the whole of it. Another service
  /// is not asked for the database in the place of the one that answers for it.
  #[must_use]
  pub fn only(&self, slot: Slot, service: Option<&str>) -> Self {
    let mut world = self.clone();
    if let Some(service) = service {
      let mut site = (*self.site).clone();
      let speaks = health::speaks_for_database(&site, slot).is_some_and(|it| it.key == service);
      if let Some(database) = &mut site.database
        && !speaks
      {
        database.check = None;
      }
      site.services.retain(|known| known.key == service);
      world.site = Arc::new(site);
    }
    world
  }

  /// Text from outside, with the site's secrets masked and everything unprintable removed.
  pub fn shown(&self, raw: &str) -> Shown {
    Shown::line(&self.site.secrets.mask(raw))
  }

  /// A port's error as a step's failure.
  pub fn failed(&self, error: &PortError) -> Failure {
    let masked = self.site.secrets.mask(&error.to_string());
    let mut lines = masked.lines();
    let mut failure = Failure::new(lines.next().unwrap_or_default());
    failure.output = lines.take(20).map(Shown::line).collect();
    failure
  }

  /// A `cutover` command line for this site, to be typed as it stands.
  pub fn command(&self, words: &str) -> Shown {
    Shown::line(&format!(
      "cutover --config {} {words}",
      self.site.file.display()
    ))
  }
}

pub type StepResult = Result<Produced, Failure>;
