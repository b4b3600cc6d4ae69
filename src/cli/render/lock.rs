//! Who holds the site's lock. Only for showing: the kernel decides who holds it.

use chrono::{DateTime, Utc};

use super::{Page, Tone, words::ago};
use crate::model::observation::Holder;

/// For `lock status` and `status`.
pub fn lines(holder: Option<&Holder>, now: DateTime<Utc>) -> Page {
  let mut page = Page::default();
  let Some(holder) = holder else {
    page.plain("  lock    free");
    return page;
  };
  let text = format!(
    "  lock    held by {} for {} {}, taken {} (pid {})",
    holder.actor,
    holder.operation,
    holder.kind,
    ago(holder.since, now),
    holder.pid
  );
  page.wrapped(Tone::Plain, &text, 10);
  page
}

/// Why a request was turned away, and what can be done about it; exit code 6.
pub fn busy(holder: Option<&Holder>, now: DateTime<Utc>) -> Page {
  let mut page = Page::default();
  let Some(holder) = holder else {
    page.push(
      Tone::Bad,
      "LOCKED  another operation began at the same moment",
    );
    page.plain("next    cutover status");
    return page;
  };
  let text = format!(
    "LOCKED  {} {} by {} runs since {}",
    holder.operation,
    holder.kind,
    holder.actor,
    ago(holder.since, now).replace(" ago", "")
  );
  page.wrapped(Tone::Bad, &text, 8);
  let id = holder.operation.0;
  page.plain(format!("next    cutover attach {id}    follow it"));
  page.plain(format!(
    "        cutover abort {id}     ask it to stop at its next safe point"
  ));
  page
}
