//! Start, stop and restart policy of existing containers. Stops only through Docker's own stop:
//! a signal sent through the API would make Docker forget the restart policy (moby/moby#41302).

use std::time::Duration;

use bollard::{
  models::{ContainerUpdateBody, RestartPolicy, RestartPolicyNameEnum},
  query_parameters::{StartContainerOptions, StopContainerOptionsBuilder},
};
use futures_util::future::try_join_all;

use super::connection::Connection;
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::container::ContainerId,
};

const START: Duration = Duration::from_mins(1);
/// Beyond the grace: Docker ends what is left by force and tidies up.
const AFTER_GRACE: Duration = Duration::from_secs(30);

pub(super) async fn wake(docker: &Connection, containers: &[ContainerId]) -> Result<(), PortError> {
  for id in containers {
    docker
      .within(
        START,
        &format!("start container {}", id.short()),
        |docker| async move {
          docker
            .start_container(&id.0, None::<StartContainerOptions>)
            .await
        },
      )
      .await?;
  }
  Ok(())
}

pub(super) async fn stop(
  docker: &Connection,
  containers: &[ContainerId],
  grace: Duration,
) -> Result<(), PortError> {
  let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
  let stops = containers.iter().map(async |id| {
    let doing = format!("stop container {}", id.short());
    docker
      .within(grace + AFTER_GRACE, &doing, |docker| async move {
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        docker.stop_container(&id.0, Some(options)).await
      })
      .await
  });
  try_join_all(stops).await.map(drop)
}

pub(super) async fn restart_policy(
  docker: &Connection,
  containers: &[ContainerId],
  policy: &str,
) -> Result<(), PortError> {
  let Some(policy) = parse(policy) else {
    return Err(PortError::new(
      PortErrorKind::Misconfigured,
      "set the restart policy",
      format!("'{policy}' is none of no, always, unless-stopped, on-failure[:count]"),
    ));
  };
  for id in containers {
    let doing = format!("set the restart policy of container {}", id.short());
    let body = ContainerUpdateBody {
      restart_policy: Some(policy.clone()),
      ..ContainerUpdateBody::default()
    };
    docker
      .ask(&doing, |docker| async move {
        docker.update_container(&id.0, body).await
      })
      .await?;
  }
  Ok(())
}

fn parse(policy: &str) -> Option<RestartPolicy> {
  let (name, count) = match policy.split_once(':') {
    Some((name, count)) => (name, Some(count.parse::<i64>().ok().filter(|n| *n >= 0)?)),
    None => (policy, None),
  };
  let name = match name {
    "no" => RestartPolicyNameEnum::NO,
    "always" => RestartPolicyNameEnum::ALWAYS,
    "unless-stopped" => RestartPolicyNameEnum::UNLESS_STOPPED,
    "on-failure" => RestartPolicyNameEnum::ON_FAILURE,
    _ => return None,
  };
  if count.is_some() && name != RestartPolicyNameEnum::ON_FAILURE {
    return None;
  }
  Some(RestartPolicy {
    name: Some(name),
    maximum_retry_count: count,
  })
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn policies_are_read_as_compose_writes_them() {
    for policy in [
      "no",
      "always",
      "unless-stopped",
      "on-failure",
      "on-failure:3",
    ] {
      assert!(parse(policy).is_some(), "{policy}");
    }
    for policy in ["", "none", "always:3", "on-failure:x", "on-failure:-1"] {
      assert!(parse(policy).is_none(), "{policy}");
    }
    assert_eq!(parse("on-failure:3").unwrap().maximum_retry_count, Some(3));
  }

  #[test]
  fn no_source_of_this_adapter_sends_a_signal_through_the_api() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/adapters");
    let mut read = 0;
    let mut folders = ["docker", "compose"]
      .map(|part| format!("{folder}/{part}").into())
      .to_vec();
    while let Some(folder) = folders.pop() {
      for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
          folders.push(path);
          continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for forbidden in [
          ["kill", "_container"].concat(),
          ["Kill", "Container"].concat(),
          ["/ki", "ll"].concat(),
        ] {
          assert!(
            !text.contains(&forbidden),
            "{} names {forbidden}",
            path.display()
          );
        }
        read += 1;
      }
    }
    assert!(read > 10);
  }
}
