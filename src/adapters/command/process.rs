//! One child process: its own group, its output in the order it was written, its end.
//!
//! Ends only that group: by SIGTERM and then SIGKILL at the deadline, at once when the caller
//! gives up waiting.

use std::{
  collections::BTreeMap, io, os::unix::process::ExitStatusExt, process::Stdio, time::Duration,
};

use nix::{
  sys::signal::{Signal, killpg},
  unistd::Pid,
};
use tokio::{
  io::AsyncReadExt,
  net::unix::pipe::Receiver,
  process::{Child, Command},
  time::{Instant, sleep_until, timeout},
};

use super::HostCommands;
use crate::{
  adapters::bounded::{HeadTail, Lines},
  engine::ports::{CommandOutput, Notes, PortError, PortErrorKind},
};

const MOST_OUTPUT: usize = 64 * 1024;
/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);
/// For output still on its way after the command itself ended.
const AFTER_EXIT: Duration = Duration::from_millis(500);

/// The child's process group, killed unless the child was seen to end.
struct Group {
  id: Option<Pid>,
}

impl Group {
  fn signal(&self, signal: Signal) {
    if let Some(id) = self.id {
      // Gone already is what was wanted.
      let _ = killpg(id, signal);
    }
  }
}

impl Drop for Group {
  fn drop(&mut self) {
    self.signal(Signal::SIGKILL);
  }
}

/// What the child wrote so far.
struct Gathered<'a> {
  kept: HeadTail,
  lines: Lines,
  say: Box<dyn FnMut(&str) + Send + 'a>,
}

impl Gathered<'_> {
  fn push(&mut self, bytes: &[u8]) {
    self.kept.push(bytes);
    self.lines.push(bytes, &mut self.say);
  }
}

impl HostCommands {
  pub(super) async fn run_here(
    &self,
    command: &[String],
    environment: &BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'_>,
  ) -> Result<CommandOutput, PortError> {
    let doing = format!("run {}", command.join(" "));
    let cannot = |error: &io::Error| {
      PortError::new(
        PortErrorKind::Misconfigured,
        doing.clone(),
        format!(
          "{error}: check the command in {}, and that it is there and executable",
          self.site.file.display()
        ),
      )
    };
    let ends_at = Instant::now() + deadline;
    let (mut child, mut output) = self
      .spawn(command, environment)
      .map_err(|error| cannot(&error))?;
    let mut group = Group {
      id: child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .map(Pid::from_raw),
    };
    let secrets = &self.site.secrets;
    let mut gathered = Gathered {
      kept: HeadTail::new(MOST_OUTPUT),
      lines: Lines::default(),
      say: Box::new(|line| notes(&secrets.mask(line))),
    };

    let exited = tokio::select! {
      status = follow(&mut child, &mut output, &mut gathered) => Some(status.map_err(|error| {
        PortError::new(PortErrorKind::Unexpected, doing.clone(), error.to_string())
      })?),
      () = sleep_until(ends_at) => None,
    };
    let Some(status) = exited else {
      group.signal(Signal::SIGTERM);
      let _ = timeout(GRACE, follow(&mut child, &mut output, &mut gathered)).await;
      drop(group);
      return Err(PortError::new(
        PortErrorKind::Timeout,
        doing,
        format!(
          "not done after {}, so it was ended with all it had started; its last words: {}",
          humantime::format_duration(deadline),
          secrets.mask(last_lines(&gathered.kept.text()))
        ),
      ));
    };
    let leader = group.id.take();
    if let Some(id) = leader.filter(|id| killpg(*id, None).is_ok()) {
      notes(&format!(
        "warning: the command ended but left processes running in group {id}; see: ps -g {id}"
      ));
    }
    gathered.lines.finish(&mut gathered.say);
    Ok(CommandOutput {
      exit_code: i64::from(
        status
          .code()
          .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
      ),
      output: secrets.mask(&gathered.kept.text()),
    })
  }

  /// One pipe for both outputs, so that they stay in the order they were written.
  fn spawn(
    &self,
    command: &[String],
    environment: &BTreeMap<String, String>,
  ) -> io::Result<(Child, Receiver)> {
    let (program, arguments) = command
      .split_first()
      .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
    let (reader, writer) = io::pipe()?;
    let stdin = match &self.child_stdin {
      Some(file) => Stdio::from(file.try_clone()?),
      None => Stdio::null(),
    };
    let child = Command::new(program)
      .args(arguments)
      .envs(environment)
      .current_dir(&self.site.root)
      .stdin(stdin)
      .stdout(writer.try_clone()?)
      .stderr(writer)
      .process_group(0)
      .spawn()?;
    Ok((child, Receiver::from_owned_fd(reader.into())?))
  }
}

/// Reads until the child has ended and its output too, or is held open by somebody else.
async fn follow(
  child: &mut Child,
  output: &mut Receiver,
  gathered: &mut Gathered<'_>,
) -> io::Result<std::process::ExitStatus> {
  let status = {
    let mut buffer = vec![0; 16 * 1024];
    let mut open = true;
    loop {
      tokio::select! {
        read = output.read(&mut buffer), if open => match read? {
          0 => open = false,
          count => gathered.push(&buffer[..count]),
        },
        status = child.wait() => break status?,
      }
    }
  };
  let rest = async {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count) = output.read(&mut buffer).await {
      if count == 0 {
        break;
      }
      gathered.push(&buffer[..count]);
    }
  };
  // A background process may hold the pipe open for ever; the command itself has ended.
  let _ = timeout(AFTER_EXIT, rest).await;
  Ok(status)
}

/// The end of a text, at most 2,000 bytes.
fn last_lines(text: &str) -> &str {
  let text = text.trim();
  let from = text.len().saturating_sub(2000);
  let from = (from..=text.len())
    .find(|at| text.is_char_boundary(*at))
    .unwrap_or(text.len());
  text
    .get(from..)
    .filter(|rest| !rest.is_empty())
    .unwrap_or("(none)")
}
