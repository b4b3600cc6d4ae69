//! What each verb does, on the engine's words alone. Thin: observe, plan, confirm, start, follow.
//!
//! Nothing here reaches Docker, files or processes; that is the ports' business. Text is made in
//! `render` and written in `output`.

mod answer;
mod change;
mod doctor;
mod follow;
pub mod init;
mod logs;
mod look;
mod past;
pub(super) mod watch;

use std::sync::Arc;

use super::{
  args::{Cli, DryRun, Globals, LockVerb, Verb},
  output::{Out, WriteError},
};
use crate::{
  engine::{
    ports::{Operations, PortError},
    world::World,
  },
  model::operation::Outcome,
  render::{Detail, Typing},
};

/// Everything a verb works with.
pub struct Desk {
  pub world: World,
  pub operations: Arc<dyn Operations>,
  pub out: Out,
  pub globals: Globals,
}

impl Desk {
  pub(super) fn detail(&self) -> Detail {
    match (self.globals.quiet, self.globals.verbose) {
      (true, _) => Detail::Quiet,
      (false, true) => Detail::Verbose,
      (false, false) => Detail::Normal,
    }
  }

  pub(super) fn typing(&self) -> Typing {
    Typing::with_config(&self.world.site.file)
  }
}

/// Why a verb could not be carried out at all.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
  #[error(transparent)]
  Port(#[from] PortError),
  #[error(transparent)]
  Write(#[from] WriteError),
  #[error("{what}")]
  Said {
    outcome: Outcome,
    what: String,
    fixes: Vec<String>,
  },
}

impl Trouble {
  pub(super) fn said(outcome: Outcome, what: impl Into<String>, fix: impl Into<String>) -> Self {
    Self::Said {
      outcome,
      what: what.into(),
      fixes: vec![fix.into()],
    }
  }
}

pub use doctor::tell as tell_diagnosis;

pub(super) type Verdict = Result<Outcome, Trouble>;

/// Carries out what was typed; no verb is `status`.
pub async fn run(desk: &mut Desk, cli: Cli) -> Outcome {
  let dry = cli.dry_run();
  let result = dispatch(desk, cli.verb, dry).await;
  match result {
    Ok(outcome) => outcome,
    Err(Trouble::Write(WriteError::ReaderGone)) => Outcome::Done,
    Err(Trouble::Said {
      outcome,
      what,
      fixes,
    }) => {
      desk.out.error(&what, &fixes);
      outcome
    }
    Err(trouble) => {
      let status = desk.world.command("status");
      desk.out.error(&trouble.to_string(), &[status.to_string()]);
      Outcome::Failed
    }
  }
}

async fn dispatch(desk: &mut Desk, verb: Option<Verb>, dry: DryRun) -> Verdict {
  match verb {
    // Without a terminal that could show the console.
    None | Some(Verb::Ui(_)) => look::status(desk, None).await,
    Some(Verb::Status(status)) => look::status(desk, Some(&status)).await,
    Some(Verb::Health(health)) => look::health(desk, health.slot).await,
    Some(Verb::Lock(LockVerb::Status)) => look::lock(desk),
    Some(Verb::Doctor(_)) => {
      let diagnosis = crate::engine::doctor::look(&desk.world).await;
      Ok(doctor::tell(&mut desk.out, &desk.globals, &diagnosis)?)
    }
    Some(Verb::Logs(logs)) => logs::run(desk, &logs).await,
    Some(Verb::History(history)) => past::history(desk, &history),
    Some(Verb::Show(show)) => past::show(desk, show.number),
    Some(Verb::Smoke(smoke)) if smoke.only.is_some() => look::one_smoke_test(desk, &smoke).await,
    Some(Verb::Migrate(migrate)) if migrate.status || dry.dry_run => {
      look::migration(desk, &migrate).await
    }
    Some(Verb::Watch(asked)) => watch::run(desk, &asked).await,
    Some(Verb::Attach(which)) => follow::attach(desk, which.number).await,
    Some(Verb::Approve(which)) => {
      answer::gate(desk, which.number, crate::model::event::Answer::Yes).await
    }
    Some(Verb::Decline(which)) => {
      answer::gate(desk, which.number, crate::model::event::Answer::No).await
    }
    Some(Verb::Abort(which)) => answer::abort(desk, which.number).await,
    Some(Verb::Note(note)) => answer::note(desk, &note).await,
    Some(Verb::Resume(which)) => answer::resume(desk, which.number).await,
    Some(verb) => change::run(desk, &verb, dry).await,
  }
}
