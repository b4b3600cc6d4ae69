//! A JSON log line as people read it: the message first, then `key=value` in the order written.
//! Level and time have columns of their own and are left out.

use std::fmt;

use serde::{
  Deserializer as _,
  de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::LogText;
use crate::model::shown::Shown;

const MESSAGE: [&str; 3] = ["msg", "message", "event"];
const ELSEWHERE: [&str; 13] = [
  "level",
  "severity",
  "lvl",
  "levelname",
  "loglevel",
  "log.level",
  "time",
  "ts",
  "timestamp",
  "@timestamp",
  "asctime",
  "@t",
  "eventTime",
];

/// `None` when the line is no JSON object.
pub(super) fn read(raw: &str) -> Option<LogText> {
  if !raw.starts_with('{') {
    return None;
  }
  let mut json = serde_json::Deserializer::from_str(raw);
  let members = json.deserialize_map(InOrder).ok()?;
  json.end().ok()?;
  let message = members
    .iter()
    .position(|(key, value)| MESSAGE.contains(&key.as_str()) && value.is_string());
  let mut text = String::with_capacity(raw.len());
  let mut names = Vec::new();
  if let Some(Value::String(words)) = message
    .and_then(|at| members.get(at))
    .map(|(_, words)| words)
  {
    text.push_str(Shown::line(words).as_str());
  }
  for (at, (key, value)) in members.iter().enumerate() {
    if Some(at) == message || ELSEWHERE.contains(&key.as_str()) {
      continue;
    }
    if !text.is_empty() {
      text.push_str("  ");
    }
    let start = text.len();
    text.push_str(Shown::line(key).as_str());
    names.push(start..text.len());
    text.push('=');
    text.push_str(Shown::line(&words(value)).as_str());
  }
  // The parts are clean already; this bounds the whole.
  let text = Shown::line(&text);
  names.retain(|name| name.end < text.as_str().len() && text.as_str().is_char_boundary(name.end));
  Some(LogText { text, names })
}

fn words(value: &Value) -> String {
  match value {
    Value::String(text) if text.is_empty() || text.contains([' ', '=', '"']) => {
      format!("\"{text}\"")
    }
    Value::String(text) => text.clone(),
    other => other.to_string(),
  }
}

/// The members of an object in the order they were written, which a map would lose.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
  type Value = Vec<(String, Value)>;

  fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("an object")
  }

  fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
    let mut members = Vec::new();
    while let Some(member) = map.next_entry()? {
      members.push(member);
    }
    Ok(members)
  }
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::super::read;

  #[test]
  fn an_object_reads_as_its_message_and_its_fields_in_order() {
    for (raw, text) in [
      (
        r#"{"time":"2026","level":"info","status":200,"msg":"GET /","path":"/a b","ok":true}"#,
        r#"GET /  status=200  path="/a b"  ok=true"#,
      ),
      (r#"{"z":1,"a":{"b":[1,2]}}"#, r#"z=1  a={"b":[1,2]}"#),
      (r#"{"message":"x\u001b[31m\ny"}"#, "x y"),
      (r#"{"msg":5,"event":"start"}"#, "start  msg=5"),
      (r#"{"level":"info"}"#, ""),
      (r#"{"cut":"#, r#"{"cut":"#),
      (r#"{"a":1} tail"#, r#"{"a":1} tail"#),
      ("plain", "plain"),
    ] {
      let read = read(raw);
      assert_eq!(read.text.as_str(), text, "{raw}");
      for name in &read.names {
        assert_eq!(&read.text.as_str()[name.end..=name.end], "=", "{raw}");
      }
    }
  }

  proptest! {
    #[test]
    fn hostile_fields_come_out_clean_and_the_key_ranges_hold(key in "(.|\n|\u{1b}|\u{202e}){0,20}", value in "(.|\n|\u{1b}|\u{301}){0,40}") {
      let raw = serde_json::json!({ (key): value, "msg": value }).to_string();
      let read = read(&raw);
      prop_assert!(!read.text.as_str().chars().any(char::is_control));
      for name in read.names {
        prop_assert!(read.text.as_str().get(name).is_some());
      }
    }
  }
}
