//! The one sentence an operation ends with: what happened, where traffic is, what to type.

use std::fmt::Write;

use super::{PutAway, Runner, Stop};
use crate::{
  engine::{proof, run_state::RestoreState},
  model::{
    Slot, VersionName,
    event::Produced,
    operation::{Kind, Outcome, Verdict},
    plan::Plan,
    shown::Shown,
  },
};

pub(super) async fn compose(runner: &Runner<'_>, stop: Option<&Stop>) -> Verdict {
  let plan = &runner.order.plan;
  let live = match &runner.state.restore {
    RestoreState::Finished {
      proven: Some(slot), ..
    } => Some(*slot),
    RestoreState::NotNeeded
    | RestoreState::Running { .. }
    | RestoreState::Finished { proven: None, .. }
    | RestoreState::Failed { .. } => proof::look_again(runner.world).await.ok(),
  };
  let command = |words: &str| runner.world.command(words);
  let outcome = outcome(runner, stop, live);
  let (summary, next) = if outcome == Outcome::Done {
    (
      done(runner, live, stop),
      next_after_success(runner, &command),
    )
  } else {
    let mut text = match stop {
      Some(Stop::Failed(failure)) => format!("{} failed: {}", plan.kind, failure.what),
      Some(Stop::Declined) => format!("{} declined: users were not moved", plan.kind),
      Some(Stop::Aborted) => format!("{} aborted by an operator", plan.kind),
      None => format!("{} was recorded, but that is no longer true", plan.kind),
    };
    text.push_str(&aftermath(runner, outcome, live));
    (text, next_after_failure(plan, outcome, &command))
  };
  Verdict {
    outcome,
    summary: runner.world.shown(&summary),
    live,
    next,
  }
}

/// Where users are decides, then what was written down, then why it stopped.
fn outcome(runner: &Runner<'_>, stop: Option<&Stop>, live: Option<Slot>) -> Outcome {
  let state = &runner.state;
  let there = live.is_some() && live == runner.order.plan.target;
  if let RestoreState::Failed { .. } | RestoreState::Running { .. } = state.restore {
    return Outcome::NeedsHuman;
  }
  let restored = matches!(state.restore, RestoreState::Finished { .. });
  match stop {
    _ if state.recorded() => match stop {
      None | Some(Stop::Declined | Stop::Aborted) if there => Outcome::Done,
      _ => Outcome::NeedsHuman,
    },
    None => Outcome::Done,
    Some(_) if state.traffic_touched() && !restored => Outcome::NeedsHuman,
    // Nobody was served before: whoever is served now is so by nobody's word.
    Some(_) if runner.order.plan.kind == Kind::Up && restored && live.is_some() => {
      Outcome::NeedsHuman
    }
    Some(Stop::Declined | Stop::Aborted) => Outcome::Cancelled,
    Some(Stop::Failed(_)) if restored && runner.order.plan.kind != Kind::Up => Outcome::Reverted,
    Some(Stop::Failed(_)) => Outcome::Failed,
  }
}

/// What a step produced, for the gate's evidence and for history.
pub(crate) fn in_words(produced: &Produced) -> Option<Shown> {
  let text = match produced {
    Produced::BackedUp { backup } => format!(
      "backup {} read back in full, {} bytes",
      backup.file, backup.bytes
    ),
    Produced::Migrated { before, after } => format!(
      "schema {} to {}",
      before.as_deref().unwrap_or("unknown"),
      after.as_deref().unwrap_or("unknown")
    ),
    Produced::Healthy { report } => format!("health {}", report.summary()),
    Produced::Smoked { results } => format!("smoke {0}/{0} passed", results.len()),
    Produced::SmokeSkipped { reason } => format!("smoke tests skipped: {reason}"),
    Produced::Proved { ledger } => format!(
      "proved in {} ms: {} requests, {} lost, mixed window {} ms",
      ledger.proved_millis, ledger.sent, ledger.lost, ledger.mixed_millis
    ),
    Produced::Drained {
      millis: Some(millis),
      ..
    } => format!("drained after {millis} ms"),
    Produced::Drained {
      millis: None,
      still,
    } => format!("{still} former workers still serve requests"),
    Produced::Said { text } => text.to_string(),
    Produced::Pinned { pins } => pins
      .images
      .iter()
      .map(|image| format!("{} {}", image.service, image.id.short()))
      .collect::<Vec<_>>()
      .join(", "),
    Produced::Nothing
    | Produced::Started { .. }
    | Produced::Evidence { .. }
    | Produced::Saved { .. }
    | Produced::Written { .. }
    | Produced::Reloaded { .. } => return None,
  };
  Some(Shown::line(&text))
}

fn named(slot: Slot, version: Option<&VersionName>) -> String {
  version.map_or_else(
    || slot.shout().to_owned(),
    |version| format!("{} {version}", slot.shout()),
  )
}

fn done(runner: &Runner<'_>, live: Option<Slot>, stop: Option<&Stop>) -> String {
  let plan = &runner.order.plan;
  let state = &runner.state;
  let target = plan
    .target
    .map(|slot| named(slot, plan.version.as_ref()))
    .unwrap_or_default();
  let part = plan
    .service()
    .map(|service| format!("{service} of "))
    .unwrap_or_default();
  let users = users(plan, live);
  match plan.kind {
    Kind::Rehearse => {
      format!("the file, its mount, the test, the reload and the proof work; {users} as before")
    }
    Kind::Up | Kind::Deploy | Kind::Switch | Kind::Rollback if state.proved() => {
      let mut text = format!("{users}, proven through the proxy");
      if stop.is_some() {
        text.push_str("; an operator cut the rest short");
      }
      text
    }
    Kind::Deploy => format!("{target} is up and passed every check; {users}"),
    Kind::Up | Kind::Switch | Kind::Rollback => users,
    Kind::Smoke => format!("{target} passed its smoke tests; {users}"),
    Kind::Start => format!("{part}{target} is up and healthy; {users}"),
    Kind::Stop => format!("{part}{target} is stopped and kept; {users}"),
    Kind::Restart => format!(
      "{part}{target} was restarted and is healthy, tests passed before no longer count; {users}"
    ),
    Kind::Migrate => format!(
      "the database is migrated to {}; {users}",
      state.schema_head().unwrap_or("its newest head")
    ),
    Kind::Backup => state.backup().map_or_else(
      || "backed up".to_owned(),
      |backup| {
        format!(
          "{} holds {} entries in {} bytes, read back in full",
          backup.file, backup.entries, backup.bytes
        )
      },
    ),
    Kind::Restore => state
      .steps
      .iter()
      .rev()
      .find_map(|(_, step)| match step {
        crate::engine::run_state::StepState::Done { produced, .. } => match produced.as_ref() {
          Produced::Said { text } => Some(text.to_string()),
          _ => None,
        },
        crate::engine::run_state::StepState::Waiting
        | crate::engine::run_state::StepState::Running { .. }
        | crate::engine::run_state::StepState::Failed { .. } => None,
      })
      .unwrap_or_else(|| "restored".to_owned()),
  }
}

fn users(plan: &Plan, live: Option<Slot>) -> String {
  live.map_or_else(
    || "it is not certain where users are".to_owned(),
    |slot| {
      let version = if Some(slot) == plan.target {
        &plan.version
      } else {
        &plan.from_version
      };
      format!("users are on {}", named(slot, version.as_ref()))
    },
  )
}

fn aftermath(runner: &Runner<'_>, outcome: Outcome, live: Option<Slot>) -> String {
  let state = &runner.state;
  let plan = &runner.order.plan;
  let mut text = String::new();
  match &state.restore {
    RestoreState::Finished {
      proven: Some(slot), ..
    } => {
      let _ = write!(
        text,
        "; the former file is back and {} is proven live",
        slot.shout()
      );
    }
    RestoreState::Finished { proven: None, .. } => text.push_str(match live {
      None if plan.kind == Kind::Up => "; the route is taken back, and nobody is served",
      None => "; the former file is back",
      Some(Slot::Blue) => "; the former file is back, and BLUE answers all the same",
      Some(Slot::Green) => "; the former file is back, and GREEN answers all the same",
    }),
    RestoreState::Failed { failure } => {
      let _ = write!(text, "; RESTORING FAILED: {}", failure.what);
    }
    RestoreState::Running { .. } => text.push_str("; restoring was not finished"),
    RestoreState::NotNeeded if state.recorded() => {
      let _ = write!(
        text,
        "; {}; {} was proven and recorded as live before that",
        users(plan, live),
        plan.target.map_or("another slot", Slot::shout)
      );
    }
    RestoreState::NotNeeded if outcome == Outcome::NeedsHuman => {
      let _ = write!(
        text,
        "; {}, and that could not be written down",
        users(plan, live)
      );
    }
    RestoreState::NotNeeded => {}
  }
  if state.target_started()
    && !state.proved()
    && let Some(slot) = plan.target
  {
    let slot = slot.shout();
    let _ = match &runner.target {
      PutAway::Kept if plan.kind == Kind::Up => write!(
        text,
        "; {slot} and the shared services are left up for inspection"
      ),
      PutAway::Kept => write!(text, "; {slot} is left up for inspection"),
      PutAway::Stopped => write!(text, "; {slot} was stopped"),
      PutAway::NotStopped(why) => write!(text, "; {slot} could not be stopped: {why}"),
    };
  }
  text
}

fn next_after_success(runner: &Runner<'_>, command: &dyn Fn(&str) -> Shown) -> Vec<Shown> {
  let plan = &runner.order.plan;
  let Some(target) = plan.target else {
    return Vec::new();
  };
  match plan.kind {
    // A rollback of a rollback is what nobody should be led to.
    Kind::Rollback if runner.state.proved() => {
      vec![command(&format!("logs {}", target.other()))]
    }
    Kind::Deploy | Kind::Switch if runner.state.proved() => {
      vec![
        command("rollback"),
        command(&format!("stop {}", target.other())),
      ]
    }
    Kind::Deploy => vec![command(&format!("switch {target}"))],
    Kind::Restart => vec![command(&format!("smoke {target}"))],
    Kind::Stop => {
      let service = plan.service().map(|service| format!(" {service}"));
      vec![command(&format!(
        "start {target}{}",
        service.unwrap_or_default()
      ))]
    }
    Kind::Up
    | Kind::Switch
    | Kind::Rehearse
    | Kind::Rollback
    | Kind::Smoke
    | Kind::Start
    | Kind::Migrate
    | Kind::Backup
    | Kind::Restore => Vec::new(),
  }
}

fn next_after_failure(
  plan: &Plan,
  outcome: Outcome,
  command: &dyn Fn(&str) -> Shown,
) -> Vec<Shown> {
  let mut next = vec![command("status")];
  if let (Kind::Up, Some(slot), Some(version)) = (plan.kind, plan.target, &plan.version)
    && outcome != Outcome::NeedsHuman
  {
    next.push(command(&format!("up {slot} --version {version}")));
  }
  if outcome == Outcome::NeedsHuman
    && let Some(target) = plan.target
  {
    next.push(command(&format!("switch {target}")));
  }
  next
}
