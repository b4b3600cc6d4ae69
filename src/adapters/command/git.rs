//! git in one working tree: without a question, without housekeeping left behind, and with what an
//! operator can do about its refusals.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::HostCommands;
use crate::engine::ports::{CommandOutput, Notes, PortError, PortErrorKind};

pub(super) const LOCAL: Duration = Duration::from_mins(1);
pub(super) const NETWORK: Duration = Duration::from_mins(10);

pub(super) struct Tree<'a> {
  pub(super) commands: &'a HostCommands,
  pub(super) dir: &'a Path,
  /// Told what changes the tree or asks origin; looking at it is quiet.
  pub(super) notes: Notes<'a>,
}

impl Tree<'_> {
  pub(super) async fn git(
    &self,
    arguments: &[&str],
    deadline: Duration,
  ) -> Result<CommandOutput, PortError> {
    // No housekeeping left behind: it would hold the site's lock after the deploy.
    let mut command: Vec<String> = [
      "git",
      "-c",
      "gc.auto=0",
      "-c",
      "maintenance.auto=false",
      "-C",
    ]
    .map(str::to_owned)
    .into();
    command.push(self.dir.display().to_string());
    command.extend(arguments.iter().map(|&word| word.to_owned()));
    let environment = BTreeMap::from(
      [("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")].map(|(k, v)| (k.to_owned(), v.to_owned())),
    );
    let quiet = |_: &str| {};
    let shown: Notes<'_> = match arguments.first() {
      Some(&("fetch" | "merge" | "checkout")) => self.notes,
      _ => &quiet,
    };
    self
      .commands
      .run_here(&command, &environment, deadline, shown)
      .await
  }

  /// What git printed; that it failed is a refusal with this remedy.
  pub(super) async fn require(
    &self,
    arguments: &[&str],
    deadline: Duration,
    doing: &str,
    remedy: impl FnOnce() -> String + Send,
  ) -> Result<String, PortError> {
    let ran = self.git(arguments, deadline).await?;
    if ran.exit_code == 0 {
      return Ok(ran.output);
    }
    Err(refused(
      doing,
      format!(
        "git ended with {}: {}; {}",
        ran.exit_code,
        ran.output.trim(),
        remedy()
      ),
    ))
  }

  /// The commit that a name stands for, when there is that name.
  pub(super) async fn commit(&self, place: &str) -> Result<Option<String>, PortError> {
    let name = format!("{place}^{{commit}}");
    let parse = [
      "rev-parse",
      "--quiet",
      "--verify",
      "--end-of-options",
      &name,
    ];
    let parsed = self.git(&parse, LOCAL).await?;
    let commit = parsed.output.trim();
    Ok((parsed.exit_code == 0 && is_commit(commit)).then(|| commit.to_owned()))
  }
}

/// 7 to 64 hexadecimal digits; a name such as `HEAD` is not a commit by its digits.
pub(super) fn is_commit(text: &str) -> bool {
  (7..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn refused(doing: impl Into<String>, detail: impl Into<String>) -> PortError {
  PortError::new(PortErrorKind::Refused, doing, detail)
}
