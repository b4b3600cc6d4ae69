//! Which Compose this machine has: `docker compose` (second generation) or `docker-compose`.

use std::time::Duration;

use tokio::process::Command;

use crate::engine::ports::{PortError, PortErrorKind};

const DEADLINE: Duration = Duration::from_secs(10);

/// Their output, default image names and options differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
  V1,
  V2,
}

/// A Compose that answered.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
  /// Argument-list prefix, such as `docker compose`.
  pub(crate) command: Vec<String>,
  pub(crate) version: String,
  pub(crate) generation: Generation,
}

impl Tool {
  /// Asks the configured command, or `docker compose` and then `docker-compose`; one whose version
  /// is `known` is not asked.
  pub(crate) async fn find(
    configured: &[String],
    known: impl Fn(&[String]) -> Option<String>,
  ) -> Result<Self, PortError> {
    let candidates: Vec<Vec<String>> = if configured.is_empty() {
      vec![
        vec!["docker".into(), "compose".into()],
        vec!["docker-compose".into()],
      ]
    } else {
      vec![configured.to_vec()]
    };
    let mut answers = Vec::new();
    for command in candidates {
      let answer = match known(&command) {
        Some(version) => Ok(version),
        None => version_of(&command).await,
      };
      match answer {
        Ok(version) => {
          return Ok(Self {
            generation: generation_of(&version),
            command,
            version,
          });
        }
        Err(why) => answers.push(format!("'{}': {why}", command.join(" "))),
      }
    }
    Err(PortError::new(
      PortErrorKind::Misconfigured,
      "find Docker Compose",
      format!(
        "{}. Install it with 'apt install docker-compose' or set command = [\"…\"] under [runtime]",
        answers.join("; ")
      ),
    ))
  }
}

async fn version_of(command: &[String]) -> Result<String, String> {
  let Some((program, rest)) = command.split_first() else {
    return Err("the command is empty".into());
  };
  let run = Command::new(program)
    .args(rest)
    .args(["version", "--short"])
    .stdin(std::process::Stdio::null())
    .kill_on_drop(true)
    .output();
  let output = tokio::time::timeout(DEADLINE, run)
    .await
    .map_err(|_| format!("no answer within {} s", DEADLINE.as_secs()))?
    .map_err(|error| error.to_string())?;
  let text = String::from_utf8_lossy(&output.stdout);
  let version = text.trim().trim_start_matches('v');
  if output.status.success() && version.starts_with(|c: char| c.is_ascii_digit()) {
    return Ok(version.chars().take(40).collect());
  }
  let words = String::from_utf8_lossy(&output.stderr);
  Err(
    words
      .lines()
      .find(|line| !line.trim().is_empty())
      .map_or_else(
        || output.status.to_string(),
        |line| line.trim().chars().take(200).collect(),
      ),
  )
}

/// The program's name tells nothing: newer systems ship the second generation as `docker-compose`.
fn generation_of(version: &str) -> Generation {
  match version
    .split('.')
    .next()
    .and_then(|major| major.parse::<u32>().ok())
  {
    Some(0 | 1) => Generation::V1,
    _ => Generation::V2,
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn the_generation_is_read_from_the_version() {
    assert_eq!(generation_of("1.29.2"), Generation::V1);
    for version in ["2.26.1-4", "5.0.0", "dev"] {
      assert_eq!(generation_of(version), Generation::V2, "{version}");
    }
  }

  #[tokio::test]
  async fn no_compose_says_what_was_tried_and_what_to_install() {
    let error = Tool::find(&["/nonexistent/compose".into()], |_| None)
      .await
      .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
    let text = error.to_string();
    assert!(
      text.contains("/nonexistent/compose") && text.contains("apt install"),
      "{text}"
    );
  }
}
