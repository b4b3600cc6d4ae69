//! Judges an answer against what the site expects. The first thing that is wrong is the reason.

use serde_json::Value;

use super::{Answer, json};
use crate::config::Expect;

pub(super) fn judge(expect: &Expect, answer: &Answer) -> Result<(), String> {
  let wanted = expect.status.unwrap_or(200);
  if answer.status != wanted {
    let where_to = match answer.header("location") {
      Some(location) if (300..400).contains(&answer.status) => {
        format!(" to {location} (redirects are not followed)")
      }
      _ => String::new(),
    };
    return Err(after(
      &format!("expected status {wanted}, got {}{where_to}", answer.status),
      answer,
    ));
  }
  for (name, text) in &expect.headers {
    match answer.header(name) {
      None => {
        return Err(format!(
          "expected header {name} to contain '{text}', but there is none"
        ));
      }
      Some(value) if !value.contains(text.as_str()) => {
        return Err(format!(
          "expected header {name} to contain '{text}', got '{value}'"
        ));
      }
      Some(_) => {}
    }
  }
  if !expect.json.is_empty() {
    let json = parsed(answer)?;
    for (path, wanted) in &expect.json {
      match json::find(&json, path) {
        None => {
          return Err(after(
            &format!("expected {path} = {wanted}, but the answer has no {path}"),
            answer,
          ));
        }
        Some(got) if got != wanted => {
          return Err(after(
            &format!("expected {path} = {wanted}, got {got}"),
            answer,
          ));
        }
        Some(_) => {}
      }
    }
  }
  match &expect.contains {
    Some(text) if !answer.text().contains(text.as_str()) => {
      let cut = if answer.cut {
        " in its first 64 KiB"
      } else {
        ""
      };
      Err(after(
        &format!("the answer does not contain '{text}'{cut}"),
        answer,
      ))
    }
    _ => Ok(()),
  }
}

pub(super) fn parsed(answer: &Answer) -> Result<Value, String> {
  serde_json::from_slice(&answer.body).map_err(|_| {
    if answer.cut {
      "the answer is larger than 64 KiB, too large to be read as JSON".to_owned()
    } else {
      after("the answer is not JSON", answer)
    }
  })
}

fn after(words: &str, answer: &Answer) -> String {
  match answer.excerpt() {
    excerpt if excerpt.is_empty() => words.to_owned(),
    excerpt => format!("{words}: {excerpt}"),
  }
}

#[cfg(test)]
mod tests {
  use serde_json::json;

  use super::*;

  fn answer(status: u16, body: &str) -> Answer {
    Answer {
      status,
      headers: vec![("X-Slot".to_owned(), "slot=green".to_owned())],
      body: body.as_bytes().to_vec(),
      cut: false,
    }
  }

  #[test]
  fn two_hundred_is_expected_unless_said_otherwise() {
    assert_eq!(judge(&Expect::default(), &answer(200, "")), Ok(()));
    assert_eq!(
      judge(
        &Expect::default(),
        &answer(503, "{\"status\":\"starting\"}")
      ),
      Err("expected status 200, got 503: {\"status\":\"starting\"}".to_owned())
    );
    let expect = Expect {
      status: Some(401),
      ..Expect::default()
    };
    assert_eq!(judge(&expect, &answer(401, "")), Ok(()));
  }

  #[test]
  fn headers_json_and_text_must_all_hold() {
    let expect = Expect {
      headers: [("x-slot".to_owned(), "green".to_owned())].into(),
      json: [("db.connected".to_owned(), json!(true))].into(),
      contains: Some("connected".to_owned()),
      ..Expect::default()
    };
    assert_eq!(
      judge(&expect, &answer(200, r#"{"db":{"connected":true}}"#)),
      Ok(())
    );
    let why = judge(&expect, &answer(200, r#"{"db":{"connected":"true"}}"#)).unwrap_err();
    assert!(
      why.starts_with("expected db.connected = true, got \"true\""),
      "{why}"
    );
    let why = judge(&expect, &answer(200, "{}")).unwrap_err();
    assert!(why.contains("has no db.connected"), "{why}");
    let why = judge(&expect, &answer(200, "<html>")).unwrap_err();
    assert!(why.starts_with("the answer is not JSON"), "{why}");
  }

  #[test]
  fn a_redirect_says_where_to_and_that_it_is_not_followed() {
    let mut moved = answer(302, "");
    moved.headers = vec![("Location".to_owned(), "http://elsewhere/".to_owned())];
    let why = judge(&Expect::default(), &moved).unwrap_err();
    assert_eq!(
      why,
      "expected status 200, got 302 to http://elsewhere/ (redirects are not followed)"
    );
  }
}
