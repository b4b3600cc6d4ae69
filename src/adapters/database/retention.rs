//! Which backups may go: a pure decision over the verified ones, so that no accident of clock,
//! count or version can cost the site its last good dump.

use std::cmp::Reverse;

use crate::model::event::BackupRecord;

/// The files to remove, oldest first, so that `keep` remain. Beyond that number these also stay:
/// `made`, which was verified just now, and the newest backup of each version in `versions`.
pub(super) fn expired(
  backups: &[BackupRecord],
  made: &str,
  keep: usize,
  versions: &[Option<&str>],
) -> Vec<String> {
  let mut ranked: Vec<&BackupRecord> = backups.iter().collect();
  // A clock that was set back must not make the newest look old.
  ranked.sort_by_key(|each| (each.file != made, Reverse((each.at, each.file.as_str()))));
  let newest_of = |version: Option<&str>| {
    ranked
      .iter()
      .find(|each| each.live_version.as_deref() == version)
      .map(|each| each.file.as_str())
  };
  let held: Vec<&str> = versions.iter().copied().filter_map(newest_of).collect();
  let mut gone: Vec<String> = ranked
    .iter()
    .skip(keep.max(1))
    .filter(|each| each.file != made && !held.contains(&each.file.as_str()))
    .map(|each| each.file.clone())
    .collect();
  gone.reverse();
  gone
}

/// The live version and the one before it: the versions whose data may still be wanted back.
pub(super) fn wanted<'a>(
  backups: &'a [BackupRecord],
  live: Option<&'a str>,
) -> Vec<Option<&'a str>> {
  let before = backups
    .iter()
    .max_by_key(|each| {
      (
        each.live_version.as_deref() != live,
        each.at,
        each.file.as_str(),
      )
    })
    .map(|each| each.live_version.as_deref())
    .filter(|version| *version != live);
  std::iter::once(live).chain(before).collect()
}

#[cfg(test)]
mod tests {
  use chrono::{DateTime, TimeDelta, Utc};
  use proptest::prelude::*;

  use super::*;

  fn record(number: usize, at: DateTime<Utc>, version: Option<String>) -> BackupRecord {
    BackupRecord {
      file: format!("{number:05}"),
      sha256: String::new(),
      bytes: 1,
      entries: 1,
      server: "PostgreSQL 15.18".into(),
      database: "ala".into(),
      schema_head: None,
      live_version: version,
      at,
    }
  }

  /// A history of backups: how long after the one before each was made, and what was live then.
  fn histories() -> impl Strategy<Value = (Vec<(i64, Option<String>)>, usize)> {
    let version = prop_oneof![
      1 => Just(None),
      6 => (0..5u8).prop_map(|n| Some(format!("1.{n}.0"))),
    ];
    (
      proptest::collection::vec((0..4i64, version), 1..60),
      0..8usize,
    )
  }

  proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn retention_never_removes_the_newest_nor_the_newest_of_a_wanted_version(
      (history, keep) in histories()
    ) {
      let mut at = DateTime::<Utc>::UNIX_EPOCH;
      let mut kept: Vec<BackupRecord> = Vec::new();
      for (number, (seconds, live)) in history.into_iter().enumerate() {
        at += TimeDelta::seconds(seconds);
        let made = record(number, at, live.clone());
        kept.push(made.clone());
        let before = kept.clone();
        let versions = wanted(&before, live.as_deref());
        let gone = expired(&before, &made.file, keep, &versions);
        kept.retain(|each| !gone.contains(&each.file));

        prop_assert!(kept.contains(&made), "the newest verified is gone");
        let last_of_live = before.iter().rev().find(|each| each.live_version == live);
        prop_assert!(last_of_live.is_none_or(|each| kept.contains(each)));
        let last_other = before.iter().rev().find(|each| each.live_version != live);
        prop_assert!(last_other.is_none_or(|each| kept.contains(each)), "the version before is gone");
        prop_assert!(kept.len() <= keep.max(1) + 1, "{} kept of {keep}", kept.len());
        prop_assert!(before.len() < keep || kept.len() >= keep, "too few: {}", kept.len());
      }
    }

    #[test]
    fn a_clock_set_back_does_not_cost_the_backup_made_just_now(
      times in proptest::collection::vec(0..1_000i64, 1..20), keep in 0..5usize
    ) {
      let all: Vec<_> = times.iter().enumerate().map(|(number, seconds)| {
        record(number, DateTime::UNIX_EPOCH + TimeDelta::seconds(*seconds), None)
      }).collect();
      let made = &all[all.len() - 1].file;
      let gone = expired(&all, made, keep, &[]);
      prop_assert!(!gone.contains(made));
      prop_assert_eq!(all.len() - gone.len(), all.len().min(keep.max(1)));
    }
  }

  #[test]
  fn six_nightly_backups_do_not_push_out_the_one_from_before_the_release() {
    let day = |n: usize| DateTime::UNIX_EPOCH + TimeDelta::days(i64::try_from(n).unwrap());
    let mut all = vec![record(0, day(0), Some("1.0".into()))];
    all.extend((1..=6).map(|n| record(n, day(n), Some("1.1".into()))));
    let versions = wanted(&all, Some("1.1"));
    assert_eq!(versions, [Some("1.1"), Some("1.0")]);
    assert_eq!(expired(&all, "00006", 5, &versions), ["00001"]);
  }
}
