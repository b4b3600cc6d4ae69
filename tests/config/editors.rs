//! The schema an editor reads, against the files it will be used on.

use cutover::config::{
  self, DEFAULT, PROFILES,
  schema::{Groups, Kind, TOP},
};
use regex::Regex;
use serde_json::Value;

use crate::{faults_of, uncommented};

fn schema() -> Value {
  serde_json::from_str(&config::json_schema()).expect("JSON")
}

/// The few words of JSON Schema that ours uses; any other is a fault of this test.
fn accepts(schema: &Value, value: &Value) -> bool {
  let words = schema.as_object().expect("a schema");
  words.iter().all(|(word, says)| match word.as_str() {
    "$schema" | "title" | "description" => true,
    "type" => match says.as_str().expect("a type") {
      "object" => value.is_object(),
      "array" => value.is_array(),
      "string" => value.is_string(),
      "integer" => value.is_i64(),
      "boolean" => value.is_boolean(),
      other => panic!("type {other}"),
    },
    "enum" => says.as_array().expect("words").contains(value),
    "anyOf" => says
      .as_array()
      .expect("schemas")
      .iter()
      .any(|schema| accepts(schema, value)),
    "pattern" => {
      let pattern = Regex::new(says.as_str().expect("a pattern")).expect("a pattern");
      value.as_str().is_none_or(|text| pattern.is_match(text))
    }
    "minimum" => value
      .as_i64()
      .is_none_or(|number| number >= says.as_i64().expect("a number")),
    "maximum" => value
      .as_i64()
      .is_none_or(|number| number <= says.as_i64().expect("a number")),
    "items" => value
      .as_array()
      .is_none_or(|items| items.iter().all(|item| accepts(says, item))),
    "properties" | "additionalProperties" => value.as_object().is_none_or(|table| {
      table
        .iter()
        .all(|(key, value)| property(schema, key, value))
    }),
    other => panic!("the schema says {other}"),
  })
}

fn property(schema: &Value, key: &str, value: &Value) -> bool {
  if let Some(known) = schema.get("properties").and_then(|known| known.get(key)) {
    return accepts(known, value);
  }
  match &schema["additionalProperties"] {
    Value::Bool(may) => *may,
    schema => accepts(schema, value),
  }
}

fn as_json(text: &str) -> Value {
  let table: toml::Table = text.parse().expect("TOML");
  serde_json::to_value(table).expect("JSON")
}

#[test]
fn an_editor_accepts_every_file_that_ships() {
  let schema = schema();
  let everything = uncommented();
  for (name, text) in PROFILES
    .into_iter()
    .chain([("the default", DEFAULT), ("every key", everything.as_str())])
  {
    assert!(accepts(&schema, &as_json(text)), "{name}");
  }
}

#[test]
fn an_editor_marks_what_the_program_refuses() {
  let schema = schema();
  for wrong in [
    "nmae = \"shop\"",
    "name = 1",
    "production = \"yes\"",
    "[slots.blue]\nport = 70000",
    "[retire]\ndrain = \"15\"",
    "[watch]\nerror_rate = \"5\"",
    "[proof]\nsamples = 0",
    "[router]\nkind = \"squid\"",
    "[services.api]\nchekc = {}",
    "[[smoke]]\nstatus = 20",
    "[runtime]\nfiles = \"compose.yml\"",
    "[ui]\nmouse = true",
    "[shift]",
  ] {
    assert!(!accepts(&schema, &as_json(wrong)), "{wrong}");
    assert!(!faults_of(wrong).is_empty(), "{wrong}");
  }
}

#[test]
fn an_editor_leaves_alone_what_comes_out_of_a_variable() {
  let schema = schema();
  for text in [
    "production = \"${PRODUCTION:-false}\"",
    "[slots.blue]\nport = \"${BLUE_PORT:-8081}\"",
    "[retire]\ndrain = \"${DRAIN}\"",
    "[proof]\nsamples = \"${SAMPLES}\"",
    "[router]\nkind = \"${PROXY}\"",
  ] {
    assert!(accepts(&schema, &as_json(text)), "{text}");
  }
}

#[test]
fn every_key_is_explained_to_an_editor_in_the_words_of_the_reference_page() {
  explained(TOP, &schema());
}

fn explained(groups: Groups, schema: &Value) {
  for key in groups.iter().flat_map(|group| group.iter()) {
    let known = &schema["properties"][key.name];
    match key.kind {
      Kind::Later | Kind::Personal => assert!(known.is_null(), "{}", key.name),
      _ => {
        let says = known["description"].as_str().unwrap_or_default();
        assert!(says.starts_with(key.help), "{}: {says}", key.name);
      }
    }
    match key.kind {
      Kind::Table(inner) => explained(inner, known),
      Kind::Tables(inner) => explained(inner, &known["items"]),
      Kind::Each(inner) => explained(inner, &known["additionalProperties"]),
      _ => {}
    }
  }
}
