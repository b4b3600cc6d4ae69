//! The source tree that images are built from, brought to one version and never forced.
//!
//! A local change is refused, a diverged branch is refused, and no branch but the one checked
//! out is ever moved.

use std::{collections::BTreeMap, path::Path, time::Duration};

use chrono::DateTime;

use super::HostCommands;
use crate::{
  config::{Source, VersionKind},
  engine::ports::{CommandOutput, Notes, PortError, PortErrorKind},
  model::{VersionName, offer::SourceTag},
};

const LOCAL: Duration = Duration::from_mins(1);
const MOST_TAGS: &str = "--count=100";
const NETWORK: Duration = Duration::from_mins(10);

/// A version found in the tree.
struct Found {
  commit: String,
  branch: bool,
}

impl HostCommands {
  pub(super) async fn update(
    &self,
    version: &VersionName,
    notes: Notes<'_>,
  ) -> Result<String, PortError> {
    let VersionKind::Build {
      source: Some(source),
      ..
    } = &self.site.version.kind
    else {
      return Err(refused(
        "update the source tree",
        format!(
          "no source tree is configured: add [version] source = {{ git = \"…\" }} to {}",
          self.site.file.display()
        ),
      ));
    };
    let dir = source.git.as_path();
    self.require_clean(dir, notes).await?;
    if source.pull {
      self.fetch(dir, notes).await?;
    }
    let found = self.find(source, version, notes).await?;
    let on = self
      .git(
        dir,
        &["symbolic-ref", "--quiet", "--short", "HEAD"],
        LOCAL,
        notes,
      )
      .await?;
    if found.branch && on.exit_code == 0 && on.output.trim() == version.as_str() {
      let merged = self
        .git(
          dir,
          &["merge", "--ff-only", "--end-of-options", &found.commit],
          LOCAL,
          notes,
        )
        .await?;
      require(
        &merged,
        &format!("fast-forward {} to {version}", dir.display()),
        || {
          format!(
            "the branch has commits of its own; look at them with: git -C {} log --oneline origin/{version}..{version}",
            dir.display()
          )
        },
      )?;
    } else {
      let moved = self
        .git(
          dir,
          &["checkout", "--detach", &found.commit, "--"],
          LOCAL,
          notes,
        )
        .await?;
      require(
        &moved,
        &format!("check out {version} in {}", dir.display()),
        || {
          format!(
            "try it by hand: git -C {} checkout --detach {}",
            dir.display(),
            found.commit
          )
        },
      )?;
    }
    let head = self
      .git(dir, &["rev-parse", "--short", "HEAD"], LOCAL, notes)
      .await?;
    require(&head, "read the commit that is checked out", || {
      format!("look with: git -C {} status", dir.display())
    })?;
    Ok(head.output.trim().to_owned())
  }

  /// The newest tags that are a version, without asking origin.
  pub(super) async fn tags(&self) -> Result<Vec<SourceTag>, PortError> {
    let VersionKind::Build {
      source: Some(source),
      ..
    } = &self.site.version.kind
    else {
      return Ok(Vec::new());
    };
    let dir = source.git.as_path();
    let listed = self
      .git(
        dir,
        &[
          "for-each-ref",
          "--sort=-creatordate",
          MOST_TAGS,
          "--format=%(refname:strip=2) %(creatordate:iso-strict)",
          "refs/tags",
        ],
        LOCAL,
        &|_| {},
      )
      .await?;
    require(
      &listed,
      &format!("list the tags of {}", dir.display()),
      || "it must be a git working tree that this user may read".into(),
    )?;
    Ok(listed.output.lines().filter_map(tag).collect())
  }

  async fn require_clean(&self, dir: &Path, notes: Notes<'_>) -> Result<(), PortError> {
    let doing = format!("look at the source tree {}", dir.display());
    let status = self
      .git(
        dir,
        &["status", "--porcelain", "--untracked-files=no"],
        LOCAL,
        notes,
      )
      .await?;
    require(&status, &doing, || {
      "it must be a git working tree that this user may read".into()
    })?;
    let changed: Vec<&str> = status.output.lines().collect();
    if changed.is_empty() {
      return Ok(());
    }
    Err(refused(
      doing,
      format!(
        "{} changed file(s) are not committed ({}): commit them, or put them aside with: git -C {} stash",
        changed.len(),
        changed
          .iter()
          .take(3)
          .map(|line| line.trim())
          .collect::<Vec<_>>()
          .join(", "),
        dir.display()
      ),
    ))
  }

  async fn fetch(&self, dir: &Path, notes: Notes<'_>) -> Result<(), PortError> {
    let remotes = self.git(dir, &["remote"], LOCAL, notes).await?;
    if !remotes.output.lines().any(|line| line.trim() == "origin") {
      notes("the source tree has no remote named origin: nothing to fetch");
      return Ok(());
    }
    let fetched = self
      .git(
        dir,
        &["fetch", "--tags", "--end-of-options", "origin"],
        NETWORK,
        notes,
      )
      .await?;
    require(&fetched, "fetch from origin", || {
      format!(
        "try it by hand as the same user: git -C {} fetch --tags origin",
        dir.display()
      )
    })
  }

  /// A tag, then the branch of origin, then a local branch, then a commit by its digits.
  async fn find(
    &self,
    source: &Source,
    version: &VersionName,
    notes: Notes<'_>,
  ) -> Result<Found, PortError> {
    let dir = source.git.as_path();
    let mut places = vec![
      (format!("refs/tags/{version}"), false),
      (format!("refs/remotes/origin/{version}"), true),
      (format!("refs/heads/{version}"), true),
    ];
    // `refs/remotes/origin/HEAD` exists in every clone and is nobody's version.
    places.retain(|_| version.as_str() != "HEAD");
    if is_commit(version.as_str()) {
      places.push((version.to_string(), false));
    }
    for (place, branch) in places {
      let name = format!("{place}^{{commit}}");
      let parsed = self
        .git(
          dir,
          &[
            "rev-parse",
            "--quiet",
            "--verify",
            "--end-of-options",
            &name,
          ],
          LOCAL,
          notes,
        )
        .await?;
      let commit = parsed.output.trim();
      if parsed.exit_code == 0 && is_commit(commit) {
        return Ok(Found {
          commit: commit.to_owned(),
          branch,
        });
      }
    }
    Err(refused(
      format!("find {version} in {}", dir.display()),
      format!(
        "no tag, branch or commit has that name; see: git -C {} tag --list",
        dir.display()
      ),
    ))
  }

  async fn git(
    &self,
    dir: &Path,
    arguments: &[&str],
    deadline: Duration,
    notes: Notes<'_>,
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
    command.push(dir.display().to_string());
    command.extend(arguments.iter().map(|&word| word.to_owned()));
    let environment = BTreeMap::from(
      [("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")].map(|(k, v)| (k.to_owned(), v.to_owned())),
    );
    let quiet = |_: &str| {};
    let shown: Notes<'_> = match arguments.first() {
      Some(&("fetch" | "merge" | "checkout")) => notes,
      _ => &quiet,
    };
    self.run_here(&command, &environment, deadline, shown).await
  }
}

/// `v1.2.3 2026-11-21T03:37:36+00:00`; a tag that is no version cannot be deployed.
fn tag(line: &str) -> Option<SourceTag> {
  let (name, at) = line.split_once(' ')?;
  Some(SourceTag {
    version: name.parse().ok()?,
    at: DateTime::parse_from_rfc3339(at).ok().map(|at| at.to_utc()),
  })
}

/// 7 to 64 hexadecimal digits; a name such as `HEAD` is not a commit by its digits.
fn is_commit(text: &str) -> bool {
  (7..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn require(
  output: &CommandOutput,
  doing: &str,
  remedy: impl FnOnce() -> String,
) -> Result<(), PortError> {
  if output.exit_code == 0 {
    return Ok(());
  }
  Err(refused(
    doing,
    format!(
      "git ended with {}: {}; {}",
      output.exit_code,
      output.output.trim(),
      remedy()
    ),
  ))
}

fn refused(doing: impl Into<String>, detail: impl Into<String>) -> PortError {
  PortError::new(PortErrorKind::Refused, doing, detail)
}
