//! One slot: its role, containers, levels of health, and what was tested.

use super::{View, live};
use crate::{
  model::{
    Slot,
    container::{Container, ContainerState, DockerHealth},
    evidence::Evidence,
    observation::{EnvironmentState, Observation},
    shown::Shown,
    traffic::Live,
  },
  render::{
    Detail, Page, Tone, health,
    words::{age, ago, badge, coarse, count},
  },
};

pub(super) fn section(page: &mut Page, slot: Slot, seen: &Observation, view: &View) {
  let state = &seen.slots[slot];
  let version = super::version(seen, slot);
  let version = version.map_or_else(|| "version unknown".to_owned(), ToString::to_string);
  page.push(
    Tone::Strong,
    format!("{}  {}  {version}", badge(slot), role(slot, seen, view)),
  );
  match view.fresh(&state.containers) {
    Ok(containers) => table(page, containers, view),
    Err(unknown) => page.push(Tone::Warn, format!("  containers  {unknown}")),
  }
  if state.containers().is_empty() && live(seen, view).slot().is_some_and(|live| live != slot) {
    return;
  }
  match view.fresh(&state.health) {
    Ok(report) => levels(page, report, view),
    Err(unknown) => page.push(Tone::Warn, format!("  health  {unknown}")),
  }
  let (tone, text) = tested(state, view);
  page.wrapped(tone, &format!("  tested  {text}"), 10);
}

fn role(slot: Slot, seen: &Observation, view: &View) -> &'static str {
  match live(seen, view) {
    Live::Proven { slot: live } | Live::Claimed { slot: live } => {
      if live == slot {
        "LIVE"
      } else {
        "standby"
      }
    }
    Live::Disputed { proven } if proven == Some(slot) => "ANSWERS USERS (disputed)",
    Live::Disputed { .. } => "disputed",
    Live::Unknown => "role unknown",
  }
}

fn table(page: &mut Page, containers: &[Container], view: &View) {
  if containers.is_empty() {
    page.faint("  no containers");
    return;
  }
  let title = ["SERVICE", "STATE", "HEALTH", "RST", "UP", "IMAGE"];
  let mut rows = vec![title.map(str::to_owned).to_vec()];
  rows.extend(containers.iter().map(|container| row(container, view)));
  for (index, line) in crate::render::page::table(2, &rows).into_iter().enumerate() {
    let tone = match index.checked_sub(1).and_then(|index| containers.get(index)) {
      None => Tone::Faint,
      Some(container) => tone(container),
    };
    page.push(tone, line);
  }
  for container in containers {
    if container.health == DockerHealth::Unhealthy
      && (container.is_running() || container.exit_code != Some(0))
      && let Some(output) = &container.health_output
    {
      let service = Shown::line(&container.service);
      let text = format!("  {service}: {}", Shown::line(output.trim()));
      page.wrapped(Tone::Bad, &text, 4);
    }
  }
}

pub(super) fn row(container: &Container, view: &View) -> Vec<String> {
  let up = container.started_at.filter(|_| container.is_running());
  vec![
    Shown::line(&container.service).to_string(),
    state(container),
    health_word(container).to_owned(),
    container.restarts.to_string(),
    up.map_or_else(|| "-".to_owned(), |at| coarse(age(at, view.now))),
    image(container),
  ]
}

/// A container started from a pin carries the image's ID instead of a name.
pub fn image(container: &Container) -> String {
  let id = container.image_id.short();
  if container.image.starts_with("sha256:") {
    let version = container.version.as_ref();
    return version.map_or_else(
      || format!("pinned {id}"),
      |version| format!("{version} pinned {id}"),
    );
  }
  format!("{} {id}", Shown::line(&container.image))
}

pub fn state(container: &Container) -> String {
  match (container.state, container.exit_code) {
    (ContainerState::Exited | ContainerState::Dead, _) if container.oom_killed => {
      "OOM-killed".to_owned()
    }
    (ContainerState::Exited | ContainerState::Dead, Some(code)) => {
      format!("{} {code}", container.state)
    }
    (state, _) => state.to_string(),
  }
}

/// Docker keeps what it found last, and calls whatever was stopped unhealthy.
pub fn health_word(container: &Container) -> &'static str {
  let ended = matches!(
    container.state,
    ContainerState::Exited | ContainerState::Dead | ContainerState::Created
  );
  match container.health {
    _ if ended => "-",
    DockerHealth::None => "-",
    DockerHealth::Starting => "starting",
    DockerHealth::Healthy => "healthy",
    DockerHealth::Unhealthy => "UNHEALTHY",
  }
}

pub fn tone(container: &Container) -> Tone {
  match (container.state, container.health) {
    (ContainerState::Running, DockerHealth::Healthy | DockerHealth::None) => Tone::Plain,
    (ContainerState::Running, DockerHealth::Starting) | (ContainerState::Created, _) => Tone::Warn,
    (ContainerState::Exited, _) if container.exit_code == Some(0) => Tone::Faint,
    _ => Tone::Bad,
  }
}

fn levels(page: &mut Page, report: &crate::model::health::HealthReport, view: &View) {
  let (tone, text) = health::strip(report);
  page.push(
    tone,
    format!("  health  {text}  ({})", ago(report.at, view.now)),
  );
  if view.detail == Detail::Verbose {
    page.append(health::levels(report));
  } else if let Some(fault) = report.first_fault() {
    page.wrapped(
      tone,
      &format!("          {}: {}", fault.level, fault.detail),
      12,
    );
  }
}

pub fn tested(state: &EnvironmentState, view: &View) -> (Tone, String) {
  let Some(evidence) = &state.evidence else {
    return (Tone::Plain, "nothing that runs here".to_owned());
  };
  let what = smoke(evidence);
  let when = ago(evidence.at, view.now);
  let by = evidence.operation;
  match &state.evidence_void {
    Some(why) => (Tone::Warn, format!("VOID: {why} ({when}: {what}, by {by})")),
    None if evidence.smoke_skipped.is_some() => (Tone::Warn, format!("{when}: {what}, by {by}")),
    None => (Tone::Plain, format!("{when}: {what}, by {by}")),
  }
}

fn smoke(evidence: &Evidence) -> String {
  if let Some(reason) = &evidence.smoke_skipped {
    return format!("health only, smoke tests skipped: {}", Shown::line(reason));
  }
  if evidence.smoke.is_empty() {
    return "health ok, no smoke tests configured".to_owned();
  }
  let passed = evidence.smoke.iter().filter(|result| result.passed).count();
  let all = count(evidence.smoke.len() as u64, "smoke test");
  format!("{passed} of {all} passed, health ok")
}
