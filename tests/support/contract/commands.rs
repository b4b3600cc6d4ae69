//! What whoever runs commands promises.

use std::{collections::BTreeMap, time::Duration};

use cutover::engine::ports::{Commands, PortErrorKind};

use super::{LIMIT, Noted};

/// An exit code is no error; what was said is heard line by line, and told once more at the end.
pub(crate) async fn tells_how_a_command_ended(
  commands: &dyn Commands,
  command: &[String],
  says: &[&str],
  exit_code: i64,
) {
  let noted = Noted::default();
  let ran = commands
    .run(command, &BTreeMap::new(), LIMIT, &|line| noted.note(line))
    .await
    .unwrap();
  assert_eq!(ran.exit_code, exit_code);
  assert_eq!(ran.output.lines().collect::<Vec<_>>(), says);
  assert_eq!(noted.lines(), says);
}

/// A command that takes longer than it may is ended and says so.
pub(crate) async fn ends_a_command_at_its_deadline(commands: &dyn Commands, slow: &[String]) {
  let deadline = Duration::from_secs(1);
  let environment = BTreeMap::new();
  let running = commands.run(slow, &environment, deadline, &|_| ());
  let late = tokio::time::timeout(LIMIT, running)
    .await
    .expect("it is over soon after its deadline")
    .unwrap_err();
  assert_eq!(late.kind, PortErrorKind::Timeout, "{late}");
}

/// The source is brought to a version that it has, and what it has not is refused.
pub(crate) async fn brings_the_source_to_a_version(commands: &dyn Commands, version: &str) {
  let commit = commands
    .update_source(&version.parse().unwrap(), &|_| ())
    .await
    .unwrap();
  assert!(!commit.is_empty());
  for nowhere in ["nothing", "deadbeefdead"] {
    let refused = commands
      .update_source(&nowhere.parse().unwrap(), &|_| ())
      .await
      .unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Refused, "{nowhere}: {refused}");
  }
}

/// The tags of the source, the newest first.
pub(crate) async fn lists_tags_newest_first(commands: &dyn Commands, wanted: &[&str]) {
  let tags = commands.source_tags().await.unwrap();
  let names: Vec<&str> = tags.iter().map(|tag| tag.version.as_str()).collect();
  assert_eq!(names, wanted);
}

/// Without a source tree there are no tags, and nothing to bring to a version.
pub(crate) async fn has_no_source_where_none_is_configured(commands: &dyn Commands) {
  assert_eq!(commands.source_tags().await.unwrap(), []);
  let refused = commands
    .update_source(&"1.1".parse().unwrap(), &|_| ())
    .await
    .unwrap_err();
  assert_eq!(refused.kind, PortErrorKind::Refused, "{refused}");
}
