//! What the fake site runs on the host.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use cutover::{
  config::VersionKind,
  engine::ports::{CommandOutput, Commands, Notes, PortError, PortErrorKind, PortFuture},
  model::{VersionName, offer::SourceTag},
};

use super::fake::{FakeSite, State};

impl Commands for FakeSite {
  fn run<'a>(
    &'a self,
    _: &'a [String],
    _: &'a BTreeMap<String, String>,
    deadline: Duration,
    notes: Notes<'a>,
  ) -> PortFuture<'a, CommandOutput> {
    Box::pin(async move {
      self.enter("command").await?;
      let (exit_code, takes) = {
        let state = self.state();
        (state.hook_exit, state.hook_takes)
      };
      if tokio::time::timeout(deadline, tokio::time::sleep(takes))
        .await
        .is_err()
      {
        return Err(PortError::new(
          PortErrorKind::Timeout,
          "run a command",
          "it was ended",
        ));
      }
      // The real one masks secrets; the engine must not count on it.
      let output = "said hunter2hunter2";
      notes(output);
      self.leave("command").await?;
      Ok(CommandOutput {
        exit_code,
        output: output.into(),
      })
    })
  }

  fn update_source<'a>(&'a self, version: &'a VersionName, _: Notes<'a>) -> PortFuture<'a, String> {
    Box::pin(async move {
      self.enter("update_source").await?;
      if !self.state().has_source(version) {
        return Err(PortError::new(
          PortErrorKind::Refused,
          format!("find {version}"),
          "no tag, branch or commit has that name",
        ));
      }
      Ok(format!("commit of {version}"))
    })
  }

  fn source_tags(&self) -> PortFuture<'_, Vec<SourceTag>> {
    Box::pin(async {
      self.enter("source_tags").await?;
      let state = self.state();
      if !state.builds() {
        return Ok(Vec::new());
      }
      let mut tags = state.tags.clone();
      tags.sort_by_key(|tag| Reverse(tag.at));
      Ok(tags)
    })
  }
}

impl State {
  fn builds(&self) -> bool {
    matches!(
      self.site.version.kind,
      VersionKind::Build {
        source: Some(_),
        ..
      }
    )
  }

  fn has_source(&self, version: &VersionName) -> bool {
    let tagged = self.tags.iter().any(|tag| tag.version == *version);
    self.builds() && (tagged || self.versions.contains_key(version.as_str()))
  }
}
