//! The schema of `cutover.toml` for editors, made of the same table of keys as the reference page.
//!
//! It may accept what `config check` refuses (what depends on another key, or on the disk), and never
//! the reverse.

use serde_json::{Map, Value, json};

use super::schema::{Groups, Key, Kind, TOP};

/// JSON Schema, draft 7: what the editors' TOML plugins read.
pub fn json_schema() -> String {
  let mut schema = table(TOP);
  schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
  schema["title"] = json!("cutover.toml");
  schema["description"] =
    json!("One pair of blue/green environments. `cutover config check` says the rest.");
  format!("{schema:#}\n")
}

fn table(groups: Groups) -> Value {
  let rows = groups.iter().flat_map(|group| group.iter());
  let properties: Map<String, Value> = rows
    .filter(|row| !matches!(row.kind, Kind::Later | Kind::Personal))
    .map(|row| (row.name.to_owned(), key(row)))
    .collect();
  json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn key(row: &Key) -> Value {
  let mut schema = kind(&row.kind);
  let default = if row.default.is_empty() {
    String::new()
  } else {
    format!(" Default: {}.", row.default)
  };
  schema["description"] = json!(format!("{}{default}", row.help));
  schema
}

fn kind(kind: &Kind) -> Value {
  match kind {
    Kind::Text(_) => text(),
    Kind::List(_) => texts(),
    Kind::Texts(_) => json!({ "type": "object", "additionalProperties": text() }),
    Kind::Lists => {
      json!({ "type": "object", "additionalProperties": { "anyOf": [text(), texts()] } })
    }
    Kind::Json(_) => json!({}),
    Kind::Integer { least, most } => or_variable(&integer(*least, *most)),
    Kind::WordOrInteger { word, least, most } => {
      or_variable(&json!({ "anyOf": [{ "enum": [word] }, integer(*least, *most)] }))
    }
    Kind::Bool => or_variable(&json!({ "type": "boolean" })),
    Kind::Duration { .. } => {
      or_variable(&json!({ "type": "string", "pattern": "^\\s*([0-9]+\\s*[A-Za-z]+\\s*)+$" }))
    }
    Kind::Share => {
      or_variable(&json!({ "type": "string", "pattern": "^\\s*[0-9]+(\\.[0-9]{1,2})?\\s*%\\s*$" }))
    }
    Kind::Port => or_variable(&json!({ "anyOf": [
      integer(1, 65_535),
      { "type": "string", "pattern": "^\\s*[0-9]+\\s*$" },
    ] })),
    Kind::Choice { built, .. } => or_variable(&json!({ "enum": built })),
    Kind::Table(groups) => table(groups),
    Kind::Tables(groups) => json!({ "type": "array", "items": table(groups) }),
    Kind::Each(groups) => json!({ "type": "object", "additionalProperties": table(groups) }),
    Kind::Later | Kind::Personal => json!(false),
  }
}

fn text() -> Value {
  json!({ "type": "string" })
}

fn texts() -> Value {
  json!({ "type": "array", "items": text() })
}

fn integer(least: i64, most: i64) -> Value {
  json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// What a variable of the environment holds is not known to an editor.
fn or_variable(schema: &Value) -> Value {
  json!({ "anyOf": [schema, { "type": "string", "pattern": "\\$\\{" }] })
}
