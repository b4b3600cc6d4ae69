//! `[watch]`: what must hold for users after a switch.

use super::View;
use crate::model::watch::{Limits, Rollback, Share};

pub(super) fn limits(view: &View<'_>) -> Limits {
  let limits = Limits {
    window: view.duration("for"),
    sustained: view.duration("sustained"),
    error_rate: Share::parse(&view.choice("error_rate")).unwrap_or(Share::ALL),
    p95: view.optional_duration("p95"),
    minimum_requests: view.small("minimum_requests"),
    rollback: match view.choice("rollback").as_str() {
      "auto" => Rollback::Auto,
      "never" => Rollback::Never,
      _ => Rollback::Ask,
    },
  };
  if limits.sustained >= limits.window {
    view.fault(
      "sustained",
      "nothing can be broken for that long: the watch is over before",
      Some("write a longer 'for' or a shorter 'sustained'"),
    );
  }
  limits
}
