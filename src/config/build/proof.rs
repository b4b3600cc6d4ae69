//! `[proof]`: how it is shown which slot answers users.

use super::{View, health::is_address};
use crate::{
  config::{Proof, ProofBy},
  model::BySlot,
};

const WAYS: [&str; 6] = ["marker", "field", "header", "body", "log", "effective"];
const URL_HINT: &str =
  "write url = \"http://localhost/health\", an address the proxy itself answers";

pub(super) fn proof(top: &View<'_>) -> Option<Proof> {
  let view = top.table("proof");
  if !top.has("proof") {
    let hint = "write [proof] with url = \"http://localhost/\" and marker = true, or at least effective = true";
    top.missing("proof", hint);
    return None;
  }
  let url = view.text("url");
  if let Some(url) = url.as_ref().filter(|url| !is_address(url)) {
    view.fault(
      "url",
      format!("'{url}' is not an address"),
      Some("begin it with http:// or https://"),
    );
  }
  let (samples, over) = (view.small("samples"), view.duration("over"));
  let chosen: Vec<&str> = WAYS
    .into_iter()
    .filter(|way| is_chosen(&view, way))
    .collect();
  let way = match chosen.as_slice() {
    [way] => *way,
    [] => {
      if view.is_present() {
        view.fault(
          "",
          "it is not said how to prove",
          Some("write one of: marker = true, field, header, body, log = true, effective = true"),
        );
      }
      return None;
    }
    [first, second, ..] => {
      view.fault(
        second,
        format!("'{first}' is the proof already: only one can be"),
        Some("take one of them out"),
      );
      return None;
    }
  };
  if way != "effective" && !view.has("url") {
    view.missing("url", URL_HINT);
  }
  if view.has("value") && !matches!(way, "field" | "header") {
    view.fault(
      "value",
      "'value' is for 'field' and 'header'",
      Some("take it out"),
    );
  }
  let by = match way {
    "field" => ProofBy::Field {
      path: view.text("field")?,
      value: value(&view),
    },
    "header" => ProofBy::Header {
      name: view.text("header")?,
      value: value(&view),
    },
    "body" => ProofBy::Body {
      text: differs(&view, "body", view.slotted("body")?),
    },
    "log" => ProofBy::Log,
    "marker" => ProofBy::Marker,
    _ => ProofBy::Effective,
  };
  Some(Proof {
    url,
    by,
    samples,
    over,
  })
}

/// A `false` chooses nothing.
fn is_chosen(view: &View<'_>, way: &str) -> bool {
  match way {
    "marker" | "log" | "effective" => view.flag(way) == Some(true),
    _ => view.has(way),
  }
}

fn value(view: &View<'_>) -> BySlot<String> {
  let made = view.slotted_or("value", "{color}");
  differs(view, "value", made)
}

/// `{version}` may tell the slots apart later; without it the texts must differ now.
fn differs(view: &View<'_>, key: &str, made: BySlot<String>) -> BySlot<String> {
  if made.blue == made.green && !made.blue.contains("{version}") {
    view.fault(
      key,
      "both slots would prove the same",
      Some("use {color}, {port} or {version} in it"),
    );
  }
  made
}

/// Stands where a fault was told.
pub(super) fn no_proof() -> Proof {
  Proof {
    url: None,
    by: ProofBy::Effective,
    samples: 0,
    over: std::time::Duration::ZERO,
  }
}
