//! A new version into the standby, tested there, and moved to only on request.

use super::{builder::Builder, fences::Case};
use crate::{
  config::{Hook, Site, VersionKind},
  engine::intent::{Deploy, WhenReady},
  model::{
    Slot, VersionName,
    operation::{Kind, Outcome},
    plan::{Gate, ImageSource, MigrateWhen, Plan, Refusal, Risk, Step},
    shown::Shown,
  },
};

pub(super) fn plan(case: &Case<'_>, deploy: &Deploy) -> Result<Plan, Refusal> {
  let live = case.live()?;
  let slot = deploy.slot.unwrap_or(live.other());
  if slot == live {
    return Err(case.refuse_one(
      Outcome::Refused,
      format!(
        "{} is live: users are on it, and it is never deployed to",
        slot.shout()
      ),
      case.command(&format!(
        "deploy {} --version {}",
        live.other(),
        deploy.version
      )),
    ));
  }
  case.must_be_ready()?;
  let source = deploy.source.unwrap_or_else(|| default_source(case.site));
  let mut plan = Builder::new(case, Kind::Deploy, Some(slot)).version(&deploy.version);
  let draining = case.draining();
  if draining > 0 {
    plan.warn(format!(
      "{draining} former proxy workers may still serve requests of {}: recreating it cuts them off",
      slot.shout()
    ));
  }
  plan.step(Step::Preflight);
  plan.hook(Hook::BeforeDeploy, "before_deploy");
  if case.has_backups() {
    plan.step(Step::Backup);
  }
  bring_up(
    case,
    &mut plan,
    slot,
    &deploy.version,
    source,
    deploy.skip_smoke.as_deref(),
  );
  if deploy.ready == WhenReady::Ask {
    plan.step(Step::Gate {
      gate: gate(case, slot, live, deploy),
    });
  }
  if deploy.ready == WhenReady::Stop {
    plan.note(format!(
      "users stay on {}; nothing is switched",
      live.shout()
    ));
  } else {
    migrate(case, &mut plan, slot, MigrateWhen::BeforeSwitch);
    plan.hook(Hook::BeforeSwitch, "before_switch");
    plan.switch_steps(slot, None);
    plan.hook(Hook::AfterSwitch, "after_switch");
    plan.step(Step::Drain { slot: live });
    plan.note(format!(
      "{} keeps running after the switch: rollback stays possible until it is stopped with '{}'",
      live.shout(),
      case.command(&format!("stop {live}"))
    ));
  }
  if deploy.ready == WhenReady::Switch {
    plan.risk(Risk::Amber);
  }
  Ok(plan.build())
}

/// The version's containers in the slot, tested there.
pub(super) fn bring_up(
  case: &Case<'_>,
  plan: &mut Builder<'_>,
  slot: Slot,
  version: &VersionName,
  source: ImageSource,
  skip_smoke: Option<&str>,
) {
  if updates_source(case) && matches!(source, ImageSource::Build | ImageSource::Rebuild) {
    plan.step(Step::UpdateSource {
      version: version.clone(),
    });
  }
  let (prepare, start): (Vec<String>, Vec<String>) = case
    .preview
    .commands
    .iter()
    .cloned()
    .partition(|line| !line.contains(" up "));
  plan.detailed(
    Step::Prepare {
      slot,
      version: version.clone(),
      source,
    },
    &prepare,
  );
  migrate(case, plan, slot, MigrateWhen::BeforeStart);
  plan.detailed(
    Step::Start {
      slot,
      version: version.clone(),
    },
    &start,
  );
  migrate(case, plan, slot, MigrateWhen::AfterStart);
  plan.step(Step::WaitHealthy {
    slot,
    service: None,
  });
  migrate(case, plan, slot, MigrateWhen::AfterHealth);
  smoke(case, plan, slot, skip_smoke);
  plan.step(Step::Evidence { slot });
}

/// How a version comes to be here unless the operator says otherwise.
pub(super) fn default_source(site: &Site) -> ImageSource {
  match &site.version.kind {
    VersionKind::ImageVariable { .. } | VersionKind::Folder { .. } => ImageSource::Pull,
    VersionKind::Build { no_cache: true, .. } => ImageSource::Rebuild,
    VersionKind::Build { .. } => ImageSource::Build,
  }
}

fn updates_source(case: &Case<'_>) -> bool {
  matches!(&case.site.version.kind, VersionKind::Build { source: Some(source), .. } if source.pull)
}

pub(super) fn migrate(case: &Case<'_>, plan: &mut Builder<'_>, slot: Slot, when: MigrateWhen) {
  let Some(migrate) = case
    .site
    .database
    .as_ref()
    .and_then(|database| database.migrate.as_ref())
  else {
    return;
  };
  if migrate.when == when {
    plan.detailed(Step::Migrate { slot }, &[migrate.command.join(" ")]);
    plan.warn(match plan.kind() {
      Kind::Up => "a migration runs on the database as it is found, and no backup is made first",
      _ => "a migration runs on the database that both slots share: the live version must be able to work with it",
    });
  }
}

fn smoke(case: &Case<'_>, plan: &mut Builder<'_>, slot: Slot, skip: Option<&str>) {
  if let Some(reason) = skip {
    plan.warn(format!("smoke tests are skipped: {reason}"));
    plan.step(Step::SkipSmoke {
      slot,
      reason: Shown::line(reason),
    });
  } else {
    let names: Vec<String> = case
      .site
      .smoke
      .iter()
      .map(|test| test.name.clone())
      .collect();
    plan.detailed(Step::Smoke { slot }, &names);
  }
}

fn gate(case: &Case<'_>, slot: Slot, live: Slot, deploy: &Deploy) -> Gate {
  let from = case.observation.slots[live]
    .version
    .as_ref()
    .map_or(String::new(), |version| format!(" {version}"));
  Gate {
    name: "switch".to_owned(),
    question: Shown::line(&format!(
      "switch users from {}{from} to {} {} now?",
      live.shout(),
      slot.shout(),
      deploy.version
    )),
    word: Some(slot.name().to_owned()),
  }
}
