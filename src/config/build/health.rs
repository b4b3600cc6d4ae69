//! `services.NAME.check`: how a service's health is asked for.

use super::{View, smoke::expect_both};
use crate::{
  config::{Check, Via},
  model::{BySlot, Slot},
};

pub(super) fn check(view: &View<'_>) -> BySlot<Check> {
  let via = match view.choice("via").as_str() {
    "host" => Via::Host,
    "exec" => Via::Exec,
    "network" => Via::Network,
    "router" => Via::Router,
    "command" => Via::Command,
    _ => Via::Docker,
  };
  let url = url(view, via);
  let command = view.slotted_command("command");
  if via == Via::Command && !view.has("command") {
    view.missing("command", "write command = [\"./check\", \"{color}\"]");
  } else if via != Via::Command && view.has("command") {
    view.fault(
      "command",
      "only a check with via = \"command\" has a command",
      Some("write via = \"command\", or take it out"),
    );
  }
  let expect = expect_both(view, &["status", "header", "json", "contains", "within"]);
  if matches!(via, Via::Docker | Via::Command) {
    for key in ["url", "status", "header", "json", "contains"] {
      if view.has(key) {
        let hint = "write via = \"exec\", \"host\", \"network\" or \"router\", or take it out";
        view.fault(
          key,
          format!("'{key}' has no meaning for this 'via'"),
          Some(hint),
        );
      }
    }
  }
  let (timeout, every, consecutive) = (
    view.duration("timeout"),
    view.duration("every"),
    view.small("consecutive"),
  );
  if every >= timeout {
    view.fault("every", "'every' must be shorter than 'timeout'", None);
  }
  BySlot::from_fn(|slot| Check {
    via,
    url: url.as_ref().map(|url| url[slot].clone()),
    command: command
      .as_ref()
      .map(|command| command[slot].clone())
      .unwrap_or_default(),
    expect: expect[slot].clone(),
    timeout,
    every,
    consecutive,
  })
}

/// The address of a check. From the host a path is asked at the slot's own `{url}`.
fn url(view: &View<'_>, via: Via) -> Option<BySlot<String>> {
  if matches!(via, Via::Docker | Via::Command) {
    return None;
  }
  if !view.has("url") {
    view.missing("url", "write url = \"http://127.0.0.1:{port}/health\"");
  }
  let mut made = view.slotted("url")?;
  if via == Via::Host && made.blue.starts_with('/') {
    for slot in Slot::BOTH {
      let Some(base) = view.build.words[slot].get("url") else {
        let hint = format!("write a whole address, or [slots.{slot}] port = …");
        view.fault(
          "url",
          "a path alone needs the slot's port or url",
          Some(&hint),
        );
        return None;
      };
      made[slot] = format!("{base}{}", made[slot]);
    }
  }
  for slot in Slot::BOTH {
    let path = via == Via::Router && made[slot].starts_with('/');
    if !path && !is_address(&made[slot]) {
      view.fault(
        "url",
        format!("'{}' is not an address", made[slot]),
        Some("begin it with http:// or https://"),
      );
      return None;
    }
  }
  if via == Via::Host && made.blue == made.green {
    view.fault(
      "url",
      "both slots would be checked at the same address",
      Some("use {port}, {host} or {color} in it"),
    );
  }
  Some(made)
}

/// An absolute address with something for a host and nothing that ends a line.
pub(super) fn is_address(text: &str) -> bool {
  let rest = text
    .strip_prefix("http://")
    .or_else(|| text.strip_prefix("https://"));
  rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
