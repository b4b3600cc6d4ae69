//! Who holds the site's lock. Only for showing: the kernel decides who holds it.

use chrono::{DateTime, Utc};

use super::{
  Page, Tone, Typing,
  words::{age, ago, coarse},
};
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
pub fn busy(holder: Option<&Holder>, now: DateTime<Utc>, typing: &Typing) -> Page {
  let mut page = Page::default();
  let Some(holder) = holder else {
    page.push(
      Tone::Bad,
      "LOCKED  somebody else holds the lock since this moment",
    );
    page.plain(format!("next    {}", typing.line("status")));
    return page;
  };
  let id = holder.operation.0;
  let since = coarse(age(holder.since, now));
  let text = format!(
    "LOCKED  {} {} by {} holds the lock for {since}; nothing was changed",
    holder.operation, holder.kind, holder.actor
  );
  page.wrapped(Tone::Bad, &text, 8);
  page.plain(format!("follow  {}", typing.line(&format!("attach {id}"))));
  page.plain(format!("stop    {}", typing.line(&format!("abort {id}"))));
  page
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    model::operation::{Kind, OperationId},
    render::samples::{actor, before, now},
  };

  fn holder() -> Holder {
    Holder {
      operation: OperationId(128),
      kind: Kind::Deploy,
      actor: actor(),
      since: before(75),
      boot_id: "b".into(),
      pid: 4121,
      pid_started: 1,
    }
  }

  #[test]
  fn who_is_turned_away_learns_by_whom_and_what_to_type() {
    insta::assert_snapshot!(busy(Some(&holder()), now(), &Typing::default()));
    let unknown = busy(None, now(), &Typing::default()).to_string();
    assert!(
      unknown.contains("holds the lock") && unknown.contains("cutover status"),
      "{unknown}"
    );
  }

  #[test]
  fn a_free_lock_is_called_free() {
    assert_eq!(lines(None, now()).to_string(), "  lock    free\n");
  }
}
