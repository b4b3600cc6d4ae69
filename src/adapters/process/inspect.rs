//! A process as the engine sees it: in the words of a container.

use std::net::{IpAddr, Ipv4Addr};

use super::place::{Phase, Place, State};
use crate::model::container::{Container, ContainerState, DockerHealth};

pub(super) fn container(place: &Place) -> Container {
  let state = place.state();
  let standing = standing(state.as_ref());
  let running = standing == ContainerState::Running;
  let spec = &place.spec;
  Container {
    id: spec.id.clone(),
    name: spec.name.clone(),
    service: spec.service.clone(),
    state: standing,
    health: DockerHealth::None,
    health_output: None,
    restarts: state.as_ref().map_or(0, |state| state.restarts),
    exit_code: state
      .as_ref()
      .filter(|_| !running)
      .and_then(|state| state.exit_code),
    oom_killed: false,
    started_at: state.as_ref().and_then(|state| state.started_at),
    finished_at: state
      .filter(|_| !running)
      .and_then(|state| state.finished_at),
    image_id: spec.image.clone(),
    image: format!("{}:{}", spec.service, spec.version),
    version: Some(spec.version.clone()),
    restart_policy: place.policy(),
    addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
    aliases: Vec::new(),
    tty: false,
  }
}

/// What was written last, judged by which processes live: nobody writes when all were killed.
pub(super) fn standing(state: Option<&State>) -> ContainerState {
  let Some(state) = state else {
    return ContainerState::Created;
  };
  if state.living_child().is_some() {
    return ContainerState::Running;
  }
  match state.phase {
    Phase::Running | Phase::Restarting if state.is_supervised() => ContainerState::Restarting,
    Phase::Running | Phase::Restarting | Phase::Ended => ContainerState::Exited,
  }
}
