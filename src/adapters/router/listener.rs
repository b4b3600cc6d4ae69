//! One request through a proxy's own listener on a connection of its own, and which slot that
//! proves. Every way is honest about its limits: two slots with the same value prove nothing.

use std::sync::Arc;

use serde_json::Value;

use crate::{
  adapters::probe::{
    Answer,
    http::{Http, NoAnswer},
    json,
    request::Request,
  },
  config::{ProofBy, Site},
  engine::ports::{PortError, PortErrorKind},
  model::{BySlot, Slot, router::Sample, shown::Shown},
};

/// One request may take this long; a switch has many of them.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(2);

/// Where users' requests arrive.
pub(super) struct Listener {
  site: Arc<Site>,
  http: Http,
}

pub(super) fn lost(detail: &str) -> Sample {
  Sample::Lost {
    detail: Shown::line(detail),
  }
}

pub(super) fn unclear(detail: &str) -> Sample {
  Sample::Unclear {
    detail: Shown::line(detail),
  }
}

impl Listener {
  pub(super) fn new(site: Arc<Site>) -> Self {
    Self {
      site,
      http: Http::default(),
    }
  }

  /// By the ways that need nothing but the answer.
  pub(super) async fn sample(&self) -> Result<Sample, PortError> {
    let by = &self.site.proof.by;
    let Some(url) = self.site.proof.url.as_deref() else {
      return Err(self.wrong("there is no address to ask: set url under [proof]"));
    };
    Ok(match self.answer(url).await? {
      Ok(answer) if answer.status >= 500 => match judge(by, &answer) {
        Sample::Answered { slot, .. } => Sample::Failing {
          slot,
          detail: self.told(&answer),
        },
        _ => Sample::Lost {
          detail: self.told(&answer),
        },
      },
      Ok(answer) => judge(by, &answer),
      Err(lost) => lost,
    })
  }

  fn wrong(&self, detail: impl Into<String>) -> PortError {
    PortError::new(
      PortErrorKind::Misconfigured,
      format!("asking through the proxy ({})", self.proof_words()),
      detail,
    )
  }

  /// A whole answer below 500, or the sample that says it was lost.
  pub(super) async fn ask(&self, url: &str) -> Result<Result<Answer, Sample>, PortError> {
    Ok(self.answer(url).await?.and_then(|answer| {
      if answer.status < 500 {
        return Ok(answer);
      }
      Err(Sample::Lost {
        detail: self.told(&answer),
      })
    }))
  }

  fn told(&self, answer: &Answer) -> Shown {
    let excerpt = self.site.secrets.mask(&answer.excerpt());
    Shown::line(&format!("status {}: {excerpt}", answer.status))
  }

  /// A whole answer of any status, or the sample that says it was lost.
  async fn answer(&self, url: &str) -> Result<Result<Answer, Sample>, PortError> {
    let url = url
      .parse()
      .map_err(|error| self.wrong(format!("the URL cannot be read: {error}")))?;
    let mut request = Request::get(url);
    request
      .headers
      .push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    match self.http.send(&request, None, WITHIN).await {
      Ok(answer) => Ok(Ok(answer)),
      Err(NoAnswer::Lost(why)) => Ok(Err(lost(&why))),
      Err(NoAnswer::Unsendable(why)) => Err(self.wrong(why)),
    }
  }

  pub(super) fn proof_words(&self) -> String {
    let url = self.site.proof.url.as_deref().unwrap_or("the proxy");
    let url = self.site.secrets.mask(url);
    match &self.site.proof.by {
      ProofBy::Marker => format!("the switch file's own marker through {url}"),
      ProofBy::Field { path, .. } => format!("JSON field {path} through {url}"),
      ProofBy::Header { name, .. } => format!("{name} through {url}"),
      ProofBy::Body { .. } => format!("the answer's text through {url}"),
      ProofBy::Log => format!("a request through {url} seen in the slot's log"),
      ProofBy::Effective => {
        "the switch file as the proxy reads it, loaded by workers younger than it (the weakest proof: no answer names the slot)".to_owned()
      }
    }
  }
}

/// Which slot an answer names, by the ways that need nothing but the answer.
fn judge(by: &ProofBy, answer: &Answer) -> Sample {
  let about = |what: &str| {
    unclear(&format!(
      "{what} (status {}): {}",
      answer.status,
      answer.excerpt()
    ))
  };
  match by {
    ProofBy::Marker => match marker(&answer.text()) {
      Some((slot, generation)) => Sample::Answered {
        slot,
        generation: Some(generation),
      },
      None => about("no marker in the answer"),
    },
    ProofBy::Field { path, value } => {
      let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
      match json.as_ref().and_then(|json| json::find(json, path)) {
        None => about(&format!("no field {path} in the answer")),
        Some(got) => equal(value, &json::plain(got), &format!("field {path}")),
      }
    }
    ProofBy::Header { name, value } => match answer.header(name) {
      None => about(&format!("no header {name} in the answer")),
      Some(got) => equal(value, got.trim(), &format!("header {name}")),
    },
    ProofBy::Body { text } => {
      let body = answer.text();
      let holds = Slot::BOTH.map(|slot| body.contains(text[slot].as_str()));
      match holds {
        [true, false] => answered(Slot::Blue),
        [false, true] => answered(Slot::Green),
        [true, true] => unclear("the answer's text names both slots"),
        [false, false] => about("the answer's text names neither slot"),
      }
    }
    ProofBy::Log | ProofBy::Effective => unclear("an answer alone does not prove it"),
  }
}

pub(super) fn answered(slot: Slot) -> Sample {
  Sample::Answered {
    slot,
    generation: None,
  }
}

fn equal(value: &BySlot<String>, got: &str, what: &str) -> Sample {
  if value.blue == value.green {
    return unclear(&format!(
      "{what} is '{}' for both slots, which proves neither",
      value.blue
    ));
  }
  match Slot::BOTH.into_iter().find(|slot| value[*slot] == got) {
    Some(slot) => answered(slot),
    None => unclear(&format!(
      "{what} is '{got}', expected '{}' or '{}'",
      value.blue, value.green
    )),
  }
}

/// `green 7 …`.
fn marker(body: &str) -> Option<(Slot, u64)> {
  let mut words = body.split_whitespace();
  Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  fn answer(body: &str) -> Answer {
    Answer {
      status: 200,
      headers: vec![("X-Slot".to_owned(), "green".to_owned())],
      body: body.as_bytes().to_vec(),
      cut: false,
    }
  }

  fn pair(blue: &str, green: &str) -> BySlot<String> {
    BySlot {
      blue: blue.to_owned(),
      green: green.to_owned(),
    }
  }

  #[test]
  fn a_marker_names_slot_and_generation() {
    assert_eq!(
      judge(&ProofBy::Marker, &answer("green 7 128\n")),
      Sample::Answered {
        slot: Slot::Green,
        generation: Some(7)
      }
    );
    for body in ["", "green", "green x", "7 green", "<html>green 7"] {
      assert!(
        matches!(
          judge(&ProofBy::Marker, &answer(body)),
          Sample::Unclear { .. }
        ),
        "{body}"
      );
    }
  }

  #[test]
  fn a_field_must_equal_one_slots_value() {
    let by = |value| ProofBy::Field {
      path: "a.env".to_owned(),
      value,
    };
    let body = answer(r#"{"a":{"env":"green"}}"#);
    assert_eq!(
      judge(&by(pair("blue", "green")), &body),
      answered(Slot::Green)
    );
    assert!(matches!(
      judge(&by(pair("green", "green")), &body),
      Sample::Unclear { .. }
    ));
    assert!(matches!(
      judge(&by(pair("b", "g")), &body),
      Sample::Unclear { .. }
    ));
    assert!(matches!(
      judge(&by(pair("b", "g")), &answer("no json")),
      Sample::Unclear { .. }
    ));
  }

  #[test]
  fn a_header_or_a_text_names_a_slot_only_when_it_names_one() {
    let header = ProofBy::Header {
      name: "x-slot".to_owned(),
      value: pair("blue", "green"),
    };
    assert_eq!(judge(&header, &answer("")), answered(Slot::Green));
    let body = ProofBy::Body {
      text: pair("I am blue", "I am green"),
    };
    assert_eq!(
      judge(&body, &answer("<p>I am blue</p>")),
      answered(Slot::Blue)
    );
    assert!(matches!(
      judge(&body, &answer("I am blue, I am green")),
      Sample::Unclear { .. }
    ));
    assert!(matches!(judge(&body, &answer("")), Sample::Unclear { .. }));
  }

  proptest! {
    #[test]
    fn any_answer_is_judged_without_failing(body: Vec<u8>) {
      let answer = Answer { status: 200, body, ..Answer::default() };
      for by in [
        ProofBy::Marker,
        ProofBy::Body { text: pair("a", "b") },
        ProofBy::Field { path: "a.b".to_owned(), value: pair("a", "b") },
      ] {
        let _ = judge(&by, &answer);
      }
    }
  }
}
