//! From a verb to what the engine is asked for. Verbs that only look have no intent.

use super::{Deploy, Migrate, Restore, Rollback, Target, Verb};
use crate::{
  engine::intent::{self, Force, Intent, Swap, WhenReady},
  model::plan::ImageSource,
};

impl Verb {
  /// `otherwise` is what a deploy without `--switch` does when the standby is ready: `Ask` where
  /// somebody can answer, else `Stop`. Stopping the live slot needs `Force::Typed`, which no flag
  /// gives: it comes from the confirmed word.
  pub fn intent(&self, otherwise: WhenReady) -> Option<Intent> {
    Some(match self {
      Self::Up(up) => Intent::Up {
        slot: up.slot,
        version: up.version.clone(),
      },
      Self::Deploy(deploy) => deploy.intent(otherwise),
      Self::Smoke(smoke) => {
        if smoke.only.is_some() {
          return None;
        }
        Intent::Smoke { slot: smoke.slot }
      }
      Self::Switch(switch) => Intent::Switch {
        to: switch.slot,
        reason: switch.reason.clone(),
      },
      Self::Rehearse(_) => Intent::Rehearse,
      Self::Rollback(rollback) => rollback.intent(),
      Self::Stop(stop) => Intent::Stop {
        slot: stop.slot,
        service: stop.service.clone(),
        force: Force::No,
      },
      Self::Start(start) => Intent::Start {
        slot: start.slot,
        service: start.service.clone(),
      },
      Self::Restart(restart) => Intent::Restart {
        slot: restart.slot,
        service: restart.service.clone(),
        force: Force::No,
      },
      Self::Backup(_) => Intent::Backup,
      Self::Restore(restore) => restore.intent(),
      Self::Migrate(Migrate {
        status: false,
        slot,
        ..
      }) => Intent::Migrate { slot: *slot },
      _ => return None,
    })
  }
}

impl Deploy {
  fn intent(&self, otherwise: WhenReady) -> Intent {
    Intent::Deploy(intent::Deploy {
      slot: match self.target {
        Target::Auto => None,
        Target::Slot(slot) => Some(slot),
      },
      version: self.version.clone(),
      source: self.source(),
      ready: if self.switch {
        WhenReady::Switch
      } else {
        otherwise
      },
      skip_smoke: self.skip_smoke.then(|| self.reason.clone()).flatten(),
    })
  }

  fn source(&self) -> Option<ImageSource> {
    if self.rebuild {
      Some(ImageSource::Rebuild)
    } else if self.build {
      Some(ImageSource::Build)
    } else {
      None
    }
  }
}

impl Rollback {
  fn intent(&self) -> Intent {
    Intent::Rollback(intent::Rollback {
      version: self.to_version.clone(),
      reason: self.reason.clone(),
      force: if self.force { Force::Typed } else { Force::No },
      undoes: None,
    })
  }
}

impl Restore {
  fn intent(&self) -> Intent {
    Intent::Restore {
      file: self.file.to_string_lossy().into_owned(),
      swap: if self.swap { Swap::Yes } else { Swap::No },
    }
  }
}
