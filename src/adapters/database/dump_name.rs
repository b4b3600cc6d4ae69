//! What the files of a backup are called: the dump, its side-car, and both while they are unfinished.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

const START: &str = "db-backup-";

pub(super) fn side_car_of(dump: &Path) -> PathBuf {
  with(dump, ".json")
}

pub(super) fn partial_of(dump: &Path) -> PathBuf {
  with(dump, ".partial")
}

fn with(path: &Path, suffix: &str) -> PathBuf {
  let mut name = path.as_os_str().to_owned();
  name.push(suffix);
  name.into()
}

pub(super) fn dump_name(at: DateTime<Utc>, number: u32) -> String {
  let stamp = at.format("%Y%m%d-%H%M%S");
  match number {
    1 => format!("{START}{stamp}.dump"),
    _ => format!("{START}{stamp}-{number}.dump"),
  }
}

pub(super) fn is_dump(name: &str) -> bool {
  let digits = |text: &str, least, most| {
    (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
  };
  let Some(stamp) = name
    .strip_prefix(START)
    .and_then(|rest| rest.strip_suffix(".dump"))
  else {
    return false;
  };
  match stamp.split('-').collect::<Vec<_>>()[..] {
    [day, time] => digits(day, 8, 8) && digits(time, 6, 6),
    [day, time, number] => digits(day, 8, 8) && digits(time, 6, 6) && digits(number, 1, 3),
    _ => false,
  }
}
