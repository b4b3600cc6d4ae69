//! A command run inside a container: bounded in time and output, never through a shell of its own.

use std::{collections::BTreeMap, time::Duration};

use bollard::{
  container::LogOutput,
  errors::Error,
  exec::{CreateExecOptions, StartExecResults},
};
use futures_util::StreamExt;

use super::{Containers, failed};
use crate::{
  adapters::router::process::{Ran, append},
  engine::ports::{PortError, PortErrorKind},
};

impl Containers {
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
}

/// How runtimes say that the program to exec does not exist.
fn program_missing(text: &str) -> bool {
  text.contains("executable file not found")
    || text.contains("exec failed") && text.contains("no such file")
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_missing_program_is_told_from_another_failure() {
    assert!(program_missing(
      "OCI runtime exec failed: exec failed: unable to start container process: exec: \"curl\": executable file not found in $PATH: unknown"
    ));
    assert!(!program_missing("container is not running"));
  }
}
