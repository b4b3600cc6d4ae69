//! The guided tour of `cutover demo`: what to press next. It moves on when a thing has been seen to
//! be done, by whomever and however; never because a key was pressed or time went by.

use super::{app::App, operation::Watched};
use crate::{
  model::{
    Slot, VersionName,
    operation::{Kind, Outcome},
    served::Served,
    traffic::Live,
  },
  render::{
    status,
    words::{badge, count, lost, slot_at},
  },
  tui::action::Action,
};

/// The versions that the tour tells about.
#[derive(Clone, Copy, Debug)]
pub struct Script {
  pub good: &'static str,
  /// Fails a test before users could be moved to it.
  pub refused: &'static str,
  /// Passes every test, and fails once users are on it.
  pub wears_out: &'static str,
}

/// What is to be seen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
  Deploy,
  Switch,
  Refusal,
  DeployAgain,
  SwitchAgain,
  Rollback,
  Over,
}

impl Stage {
  pub const ALL: [Self; 7] = [
    Self::Deploy,
    Self::Switch,
    Self::Refusal,
    Self::DeployAgain,
    Self::SwitchAgain,
    Self::Rollback,
    Self::Over,
  ];

  /// Counted from 1.
  pub fn number(self) -> usize {
    self as usize + 1
  }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
  Yes,
  /// The operator goes on alone; the same key brings it back.
  No,
}

#[derive(Clone, Debug)]
pub struct Tour {
  pub script: Script,
  pub stage: Stage,
  pub shows: Shows,
  pub served: Served,
}

/// Two lines: what is so, and what to press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
  pub is: String,
  pub press: String,
}

impl Script {
  /// The version that a stage is about.
  fn version(self, stage: Stage) -> &'static str {
    match stage {
      Stage::Deploy | Stage::Switch => self.good,
      Stage::Refusal => self.refused,
      Stage::DeployAgain | Stage::SwitchAgain | Stage::Rollback | Stage::Over => self.wears_out,
    }
  }
}

impl Tour {
  pub fn new(script: Script) -> Self {
    Self {
      script,
      stage: Stage::Deploy,
      shows: Shows::Yes,
      served: Served::default(),
    }
  }

  pub fn toggle(&mut self) {
    self.shows = match self.shows {
      Shows::Yes => Shows::No,
      Shows::No => Shows::Yes,
    };
  }

  /// The stage that what is seen now leads to.
  pub fn reached(&self, app: &App) -> Stage {
    let mut stages = Stage::ALL.into_iter().skip(self.stage as usize);
    stages
      .find(|stage| !self.is_done(*stage, app))
      .unwrap_or(Stage::Over)
  }

  fn is_done(&self, stage: Stage, app: &App) -> bool {
    let version = self.script.version(stage);
    match stage {
      Stage::Deploy | Stage::DeployAgain => is_ready(app, version),
      Stage::Switch => is_live(app, version) && !is_busy(app),
      Stage::SwitchAgain => is_live(app, version),
      Stage::Refusal => ended(app, Kind::Deploy)
        .is_some_and(|(ended, outcome)| ended == Some(version) && outcome == Outcome::Failed),
      Stage::Rollback => {
        let ended = ended(app, Kind::Rollback).map(|(_, outcome)| outcome);
        let proven = matches!(app.live(), Live::Proven { .. });
        ended == Some(Outcome::Done) && proven && !is_live(app, version)
      }
      Stage::Over => false,
    }
  }

  pub fn hint(&self, app: &App) -> Hint {
    let Live::Proven { slot } = app.live() else {
      return hint("The tour waits until it is proven who is live.", "");
    };
    if self.stage != Stage::Rollback
      && let Some(watched) = app.operation.as_ref().filter(|it| it.is_running())
      && watched.gate().is_none()
    {
      return meanwhile(app, watched);
    }
    self.next(app, slot)
  }

  fn next(&self, app: &App, live: Slot) -> Hint {
    let key = |action| {
      let key = app.keymap.key(action);
      key.map_or_else(String::new, |key| key.to_string())
    };
    let (users, standby) = (on(app, live), live.other());
    let Script { refused, .. } = self.script;
    let version = self.script.version(self.stage);
    let failed = self.served.failed;
    let is = match self.stage {
      Stage::Deploy => format!("Put {version} beside {users}, which serves users meanwhile."),
      Stage::Switch => format!(
        "{version} passed its tests on {}. Now move the users.",
        badge(standby)
      ),
      Stage::Refusal => format!("Users are on {users}, proven. Next a bad version: {version}."),
      Stage::DeployAgain => {
        format!("{refused} failed its tests; users never saw it. Now a sly one.")
      }
      Stage::SwitchAgain => format!("{version} passed every test on {}.", badge(standby)),
      Stage::Rollback if failed == 0 => {
        format!("Users are on {users}. It will wear out: watch its errors.")
      }
      Stage::Rollback => format!(
        "{users} answered {} with an error.",
        count(failed, "request")
      ),
      Stage::Over => format!("Proven: users are on {users}. {}.", lost(&self.served)),
    };
    let press = match self.stage {
      Stage::Deploy | Stage::Refusal | Stage::DeployAgain => format!(
        "Press {}, type {version}, then Enter; y answers the plan.",
        key(Action::Deploy)
      ),
      Stage::Switch | Stage::SwitchAgain => {
        format!("Press {}, type {standby}, then Enter.", key(Action::Switch))
      }
      Stage::Rollback if failed == 0 => format!(
        "Nothing yet; {} then y whenever you have seen enough.",
        key(Action::Rollback)
      ),
      Stage::Rollback => format!(
        "Press {}, then y: they go back to what served them.",
        key(Action::Rollback)
      ),
      Stage::Over => "q leaves and removes all of it; 7 shows the history.".to_owned(),
    };
    Hint { is, press }
  }
}

fn hint(is: impl Into<String>, press: impl Into<String>) -> Hint {
  let (is, press) = (is.into(), press.into());
  Hint { is, press }
}

/// While an operation does what was asked for.
fn meanwhile(app: &App, watched: &Watched) -> Hint {
  let plan = &watched.order.plan;
  let version = plan.version.as_ref();
  let moved = version.is_some_and(|version| is_live(app, version.as_str()));
  let is = match (plan.target, version) {
    (Some(slot), Some(_)) if moved => {
      format!(
        "Users are on {}. The last requests of before end.",
        slot_at(slot, version)
      )
    }
    (Some(slot), Some(version)) if plan.kind == Kind::Deploy => {
      format!(
        "{version} starts on {} and is tested there; users stay.",
        badge(slot)
      )
    }
    _ => format!("The {} runs.", plan.kind),
  };
  hint(is, "Nothing to press; 3 shows every step.")
}

fn on(app: &App, slot: Slot) -> String {
  let version = app
    .seen
    .as_ref()
    .and_then(|seen| status::version(seen, slot));
  slot_at(slot, version)
}

/// Proven beside the users, or live already.
fn is_ready(app: &App, wanted: &str) -> bool {
  let waits = app
    .operation
    .as_ref()
    .is_some_and(|watched| watched.gate().is_some() && version_of(watched) == Some(wanted));
  let stands = ended(app, Kind::Deploy) == Some((Some(wanted), Outcome::Done));
  waits || stands || is_live(app, wanted)
}

fn is_live(app: &App, wanted: &str) -> bool {
  let (Live::Proven { slot }, Some(seen)) = (app.live(), &app.seen) else {
    return false;
  };
  status::version(seen, slot).map(VersionName::as_str) == Some(wanted)
}

fn is_busy(app: &App) -> bool {
  app.operation.as_ref().is_some_and(Watched::is_running)
}

/// The version and outcome of the newest operation, when it was of this kind and has ended.
fn ended(app: &App, kind: Kind) -> Option<(Option<&str>, Outcome)> {
  let watched = app.operation.as_ref()?;
  let verdict = watched.run.verdict.as_ref()?;
  let same = watched.order.plan.kind == kind;
  same.then_some((version_of(watched), verdict.outcome))
}

fn version_of(watched: &Watched) -> Option<&str> {
  watched.order.plan.version.as_ref().map(VersionName::as_str)
}
