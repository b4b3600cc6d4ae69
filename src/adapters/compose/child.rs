//! One child process of Compose: asked, or run to change something.
//!
//! A changing child is never killed by us and has the site's lock file as its standard input, so
//! the lock stays held while it lives, even when the runner is gone.

use std::{collections::VecDeque, fs::File, path::PathBuf, process::Stdio, time::Duration};

use tokio::{
  io::{AsyncRead, AsyncReadExt},
  process::Command,
};

use crate::{
  adapters::line_cutter::LineCutter,
  engine::ports::{Notes, PortError, PortErrorKind},
};

const MOST_KEPT: usize = 200;
const MOST_ANSWER: u64 = 16 * 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(30);

/// A complete command.
#[derive(Clone, Debug)]
pub(super) struct Line {
  pub(super) argv: Vec<String>,
  pub(super) folder: Option<PathBuf>,
  pub(super) environment: Vec<(String, String)>,
}

impl Line {
  fn command(&self) -> Command {
    let mut command = Command::new(self.argv.first().map_or("", String::as_str));
    command.args(self.argv.iter().skip(1));
    command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    if let Some(folder) = &self.folder {
      command.current_dir(folder);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
  }

  fn failed(&self, kind: PortErrorKind, detail: impl Into<String>) -> PortError {
    PortError::new(kind, format!("run '{}'", self.argv.join(" ")), detail)
  }

  fn not_started(&self, error: &std::io::Error) -> PortError {
    self.failed(PortErrorKind::Misconfigured, error.to_string())
  }

  /// Standard output of a command that changes nothing.
  pub(super) async fn ask(&self) -> Result<String, PortError> {
    let mut child = self
      .command()
      .stdin(Stdio::null())
      .kill_on_drop(true)
      .spawn()
      .map_err(|error| self.not_started(&error))?;
    let (Some(mut stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
      return Err(self.failed(PortErrorKind::Unexpected, "no output to read"));
    };
    let mut answer = Vec::new();
    let mut words = Kept::default();
    let work = async {
      let mut limited = (&mut stdout).take(MOST_ANSWER);
      tokio::try_join!(
        limited.read_to_end(&mut answer),
        each_line(stderr, |line| words.keep(line))
      )?;
      child.wait().await
    };
    let status = tokio::time::timeout(DEADLINE, work)
      .await
      .map_err(|_| {
        self.failed(
          PortErrorKind::Timeout,
          format!("no answer within {} s", DEADLINE.as_secs()),
        )
      })?
      .map_err(|error| self.failed(PortErrorKind::Unexpected, error.to_string()))?;
    if status.success() {
      Ok(String::from_utf8_lossy(&answer).into_owned())
    } else {
      Err(self.failed(PortErrorKind::Refused, words.cause(&status.to_string())))
    }
  }

  /// Runs a command that changes something; its lines go to `notes` as they come.
  pub(super) async fn act(&self, lock: Option<&File>, notes: Notes<'_>) -> Result<(), PortError> {
    let stdin = match lock {
      None => Stdio::null(),
      Some(file) => Stdio::from(file.try_clone().map_err(|error| {
        self.failed(
          PortErrorKind::Unexpected,
          format!("the site's lock cannot be handed on: {error}"),
        )
      })?),
    };
    let mut child = self
      .command()
      .stdin(stdin)
      .kill_on_drop(false)
      .spawn()
      .map_err(|error| self.not_started(&error))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
      return Err(self.failed(PortErrorKind::Unexpected, "no output to read"));
    };
    let kept = std::sync::Mutex::new(Kept::default());
    let line = |line: String| {
      notes(&line);
      if let Ok(mut kept) = kept.lock() {
        kept.keep(line);
      }
    };
    let read = tokio::try_join!(each_line(stdout, line), each_line(stderr, line));
    read.map_err(|error| self.failed(PortErrorKind::Unexpected, error.to_string()))?;
    let status = child
      .wait()
      .await
      .map_err(|error| self.failed(PortErrorKind::Unexpected, error.to_string()))?;
    if status.success() {
      return Ok(());
    }
    let kept = kept.into_inner().unwrap_or_default();
    Err(self.failed(PortErrorKind::Refused, kept.cause(&status.to_string())))
  }
}

async fn each_line(
  mut from: impl AsyncRead + Unpin,
  mut each: impl FnMut(String),
) -> std::io::Result<usize> {
  let mut cutter = LineCutter::default();
  let mut buffer = vec![0; 8 * 1024];
  loop {
    let count = from.read(&mut buffer).await?;
    if count == 0 {
      cutter.finish(&mut each);
      return Ok(0);
    }
    cutter.push(&buffer[..count], &mut each);
  }
}

/// The last lines a child printed.
#[derive(Default)]
struct Kept(VecDeque<String>);

impl Kept {
  fn keep(&mut self, line: String) {
    if self.0.len() == MOST_KEPT {
      self.0.pop_front();
    }
    self.0.push_back(line);
  }

  /// The first line that speaks of an error and what follows it; else the last lines.
  fn cause(&self, status: &str) -> String {
    let lines: Vec<&str> = self
      .0
      .iter()
      .map(|line| line.trim_end())
      .filter(|line| !line.is_empty())
      .collect();
    if lines
      .iter()
      .any(|line| line.contains("KeyError: 'ContainerConfig'"))
    {
      return "docker-compose 1 cannot recreate a container on this Docker (KeyError: \
              'ContainerConfig'): remove the standby's container with 'docker rm NAME', or install \
              the second generation with 'apt install docker-compose-plugin'"
        .into();
    }
    let speaks = |line: &&&str| {
      let line = line.to_ascii_lowercase();
      line.contains("error") || line.contains("invalid") || line.contains("cannot")
    };
    let from = lines
      .iter()
      .position(|line| speaks(&line))
      .unwrap_or(lines.len().saturating_sub(3));
    let cause: Vec<&str> = lines.iter().skip(from).take(6).copied().collect();
    if cause.is_empty() {
      status.to_owned()
    } else {
      format!("{} ({status})", cause.join("\n"))
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn line(argv: &[&str]) -> Line {
    Line {
      argv: argv.iter().map(|&word| word.to_owned()).collect(),
      folder: None,
      environment: Vec::new(),
    }
  }

  fn cause(lines: &[&str]) -> String {
    let mut kept = Kept::default();
    for line in lines {
      kept.keep((*line).to_owned());
    }
    kept.cause("exit status: 1")
  }

  #[test]
  fn the_first_cause_is_named_before_what_followed_from_it() {
    let text = cause(&[
      "Creating app ... ",
      "Creating app ... error",
      "ERROR: for app  port is already allocated",
    ]);
    assert!(
      text.starts_with("Creating app ... error\nERROR: for app"),
      "{text}"
    );
    assert_eq!(cause(&["a", "b", "c", "d"]), "b\nc\nd (exit status: 1)");
    assert_eq!(cause(&[]), "exit status: 1");
  }

  #[test]
  fn the_known_fault_of_the_first_generation_says_what_to_do() {
    assert!(cause(&["ERROR: x", "KeyError: 'ContainerConfig'"]).contains("docker rm"));
  }

  #[tokio::test]
  async fn a_changing_child_has_the_lock_file_as_its_input() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_string_lossy().into_owned();
    let lines = std::sync::Mutex::new(Vec::new());
    line(&["readlink", "/proc/self/fd/0"])
      .act(Some(file.as_file()), &|text| {
        lines.lock().unwrap().push(text.to_owned());
      })
      .await
      .unwrap();
    assert_eq!(*lines.lock().unwrap(), [path]);
  }

  #[tokio::test]
  async fn a_failed_child_tells_its_own_words() {
    let error = line(&["ls", "/nonexistent"])
      .act(None, &|_| ())
      .await
      .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Refused);
    assert!(error.to_string().contains("/nonexistent"), "{error}");
  }
}
