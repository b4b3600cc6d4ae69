//! The ledger file: a line of JSON for every second and every lost request, and the summary as its last line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::Outcome;
use super::summary::{Count, Summary};

pub(super) fn stamp(at: DateTime<Utc>) -> String {
  at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Counts of the second being filled.
#[derive(Default)]
struct Second {
  number: i64,
  answered: BTreeMap<String, u64>,
  lost: u64,
}

impl Second {
  fn write(&mut self, file: &mut impl Write, next: i64) -> io::Result<()> {
    if self.lost > 0 || !self.answered.is_empty() {
      let at = DateTime::from_timestamp(self.number, 0).map(stamp);
      writeln!(
        file,
        "{}",
        json!({ "second": at, "answered": self.answered, "lost": self.lost })
      )?;
    }
    *self = Self {
      number: next,
      ..Self::default()
    };
    Ok(())
  }
}

/// Writes until every client is gone.
pub(super) async fn write(
  file: File,
  mut outcomes: UnboundedReceiver<Outcome>,
) -> io::Result<Summary> {
  let mut file = BufWriter::new(file);
  let mut summary = Count::default();
  let mut second = Second::default();
  while let Some(outcome) = outcomes.recv().await {
    let ended = outcome.sent + outcome.took;
    if ended.timestamp() != second.number {
      second.write(&mut file, ended.timestamp())?;
    }
    match outcome.served() {
      Ok(answered) => *second.answered.entry(answered.by.clone()).or_default() += 1,
      Err(reason) => {
        second.lost += 1;
        let line = json!({
            "lost": outcome.kind, "sent": stamp(outcome.sent), "ended": stamp(ended), "error": reason,
            "connection": format!("{:?}", outcome.connection).to_lowercase(),
        });
        writeln!(file, "{line}")?;
      }
    }
    summary.add(&outcome, ended);
  }
  second.write(&mut file, 0)?;
  let summary = summary.finish();
  serde_json::to_writer(&mut file, &summary)?;
  writeln!(file)?;
  file.flush()?;
  Ok(summary)
}
