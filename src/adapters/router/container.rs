//! The few questions the proxy and the probes ask Docker directly: find, exec, top, log.
//!
//! Containers are found by exact compose labels or exact name, never by a part of a name. Nothing
//! here changes a container, and no signal is ever sent through the API: a signal sent that way
//! makes Docker forget the restart policy.

use std::{
  collections::{BTreeMap, HashMap},
  net::IpAddr,
  time::Duration,
};

use bollard::{
  Docker,
  container::LogOutput,
  errors::Error,
  exec::{CreateExecOptions, StartExecResults},
  models::ContainerInspectResponse,
  query_parameters::{ListContainersOptionsBuilder, LogsOptionsBuilder, TopOptionsBuilder},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt};
use tokio::sync::OnceCell;

use super::{
  process::{Ran, append},
  wanted::Wanted,
};
use crate::engine::ports::{PortError, PortErrorKind};

const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// Connects on first use, so that a site without containers never needs Docker.
#[derive(Default)]
pub(crate) struct Containers {
  docker: OnceCell<Docker>,
}

/// A container as inspected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
  pub(crate) id: String,
  pub(crate) name: String,
  pub(crate) running: bool,
  pub(crate) started_at: Option<DateTime<Utc>>,
  pub(crate) mounts: Vec<Mounted>,
  pub(crate) addresses: Vec<IpAddr>,
}

/// One mount: a path of this host and where it is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mounted {
  pub(crate) source: String,
  pub(crate) destination: String,
}

impl Containers {
  pub(crate) async fn docker(&self) -> Result<&Docker, PortError> {
    self
      .docker
      .get_or_try_init(|| async {
        Docker::connect_with_defaults()
          .map_err(|error| failed("connecting to Docker", &error))?
          .negotiate_version()
          .await
          .map_err(|error| failed("connecting to Docker", &error))
      })
      .await
  }

  pub(crate) async fn find(&self, wanted: &Wanted) -> Result<Found, PortError> {
    self.look(wanted).await?
  }

  /// `None` when it is certain that there is no such container.
  pub(crate) async fn find_if_there(&self, wanted: &Wanted) -> Result<Option<Found>, PortError> {
    self.look(wanted).await.map(Result::ok)
  }

  /// The inner error says that there is none; the outer one that this cannot be known.
  async fn look(&self, wanted: &Wanted) -> Result<Result<Found, PortError>, PortError> {
    let doing = format!("looking for {}", wanted.words());
    match wanted {
      Wanted::Name(name) => match self.inspect(name, &doing).await {
        // Docker also accepts the start of an ID here; only the exact name is meant.
        Ok(found) if found.name == *name => Ok(Ok(found)),
        Ok(_) => Ok(Err(PortError::new(
          PortErrorKind::Misconfigured,
          doing,
          "there is no container of exactly this name: see docker ps -a",
        ))),
        Err(error) if error.kind == PortErrorKind::Misconfigured => Ok(Err(error)),
        Err(error) => Err(error),
      },
      Wanted::Service { service, projects } => {
        match self.by_labels(service, projects, &doing).await? {
          Ok(id) => self.inspect(&id, &doing).await.map(Ok),
          Err(none) => Ok(Err(none)),
        }
      }
    }
  }

  async fn by_labels(
    &self,
    service: &str,
    projects: &[String],
    doing: &str,
  ) -> Result<Result<String, PortError>, PortError> {
    let filters = HashMap::from([("label", vec![format!("{SERVICE}={service}")])]);
    let options = ListContainersOptionsBuilder::default()
      .all(true)
      .filters(&filters)
      .build();
    let all = self
      .docker()
      .await?
      .list_containers(Some(options))
      .await
      .map_err(|error| failed(doing, &error))?;
    let label = |labels: &Option<HashMap<String, String>>, name: &str| {
      labels
        .as_ref()
        .and_then(|all| all.get(name))
        .cloned()
        .unwrap_or_default()
    };
    let (mut matching, mut elsewhere) = (Vec::new(), Vec::new());
    for container in all {
      if label(&container.labels, SERVICE) != service
        || label(&container.labels, ONE_OFF).eq_ignore_ascii_case("true")
      {
        continue;
      }
      let project = label(&container.labels, PROJECT);
      if projects.contains(&project) {
        matching.extend(container.id);
      } else {
        elsewhere.push(project);
      }
    }
    match matching.as_slice() {
      [one] => Ok(Ok(one.clone())),
      [] if elsewhere.is_empty() => Ok(Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        "there is no such container: start it with compose, or see docker ps -a",
      ))),
      [] => Ok(Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        format!(
          "there is one only in compose project {}: set project under [runtime]",
          elsewhere.join(", ")
        ),
      ))),
      many => Err(PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        format!(
          "{} containers match ({}): remove all but one, or name the container exactly",
          many.len(),
          many
            .iter()
            .map(|id| id.get(..12).unwrap_or(id))
            .collect::<Vec<_>>()
            .join(", ")
        ),
      )),
    }
  }

  async fn inspect(&self, name: &str, doing: &str) -> Result<Found, PortError> {
    self
      .docker()
      .await?
      .inspect_container(name, None)
      .await
      .map(found)
      .map_err(|error| failed(doing, &error))
  }

  /// Runs an argument list inside and waits. A program that is not there ends with code 127. After
  /// `deadline` the process is left behind: Docker offers no way to end it.
  pub(crate) async fn exec(
    &self,
    id: &str,
    command: &[String],
    environment: &BTreeMap<String, String>,
    deadline: Duration,
    most: usize,
  ) -> Result<Ran, PortError> {
    let doing = format!("running `{}` inside the container", command.join(" "));
    let docker = self.docker().await?;
    let whole = async {
      let options = CreateExecOptions {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(command.to_vec()),
        env: Some(
          environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect(),
        ),
        ..CreateExecOptions::default()
      };
      let exec = docker.create_exec(id, options).await?.id;
      let mut ran = Ran::default();
      if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec, None).await? {
        while let Some(item) = output.next().await {
          let cut = match item? {
            LogOutput::StdErr { message } => append(&mut ran.err, &message, most),
            other => append(&mut ran.out, &other.into_bytes(), most),
          };
          ran.cut |= cut;
        }
      }
      // The stream may end a moment before Docker has noted the exit code.
      loop {
        let state = docker.inspect_exec(&exec).await?;
        if let (Some(code), false) = (state.exit_code, state.running.unwrap_or_default()) {
          ran.code = code;
          return Ok::<Ran, Error>(ran);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
      }
    };
    match tokio::time::timeout(deadline, whole).await {
      Ok(Ok(ran)) => Ok(ran),
      Ok(Err(error)) if program_missing(&error.to_string()) => Ok(Ran {
        code: 127,
        err: error.to_string().into_bytes(),
        ..Ran::default()
      }),
      Ok(Err(error)) => Err(failed(&doing, &error)),
      Err(_) => Err(PortError::new(
        PortErrorKind::Timeout,
        doing,
        format!("not done after {deadline:?}; it may still run inside"),
      )),
    }
  }

  /// The processes inside as `ps` on Docker's host sees them: titles, then one row each.
  pub(crate) async fn top(&self, id: &str) -> Result<(Vec<String>, Vec<Vec<String>>), PortError> {
    let options = TopOptionsBuilder::default().ps_args("-ef").build();
    let top = self
      .docker()
      .await?
      .top_processes(id, Some(options))
      .await
      .map_err(|error| failed("listing the proxy's processes", &error))?;
    Ok((
      top.titles.unwrap_or_default(),
      top.processes.unwrap_or_default(),
    ))
  }

  /// The last `count` log lines since `since`, each with its own time, bounded in time and size.
  pub(crate) async fn log_since(
    &self,
    found: &Found,
    since: DateTime<Utc>,
    count: usize,
  ) -> Result<Vec<(DateTime<Utc>, String)>, PortError> {
    let options = LogsOptionsBuilder::default()
      .stdout(true)
      .stderr(true)
      .timestamps(true)
      .since(i32::try_from(since.timestamp()).unwrap_or(i32::MAX))
      .tail(&count.to_string())
      .build();
    let doing = format!("reading the log of container {}", found.name);
    let mut stream = self.docker().await?.logs(&found.id, Some(options));
    let mut bytes = Vec::new();
    let gather = async {
      while let Some(item) = stream.next().await {
        append(&mut bytes, &item?.into_bytes(), 1024 * 1024);
      }
      Ok::<(), Error>(())
    };
    tokio::time::timeout(Duration::from_secs(3), gather)
      .await
      .map_err(|_| PortError::new(PortErrorKind::Timeout, &doing, "no end after 3 s"))?
      .map_err(|error| failed(&doing, &error))?;
    let mut lines: Vec<(DateTime<Utc>, String)> = String::from_utf8_lossy(&bytes)
      .lines()
      .filter_map(stamped)
      .filter(|(at, _)| *at >= since)
      .collect();
    lines.sort_by_key(|(at, _)| *at);
    Ok(lines)
  }
}

impl Containers {
  /// The last `count` lines of the log and then each new one, as bytes.
  pub(crate) async fn follow(
    &self,
    found: &Found,
    count: usize,
  ) -> Result<impl Stream<Item = Result<Bytes, PortError>> + Send + use<>, PortError> {
    let options = LogsOptionsBuilder::default()
      .stdout(true)
      .stderr(false)
      .follow(true)
      .tail(&count.to_string())
      .build();
    let docker = self.docker().await?.clone();
    let doing = format!("following the log of container {}", found.name);
    Ok(
      docker
        .logs(&found.id, Some(options))
        .map(move |item| match item {
          Ok(output) => Ok(output.into_bytes()),
          Err(error) => Err(failed(&doing, &error)),
        }),
    )
  }
}

/// `2026-11-21T03:37:36.123456789Z text`.
fn stamped(line: &str) -> Option<(DateTime<Utc>, String)> {
  let (stamp, text) = line.split_once(' ')?;
  let at = DateTime::parse_from_rfc3339(stamp).ok()?;
  Some((at.to_utc(), text.to_owned()))
}

fn found(raw: ContainerInspectResponse) -> Found {
  let state = raw.state.unwrap_or_default();
  Found {
    id: raw.id.unwrap_or_default(),
    name: raw
      .name
      .unwrap_or_default()
      .trim_start_matches('/')
      .to_owned(),
    // Between two tries of a crashing container Docker calls it both running and restarting.
    running: state.running.unwrap_or_default() && !state.restarting.unwrap_or_default(),
    started_at: state
      .started_at
      .and_then(|at| DateTime::parse_from_rfc3339(&at).ok())
      .map(|at| at.to_utc()),
    addresses: raw
      .network_settings
      .and_then(|settings| settings.networks)
      .unwrap_or_default()
      .into_values()
      .filter_map(|network| network.ip_address?.parse().ok())
      .collect(),
    mounts: raw
      .mounts
      .unwrap_or_default()
      .into_iter()
      .filter_map(|mount| {
        Some(Mounted {
          source: mount.source?,
          destination: mount.destination?,
        })
      })
      .collect(),
  }
}

/// How runtimes say that the program to exec does not exist.
fn program_missing(text: &str) -> bool {
  text.contains("executable file not found")
    || text.contains("exec failed") && text.contains("no such file")
}

/// Docker's error in the engine's words.
fn failed(doing: &str, error: &Error) -> PortError {
  match error {
    Error::DockerResponseServerError {
      status_code,
      message,
    } => {
      let kind = match status_code {
        404 => PortErrorKind::Misconfigured,
        409 => PortErrorKind::Unreachable,
        403 => PortErrorKind::Refused,
        _ => PortErrorKind::Unexpected,
      };
      PortError::new(kind, doing, message.clone())
    }
    other => PortError::new(
      PortErrorKind::Unreachable,
      doing,
      format!("{other}: check with docker version"),
    ),
  }
}

/// The container's address to use: IPv4 first.
pub(crate) fn preferred(addresses: &[IpAddr]) -> Option<IpAddr> {
  addresses
    .iter()
    .find(|address| address.is_ipv4())
    .or_else(|| addresses.first())
    .copied()
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_log_line_carries_dockers_time() {
    let (at, text) = stamped("2026-11-21T03:37:36.5Z GET / 200").unwrap();
    assert_eq!(at.to_rfc3339(), "2026-11-21T03:37:36.500+00:00");
    assert_eq!(text, "GET / 200");
    assert_eq!(stamped("no time here"), None);
  }

  #[test]
  fn a_missing_program_is_told_from_another_failure() {
    assert!(program_missing(
      "OCI runtime exec failed: exec failed: unable to start container process: exec: \"curl\": executable file not found in $PATH: unknown"
    ));
    assert!(!program_missing("container is not running"));
  }

  #[test]
  fn a_restarting_container_does_not_run() {
    let raw = r#"{"Name":"/x","State":{"Running":true,"Restarting":true}}"#;
    assert!(!found(serde_json::from_str(raw).unwrap()).running);
  }

  #[test]
  fn inspect_json_becomes_a_name_a_state_and_mounts() {
    let raw: ContainerInspectResponse = serde_json::from_str(
      r#"{"Id":"abc","Name":"/site_proxy_1",
        "State":{"Running":true,"StartedAt":"2026-11-21T03:37:36.1Z"},
                "Mounts":[{"Type":"bind","Source":"/srv/a/nginx","Destination":"/etc/nginx/conf.d","RW":false},
                  {"Type":"tmpfs","Destination":"/run"}]}"#,
    )
    .unwrap();
    let found = found(raw);
    assert_eq!((found.name.as_str(), found.running), ("site_proxy_1", true));
    assert_eq!(
      found.mounts,
      [Mounted {
        source: "/srv/a/nginx".to_owned(),
        destination: "/etc/nginx/conf.d".to_owned()
      }]
    );
  }
}
