//! The source tree that images are built from, brought to one version and never forced.
//!
//! A local change is refused, a diverged branch is refused, and no branch but the one checked
//! out is ever moved.

use chrono::DateTime;

use super::{
  HostCommands,
  git::{LOCAL, NETWORK, Tree, is_commit, refused},
};
use crate::{
  config::{Source, VersionKind},
  engine::ports::{Notes, PortError},
  model::{VersionName, offer::SourceTag},
};

const MOST_TAGS: &str = "--count=100";

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
    let Some(source) = self.source() else {
      return Err(refused(
        "update the source tree",
        format!(
          "no source tree is configured: add [version] source = {{ git = \"…\" }} to {}",
          self.site.file.display()
        ),
      ));
    };
    let tree = self.tree(source, notes);
    require_clean(&tree).await?;
    if source.pull {
      fetch(&tree, notes).await?;
    }
    let found = find(&tree, version).await?;
    let dir = tree.dir.display();
    let on = tree
      .git(&["symbolic-ref", "--quiet", "--short", "HEAD"], LOCAL)
      .await?;
    if found.branch && on.exit_code == 0 && on.output.trim() == version.as_str() {
      let merge = ["merge", "--ff-only", "--end-of-options", &found.commit];
      tree
        .require(&merge, LOCAL, &format!("fast-forward {dir} to {version}"), || {
          format!(
            "the branch has commits of its own; look at them with: git -C {dir} log --oneline origin/{version}..{version}"
          )
        })
        .await?;
    } else {
      let checkout = ["checkout", "--detach", &found.commit, "--"];
      tree
        .require(
          &checkout,
          LOCAL,
          &format!("check out {version} in {dir}"),
          || {
            format!(
              "try it by hand: git -C {dir} checkout --detach {}",
              found.commit
            )
          },
        )
        .await?;
    }
    let head = ["rev-parse", "--short", "HEAD"];
    let head = tree
      .require(&head, LOCAL, "read the commit that is checked out", || {
        format!("look with: git -C {dir} status")
      })
      .await?;
    Ok(head.trim().to_owned())
  }

  /// The newest tags that are a version, without asking origin.
  pub(super) async fn tags(&self) -> Result<Vec<SourceTag>, PortError> {
    let Some(source) = self.source() else {
      return Ok(Vec::new());
    };
    let tree = self.tree(source, &|_: &str| {});
    let list = [
      "for-each-ref",
      "--sort=-creatordate",
      MOST_TAGS,
      "--format=%(refname:strip=2) %(creatordate:iso-strict)",
      "refs/tags",
    ];
    let doing = format!("list the tags of {}", tree.dir.display());
    let listed = tree.require(&list, LOCAL, &doing, no_tree).await?;
    Ok(listed.lines().filter_map(tag).collect())
  }

  fn source(&self) -> Option<&Source> {
    match &self.site.version.kind {
      VersionKind::Build { source, .. } => source.as_ref(),
      VersionKind::ImageVariable { .. } | VersionKind::Folder { .. } => None,
    }
  }

  fn tree<'a>(&'a self, source: &'a Source, notes: Notes<'a>) -> Tree<'a> {
    Tree {
      commands: self,
      dir: &source.git,
      notes,
    }
  }
}

fn no_tree() -> String {
  "it must be a git working tree that this user may read".into()
}

async fn require_clean(tree: &Tree<'_>) -> Result<(), PortError> {
  let doing = format!("look at the source tree {}", tree.dir.display());
  let status = ["status", "--porcelain", "--untracked-files=no"];
  let status = tree.require(&status, LOCAL, &doing, no_tree).await?;
  let changed: Vec<&str> = status.lines().collect();
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
      tree.dir.display()
    ),
  ))
}

async fn fetch(tree: &Tree<'_>, notes: Notes<'_>) -> Result<(), PortError> {
  let remotes = tree.git(&["remote"], LOCAL).await?;
  if !remotes.output.lines().any(|line| line.trim() == "origin") {
    notes("the source tree has no remote named origin: nothing to fetch");
    return Ok(());
  }
  let fetch = ["fetch", "--tags", "--end-of-options", "origin"];
  let by_hand = || {
    format!(
      "try it by hand as the same user: git -C {} fetch --tags origin",
      tree.dir.display()
    )
  };
  tree
    .require(&fetch, NETWORK, "fetch from origin", by_hand)
    .await
    .map(drop)
}

/// A tag, then the branch of origin, then a local branch, then a commit by its digits.
async fn find(tree: &Tree<'_>, version: &VersionName) -> Result<Found, PortError> {
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
    if let Some(commit) = tree.commit(&place).await? {
      return Ok(Found { commit, branch });
    }
  }
  let dir = tree.dir.display();
  Err(refused(
    format!("find {version} in {dir}"),
    format!("no tag, branch or commit has that name; see: git -C {dir} tag --list"),
  ))
}

/// `v1.2.3 2026-11-21T03:37:36+00:00`; a tag that is no version cannot be deployed.
fn tag(line: &str) -> Option<SourceTag> {
  let (name, at) = line.split_once(' ')?;
  Some(SourceTag {
    version: name.parse().ok()?,
    at: DateTime::parse_from_rfc3339(at).ok().map(|at| at.to_utc()),
  })
}
