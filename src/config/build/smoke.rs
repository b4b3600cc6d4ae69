//! `[[smoke]]` and what answers must look like.
//!
//! `json` of a smoke test is the request's body; what the answer must say stands in `expect`, or
//! flat beside it as `status`, `header`, `contains`, `within`. A check has no request body, so
//! there `json` is an expectation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{View, database::no_such_service, health::is_address};
use crate::{
  config::{
    Expect, SmokeBody, SmokeRequest, SmokeTest,
    env_file::is_name,
    tree::{Node, Value},
  },
  model::BySlot,
};

const FOR_REQUESTS: [&str; 12] = [
  "through", "service", "method", "headers", "body", "json", "expect", "status", "header",
  "contains", "capture", "url",
];

pub(super) fn tests(top: &View<'_>, services: &[String]) -> Vec<SmokeTest> {
  let mut captured = BTreeSet::new();
  let mut names = BTreeSet::new();
  let views = top.tables("smoke");
  let mut tests = Vec::new();
  for view in &views {
    let given = view.text("name");
    let body = body(view, services, &mut captured);
    let Some(body) = body else { continue };
    let name = given.unwrap_or_else(|| {
      let name = default_name(&body);
      view.note("name", &name);
      name
    });
    if !names.insert(name.clone()) {
      view.fault(
        "name",
        format!("two smoke tests are called '{name}'"),
        Some("give each its own name"),
      );
    }
    tests.push(SmokeTest { name, body });
  }
  tests
}

fn default_name(body: &SmokeBody) -> String {
  match body {
    SmokeBody::Request(request) => format!("{} {}", request.method, request.url.blue),
    SmokeBody::Command { command, .. } => command.blue.first().cloned().unwrap_or_default(),
  }
}

fn body(
  view: &View<'_>,
  services: &[String],
  captured: &mut BTreeSet<String>,
) -> Option<SmokeBody> {
  match (view.has("url"), view.has("command")) {
    (_, true) => {
      for key in FOR_REQUESTS.into_iter().filter(|key| view.has(key)) {
        view.fault(
          key,
          format!("'{key}' is for a request, and this is a command"),
          Some("take one of them out"),
        );
      }
      let command = view.slotted_command("command")?;
      Some(SmokeBody::Command {
        command,
        within: view.duration_or("within", "1m"),
      })
    }
    (true, false) => {
      request(view, services, captured).map(|made| SmokeBody::Request(Box::new(made)))
    }
    (false, false) => {
      view.fault(
        "",
        "this test has neither a url nor a command",
        Some("write url = \"/health\", or command = [\"./smoke\", \"{url}\"]"),
      );
      None
    }
  }
}

fn request(
  view: &View<'_>,
  services: &[String],
  captured: &mut BTreeSet<String>,
) -> Option<SmokeRequest> {
  let service = view.text("service");
  match &service {
    Some(name) if !services.contains(name) => no_such_service(view, "service", name, services),
    Some(_) => {}
    None => view.note("service", services.first().map_or("", String::as_str)),
  }
  let through_router = view.choice("through") == "router";
  let method = view.choice("method");
  let url = view.slotted("url");
  if let Some((_, url)) = url
    .iter()
    .flat_map(BySlot::iter)
    .find(|(_, url)| !is_request_url(url))
  {
    view.fault(
      "url",
      format!("'{url}' is neither a path nor an address"),
      Some("begin it with /, http:// or https://"),
    );
  }
  let mut headers = view.texts("headers").blue;
  for (name, value) in &headers {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) || value.contains(char::is_control) {
      view.fault(
        "headers",
        format!("'{name}' is not a header that can be sent"),
        Some("use a plain name, and a value of one line"),
      );
    }
  }
  let body = request_body(view, &method, &mut headers);
  uses(view, captured);
  let expect = expect(view);
  let capture = view.texts("capture").blue;
  for name in capture.keys() {
    if !is_name(name) {
      view.fault(
        "capture",
        format!("'{name}' is not a name"),
        Some("use letters, digits and '_'"),
      );
    }
    captured.insert(name.clone());
  }
  Some(SmokeRequest {
    through_router,
    service: service
      .or_else(|| services.first().cloned())
      .unwrap_or_default(),
    method,
    url: url?,
    headers,
    body,
    expect,
    capture,
  })
}

fn is_request_url(url: &str) -> bool {
  let spaced = url.contains(|c: char| c.is_whitespace() || c.is_control());
  (url.starts_with('/') && !spaced) || url.starts_with("${capture.") || is_address(url)
}

fn request_body(
  view: &View<'_>,
  method: &str,
  headers: &mut BTreeMap<String, String>,
) -> Option<String> {
  let takes_body = matches!(method, "POST" | "PUT" | "PATCH");
  for key in ["body", "json"] {
    if view.has(key) && !takes_body {
      let hint =
        "write method = \"POST\" to send it, or expect = { json = … } to ask it of the answer";
      view.fault(key, format!("a {method} request has no body"), Some(hint));
    }
  }
  if view.has("body") && view.has("json") {
    view.fault(
      "json",
      "only one of 'body' and 'json' can be",
      Some("take one of them out"),
    );
  }
  let json = view.json("json").map(|json| json.blue.to_string());
  if json.is_some()
    && !headers
      .keys()
      .any(|name| name.eq_ignore_ascii_case("content-type"))
  {
    headers.insert("Content-Type".into(), "application/json".into());
  }
  json.or_else(|| view.text("body"))
}

/// Values must be captured before they are used.
fn uses(view: &View<'_>, captured: &BTreeSet<String>) {
  for key in ["url", "headers", "body", "json"] {
    let mut names = BTreeSet::new();
    if let Some(node) = view.node(key) {
      collect(node, &mut names);
    }
    for name in names.difference(captured) {
      let hint = format!("write capture = {{ {name} = \"PATH\" }} in an earlier smoke test");
      view.fault(
        key,
        format!("'${{capture.{name}}}' is used before it is captured"),
        Some(&hint),
      );
    }
  }
}

fn collect(node: &Node, names: &mut BTreeSet<String>) {
  match &node.value {
    Value::Text(text) => names.extend(text.captures().map(str::to_owned)),
    Value::List(items) => items.iter().for_each(|item| collect(item, names)),
    Value::Table(table) => table.0.iter().for_each(|entry| collect(&entry.node, names)),
    Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Strange => {}
  }
}

/// What a smoke test expects: `expect`, or the same keys flat; not both.
fn expect(view: &View<'_>) -> Expect {
  let inner = view.table("expect");
  let flat = ["status", "header", "contains", "within"];
  for key in flat {
    if inner.has(key) && view.has(key) {
      view.fault(
        key,
        format!("'{key}' is in 'expect' too"),
        Some("take one of them out"),
      );
    }
  }
  let all = ["status", "header", "json", "contains", "within"];
  let (within, beside) = (
    expect_both(&inner, &all).blue,
    expect_both(view, &flat).blue,
  );
  Expect {
    status: within.status.or(beside.status),
    headers: within.headers.into_iter().chain(beside.headers).collect(),
    json: within.json,
    contains: within.contains.or(beside.contains),
    within: within.within.or(beside.within),
  }
}

/// What is expected of each slot's answer, by those of the keys which are named here.
pub(super) fn expect_both(view: &View<'_>, keys: &[&str]) -> BySlot<Expect> {
  let asked = |key: &str| keys.contains(&key) && view.has(key);
  let status = asked("status").then(|| view.small("status"));
  let headers = if asked("header") {
    view.texts("header")
  } else {
    BySlot::default()
  };
  let json = if asked("json") {
    expected_json(view)
  } else {
    BySlot::default()
  };
  let contains = if asked("contains") {
    view.slotted("contains")
  } else {
    None
  };
  let within = if asked("within") {
    view.optional_duration("within")
  } else {
    None
  };
  BySlot::from_fn(|slot| Expect {
    status,
    headers: headers[slot].clone(),
    json: json[slot].clone(),
    contains: contains.as_ref().map(|text| text[slot].clone()),
    within,
  })
}

/// `{ status = "ok", db.pool = 3 }`: inner tables become dotted paths, everything else is a value.
fn expected_json(view: &View<'_>) -> BySlot<BTreeMap<String, Json>> {
  let made = view.json("json").unwrap_or_default();
  if !made.blue.is_object() && view.has("json") {
    view.fault(
      "json",
      "this must be a table of paths and values",
      Some("write json = { status = \"ok\" }"),
    );
  }
  BySlot::from_fn(|slot| {
    let mut paths = BTreeMap::new();
    flatten("", &made[slot], &mut paths);
    paths
  })
}

fn flatten(path: &str, value: &Json, paths: &mut BTreeMap<String, Json>) {
  match value {
    Json::Object(fields) if path.is_empty() || !fields.is_empty() => {
      for (name, value) in fields {
        flatten(&crate::config::tree::join(path, name), value, paths);
      }
    }
    _ if path.is_empty() => {}
    _ => {
      paths.insert(path.to_owned(), value.clone());
    }
  }
}
