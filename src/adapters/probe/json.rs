//! Finding one value in an answer: `data.items.0.id`, or a JSON pointer `/data/items/0/id`.

use serde_json::Value;

pub(crate) fn find<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
  if path.is_empty() || path.starts_with('/') {
    return json.pointer(path);
  }
  path.split('.').try_fold(json, |value, part| match value {
    Value::Object(fields) => fields.get(part),
    Value::Array(items) => items.get(part.parse::<usize>().ok()?),
    _ => None,
  })
}

/// A text as it is, anything else as JSON.
pub(crate) fn plain(value: &Value) -> String {
  match value {
    Value::String(text) => text.clone(),
    other => other.to_string(),
  }
}

#[cfg(test)]
mod tests {
  use serde_json::json;

  use super::*;

  #[test]
  fn a_value_is_found_by_dots_or_by_pointer() {
    let json = json!({"a": {"b": [{"c": 1}]}, "x.y": "z", "": "empty"});
    assert_eq!(find(&json, "a.b.0.c"), Some(&json!(1)));
    assert_eq!(find(&json, "/a/b/0/c"), Some(&json!(1)));
    assert_eq!(find(&json, "/x.y"), Some(&json!("z")));
    assert_eq!(find(&json, "a.b.9.c"), None);
    assert_eq!(find(&json, "a.b.c"), None);
    assert_eq!(find(&json, "a.b.0.c.d"), None);
  }

  #[test]
  fn a_plain_value_has_no_quotes() {
    assert_eq!(plain(&json!("v")), "v");
    assert_eq!(plain(&json!(2.5)), "2.5");
    assert_eq!(plain(&json!(null)), "null");
  }
}
