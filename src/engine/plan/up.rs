//! The first slot of a site that serves nobody: shared services, the slot, its route, the proof.
//! Planned only where nothing is live and nothing contradicts that.

use super::{builder::Builder, deploy, fences::Case};
use crate::{
  config::{Hook, Place},
  engine::observe::managed,
  model::{
    Slot, VersionName,
    event::SavedFile,
    observation::{Observation, Phase},
    operation::{Kind, Outcome},
    plan::{MigrateWhen, OnFailure, Plan, Refusal, Step},
    traffic::{Live, WitnessKind},
  },
};

pub(super) fn plan(
  case: &Case<'_>,
  slot: Option<Slot>,
  version: &VersionName,
) -> Result<Plan, Refusal> {
  must_serve_nobody(case, slot, version)?;
  let slot = first(case, slot, version)?;
  must_not_run(case, slot, version)?;
  if !case.preview.faults.is_empty() {
    return Err(case.refuse(Outcome::Refused, case.preview.faults.clone()));
  }
  let Some(saved) = &case.preview.saved else {
    return Err(case.refuse_one(
      Outcome::Refused,
      "it is not known whether there is a managed file already",
      case.command("status"),
    ));
  };
  let mut plan = Builder::new(case, Kind::Up, Some(slot))
    .managed(&saved.hash)
    .version(version)
    .on_failure(OnFailure::KeepForInspection);
  plan.step(Step::Preflight);
  plan.detailed(Step::StartShared { slot }, &shared(case));
  plan.hook(Hook::BeforeDeploy, "before_deploy");
  let source = deploy::default_source(case.site);
  deploy::bring_up(case, &mut plan, slot, version, source, None);
  deploy::migrate(case, &mut plan, slot, MigrateWhen::BeforeSwitch);
  plan.hook(Hook::BeforeSwitch, "before_switch");
  plan.switch_steps(slot, None);
  plan.hook(Hook::AfterSwitch, "after_switch");
  plan.note("only a proof through the proxy makes it live");
  Ok(plan.build())
}

/// The slot that files of this site name, with which file does.
pub(super) fn named(
  observation: &Observation,
  saved: Option<&SavedFile>,
) -> Vec<(Slot, &'static str)> {
  let state_file = observation
    .witnesses
    .iter()
    .find(|witness| witness.kind == WitnessKind::StateFile)
    .and_then(|witness| Some((witness.slot()?, "the state file")));
  let file = saved
    .and_then(|saved| saved.slot)
    .or_else(|| managed(&observation.router).and_then(|file| file.names))
    .map(|slot| (slot, "the managed file"));
  let record = observation
    .record
    .as_ref()
    .map(|record| (record.live, "the record of the last switch"));
  [file, state_file, record].into_iter().flatten().collect()
}

/// Users who are there already are never set up again.
fn must_serve_nobody(
  case: &Case<'_>,
  slot: Option<Slot>,
  version: &VersionName,
) -> Result<(), Refusal> {
  let live = match case.observation.live {
    Live::Proven { slot } | Live::Disputed { proven: Some(slot) } => Some(slot),
    Live::Disputed { proven: None } | Live::Claimed { .. } | Live::Unknown => None,
  };
  let Some(live) = live else {
    let Some(answer) = &case.preview.answer else {
      return Ok(());
    };
    return Err(case.refuse_one(
      Outcome::Refused,
      answer.as_str(),
      format!(
        "whoever is served must not be set up again: look with '{}'; if nobody is, stop the proxy and type this again; to bring a site without slots here see docs/runbook.md",
        case.command("status")
      ),
    ));
  };
  let running = case.observation.slots[live].version.as_ref();
  if matches!(case.observation.live, Live::Proven { .. })
    && running == Some(version)
    && slot.is_none_or(|slot| slot == live)
  {
    return Err(case.refuse_one(
      Outcome::Done,
      format!("{} {version} is live already: nothing to do", live.shout()),
      case.command("status"),
    ));
  }
  Err(case.refuse_one(
    Outcome::Refused,
    format!(
      "the site is up: users are on {}{}",
      live.shout(),
      running.map_or_else(String::new, |version| format!(" {version}"))
    ),
    case.command(&format!("deploy --version {version}")),
  ))
}

/// Which slot comes first; files that name one decide it, and must agree.
fn first(case: &Case<'_>, slot: Option<Slot>, version: &VersionName) -> Result<Slot, Refusal> {
  let named = named(case.observation, case.preview.saved.as_ref());
  let Some((first, by)) = named.first() else {
    return Ok(slot.unwrap_or(Slot::Blue));
  };
  if let Some((other, also)) = named.iter().find(|(other, _)| other != first) {
    return Err(case.refuse_one(
      Outcome::NeedsHuman,
      format!(
        "{by} names {}, {also} names {}",
        first.shout(),
        other.shout()
      ),
      format!(
        "move the one that is wrong aside, then '{}'",
        case.command(&format!("up --version {version}"))
      ),
    ));
  }
  if slot.is_none_or(|slot| slot == *first) {
    return Ok(*first);
  }
  Err(case.refuse_one(
    Outcome::Refused,
    format!("{by} names {}, so that is the first slot", first.shout()),
    case.command(&format!("up {first} --version {version}")),
  ))
}

/// A slot that runs may have users by a way that is not seen; only what a first set-up that
/// failed left behind is taken up again.
fn must_not_run(case: &Case<'_>, slot: Slot, version: &VersionName) -> Result<(), Refusal> {
  let left = case.observation.operation.as_ref().is_some_and(|last| {
    last.kind == Kind::Up && last.target == Some(slot) && matches!(last.phase, Phase::Ended { .. })
  });
  let running = Slot::BOTH
    .into_iter()
    .find(|it| case.observation.slots[*it].any_running() && !(left && *it == slot));
  let Some(running) = running else {
    return Ok(());
  };
  let mut names: Vec<&str> = case.observation.slots[running]
    .containers()
    .iter()
    .filter(|container| container.is_running())
    .map(|container| container.name.as_str())
    .collect();
  names.sort_unstable();
  let fix = format!(
    "start the proxy if it serves users; if nobody uses it: 'docker stop {}', then '{}'",
    names.join(" "),
    case.command(&format!("up --version {version}"))
  );
  Err(case.refuse_one(
    Outcome::Refused,
    format!(
      "{} runs, and nothing answers through the proxy: this is no first set-up",
      running.shout()
    ),
    fix,
  ))
}

/// What is started before the slot, in words.
fn shared(case: &Case<'_>) -> Vec<String> {
  let runtime = case.site.compose();
  let networks = runtime
    .networks
    .iter()
    .map(|name| format!("network {name}, where it is missing"));
  let proxy = case.site.router.place();
  let services = runtime
    .shared
    .iter()
    .filter(|name| !matches!(proxy, Place::Service(proxy) if proxy == *name))
    .map(|name| format!("up -d --no-deps --no-recreate {name}"));
  networks.chain(services).collect()
}
