//! Argument lists on this host: no shell, no inherited standard input, bounded output, a hard
//! deadline after which the whole process group is ended.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use nix::{
  sys::signal::{Signal, killpg},
  unistd::Pid,
};
use tokio::{
  io::{AsyncRead, AsyncReadExt},
  process::Command,
};

use crate::engine::ports::{PortError, PortErrorKind};

/// What a finished command left behind, wherever it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
  pub(crate) code: i64,
  pub(crate) out: Vec<u8>,
  pub(crate) err: Vec<u8>,
  /// More was written than was kept.
  pub(crate) cut: bool,
}

impl Ran {
  /// The last words: standard error when there is any, else standard output.
  pub(crate) fn last_words(&self, lines: usize) -> String {
    let err = String::from_utf8_lossy(&self.err);
    let out = String::from_utf8_lossy(&self.out);
    let text = if err.trim().is_empty() { out } else { err };
    let all: Vec<&str> = text
      .lines()
      .filter(|line| !line.trim().is_empty())
      .collect();
    let from = all.len().saturating_sub(lines);
    let words = all.get(from..).unwrap_or_default().join("\n");
    bounded(&words, 4096).to_owned()
  }
}

/// The longest start of `text` of at most `most` bytes that ends on a character.
pub(crate) fn bounded(text: &str, most: usize) -> &str {
  text
    .get(..text.floor_char_boundary(most))
    .unwrap_or_default()
}

/// Output kept of one command unless the caller needs more.
pub(crate) const MOST_OUTPUT: usize = 64 * 1024;

pub(crate) async fn run(
  command: &[String],
  environment: &BTreeMap<String, String>,
  deadline: Duration,
  most: usize,
) -> Result<Ran, PortError> {
  run_in(None, command, environment, deadline, most).await
}

/// The same in another folder than this process's own.
pub(crate) async fn run_in(
  folder: Option<&Path>,
  command: &[String],
  environment: &BTreeMap<String, String>,
  deadline: Duration,
  most: usize,
) -> Result<Ran, PortError> {
  let doing = || format!("running `{}`", command.join(" "));
  let (program, arguments) = command.split_first().ok_or_else(|| {
    PortError::new(
      PortErrorKind::Misconfigured,
      "running a command",
      "the argument list is empty: write it as [\"program\", \"argument\"]",
    )
  })?;
  let mut child = Command::new(program)
    .args(arguments)
    .current_dir(folder.unwrap_or(Path::new(".")))
    .envs(environment)
    .stdin(Stdio::null())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .process_group(0)
    .kill_on_drop(true)
    .spawn()
    .map_err(|error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        doing(),
        format!("{error}: check that `{program}` is installed and may be executed"),
      )
    })?;
  let group = child.id().and_then(|id| i32::try_from(id).ok());
  let (out, err) = (child.stdout.take(), child.stderr.take());
  let whole = async {
    let (out, err) = tokio::join!(keep(out, most), keep(err, most));
    (child.wait().await, out, err)
  };
  match tokio::time::timeout(deadline, whole).await {
    Ok((Ok(status), (out, out_cut), (err, err_cut))) => Ok(Ran {
      code: status.code().map_or(-1, i64::from),
      out,
      err,
      cut: out_cut || err_cut,
    }),
    Ok((Err(error), ..)) => Err(PortError::new(
      PortErrorKind::Unexpected,
      doing(),
      error.to_string(),
    )),
    Err(_) => {
      if let Some(group) = group {
        // Already gone is fine; a child that left the group cannot be reached this way.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
      }
      Err(PortError::new(
        PortErrorKind::Timeout,
        doing(),
        format!("not done after {deadline:?}; it was ended"),
      ))
    }
  }
}

/// Reads to the end, keeps the first `most` bytes, and says whether there was more.
async fn keep(stream: Option<impl AsyncRead + Unpin>, most: usize) -> (Vec<u8>, bool) {
  let (mut kept, mut cut) = (Vec::new(), false);
  let Some(mut stream) = stream else {
    return (kept, cut);
  };
  let mut chunk = vec![0_u8; 8192];
  while let Ok(count @ 1..) = stream.read(&mut chunk).await {
    cut |= append(&mut kept, chunk.get(..count).unwrap_or_default(), most);
  }
  (kept, cut)
}

/// Appends what still fits; true when something did not.
pub(crate) fn append(kept: &mut Vec<u8>, more: &[u8], most: usize) -> bool {
  let room = most.saturating_sub(kept.len()).min(more.len());
  kept.extend_from_slice(more.get(..room).unwrap_or_default());
  room < more.len()
}

#[cfg(test)]
mod tests {
  use super::*;

  fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
  }

  #[tokio::test]
  async fn output_beyond_the_bound_is_dropped_and_said_so() {
    let ran = run(
      &list(&["head", "-c", "100000", "/dev/zero"]),
      &BTreeMap::new(),
      Duration::from_secs(5),
      1000,
    )
    .await
    .unwrap();
    assert_eq!((ran.code, ran.out.len(), ran.cut), (0, 1000, true));
  }

  #[tokio::test]
  async fn a_command_that_outlives_its_deadline_is_ended_with_its_children() {
    let started = std::time::Instant::now();
    let error = run(
      &list(&["sh", "-c", "sleep 30; true"]),
      &BTreeMap::new(),
      Duration::from_millis(100),
      1000,
    )
    .await
    .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(5));
  }

  #[tokio::test]
  async fn a_missing_program_is_named() {
    let error = run(
      &list(&["/nonexistent/nginx", "-t"]),
      &BTreeMap::new(),
      Duration::from_secs(1),
      10,
    )
    .await
    .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Misconfigured);
    assert!(error.to_string().contains("/nonexistent/nginx"), "{error}");
  }

  #[test]
  fn text_is_bounded_on_a_character() {
    assert_eq!(bounded("aé", 2), "a");
    assert_eq!(bounded("aé", 3), "aé");
  }
}
