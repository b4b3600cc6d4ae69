//! One smoke test: fill in what earlier ones captured, send, judge, capture.

use std::collections::BTreeMap;

use super::{
  HttpProbe, WITHIN, expect, json, masks::Masks, report, request::Request, transcript, way,
};
use crate::{
  config::{SmokeBody, SmokeRequest, SmokeTest, Via},
  engine::ports::{PortError, PortErrorKind},
  model::{Slot, check::CheckReport, container::Container},
};

impl HttpProbe {
  pub(super) async fn smoke_once(
    &self,
    slot: Slot,
    containers: &[Container],
    test: &SmokeTest,
    captured: &BTreeMap<String, String>,
  ) -> Result<CheckReport, PortError> {
    match &test.body {
      SmokeBody::Command { command, within } => {
        self.run_command(slot, None, &command[slot], *within).await
      }
      SmokeBody::Request(smoke) => {
        let doing = format!("smoke test '{}'", test.name);
        self
          .smoke_request(slot, containers, smoke, captured, &doing)
          .await
      }
    }
  }

  async fn smoke_request(
    &self,
    slot: Slot,
    containers: &[Container],
    smoke: &SmokeRequest,
    captured: &BTreeMap<String, String>,
    doing: &str,
  ) -> Result<CheckReport, PortError> {
    let started = tokio::time::Instant::now();
    let filled = match Filled::of(slot, smoke, captured) {
      Ok(filled) => filled,
      Err(why) => return Ok(report(false, &why, started)),
    };
    let (via, url) = self.smoke_target(slot, smoke, &filled.url, doing)?;
    let request = Request {
      method: smoke.method.clone(),
      url,
      headers: filled.headers,
      body: filled.body,
    };
    let container = containers
      .iter()
      .find(|container| container.service == smoke.service);
    let within = smoke.expect.within.unwrap_or(WITHIN);
    let answer = self.send(via, container, &request, within).await?;
    Ok(self.verdict(smoke, &request, &answer, captured, started))
  }

  fn verdict(
    &self,
    smoke: &SmokeRequest,
    request: &Request,
    answer: &Result<super::Answer, String>,
    captured: &BTreeMap<String, String>,
    started: tokio::time::Instant,
  ) -> CheckReport {
    let (taken, missing) = match answer {
      Ok(answer) => take(answer, &smoke.capture),
      Err(_) => Default::default(),
    };
    let mut known = captured.clone();
    known.extend(taken.clone());
    let masks = Masks::of(&self.site).with_captured(&known);
    let judged = answer
      .as_ref()
      .map_err(Clone::clone)
      .and_then(|answer| expect::judge(&smoke.expect, answer).map(|()| answer.status))
      .and_then(|status| missing.map_or(Ok(status), Err));
    let (passed, words) = match judged {
      Ok(status) => (
        true,
        format!("{status} in {} ms", started.elapsed().as_millis()),
      ),
      Err(why) => (false, why),
    };
    let mut report = report(passed, &masks.mask(&words), started);
    report.exchange = Some(transcript::exchange(request, answer, &masks));
    report.captured = taken;
    report
  }

  /// A whole URL goes where it says; a path goes where the service's own check goes.
  fn smoke_target(
    &self,
    slot: Slot,
    smoke: &SmokeRequest,
    url: &str,
    doing: &str,
  ) -> Result<(Via, reqwest::Url), PortError> {
    let whole = url.contains("://");
    if smoke.through_router {
      let base = self.through_proxy(doing)?;
      let url = if whole {
        way::parsed(url, doing)?
      } else {
        way::joined(&base, url, doing)?
      };
      return Ok((Via::Router, url));
    }
    let check = self
      .site
      .service(&smoke.service)
      .and_then(|service| service.check[slot].as_ref());
    let via = match check.map(|check| check.via) {
      Some(Via::Exec) => Via::Exec,
      Some(Via::Network) => Via::Network,
      Some(Via::Router | Via::Host | Via::Docker | Via::Command) | None => Via::Host,
    };
    if whole {
      return Ok((via, way::parsed(url, doing)?));
    }
    let base = check
      .filter(|check| matches!(check.via, Via::Exec | Via::Network | Via::Host))
      .and_then(|check| check.url.as_deref())
      .ok_or_else(|| {
        PortError::new(
          PortErrorKind::Misconfigured,
          doing,
          format!(
            "the check of service {} names no place to send {url} to: give a whole URL, or set through = \"router\"",
            smoke.service
          ),
        )
      })?;
    Ok((via, way::joined(&way::parsed(base, doing)?, url, doing)?))
  }
}

/// A request with every `${capture.NAME}` filled in.
struct Filled {
  url: String,
  headers: Vec<(String, String)>,
  body: Option<String>,
}

impl Filled {
  fn of(
    slot: Slot,
    smoke: &SmokeRequest,
    captured: &BTreeMap<String, String>,
  ) -> Result<Self, String> {
    let mut headers = Vec::new();
    for (name, value) in &smoke.headers {
      headers.push((name.clone(), fill(value, captured)?));
    }
    let body = smoke
      .body
      .as_deref()
      .map(|body| fill(body, captured))
      .transpose()?;
    let typed = headers
      .iter()
      .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let is_json = body
      .as_deref()
      .is_some_and(|body| serde_json::from_str::<serde_json::Value>(body).is_ok());
    if is_json && !typed {
      headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    Ok(Self {
      url: fill(&smoke.url[slot], captured)?,
      headers,
      body,
    })
  }
}

/// A captured value inside a JSON body is not quoted again: the site writes its own quotes.
fn fill(text: &str, captured: &BTreeMap<String, String>) -> Result<String, String> {
  const OPEN: &str = "${capture.";
  let (mut out, mut rest) = (String::new(), text);
  while let Some((before, after)) = rest.split_once(OPEN) {
    let (name, after) = after
      .split_once('}')
      .ok_or_else(|| "a ${capture.…} has no closing '}'".to_owned())?;
    let value = captured.get(name).ok_or_else(|| {
      format!(
        "nothing was captured as '{name}': the test that captures it must come first and pass"
      )
    })?;
    out.push_str(before);
    out.push_str(value);
    rest = after;
  }
  out.push_str(rest);
  Ok(out)
}

/// The values found, and why the first missing one is missing.
fn take(
  answer: &super::Answer,
  wanted: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Option<String>) {
  let (mut taken, mut missing) = (BTreeMap::new(), None);
  if wanted.is_empty() {
    return (taken, missing);
  }
  let json = match expect::parsed(answer) {
    Ok(json) => json,
    Err(why) => return (taken, Some(why)),
  };
  for (name, path) in wanted {
    match json::find(&json, path) {
      Some(value) => {
        taken.insert(name.clone(), json::plain(value));
      }
      None => {
        missing.get_or_insert_with(|| {
          format!("nothing to capture as '{name}': the answer has no {path}")
        });
      }
    }
  }
  (taken, missing)
}

#[cfg(test)]
mod tests {
  use super::*;

  fn captured() -> BTreeMap<String, String> {
    BTreeMap::from([("code".to_owned(), "1234".to_owned())])
  }

  #[test]
  fn captured_values_are_filled_in() {
    assert_eq!(
      fill("/a/${capture.code}/b?c=${capture.code}", &captured()).unwrap(),
      "/a/1234/b?c=1234"
    );
    assert_eq!(
      fill("no capture ${OTHER}", &captured()).unwrap(),
      "no capture ${OTHER}"
    );
  }

  #[test]
  fn a_value_that_was_never_captured_is_the_reason() {
    let why = fill("${capture.token}", &captured()).unwrap_err();
    assert!(why.contains("'token'"), "{why}");
    assert!(fill("${capture.code", &captured()).is_err());
  }

  #[test]
  fn values_are_captured_from_json_and_a_missing_one_is_named() {
    let answer = super::super::Answer {
      status: 200,
      body: br#"{"user":{"id":7},"token":"t"}"#.to_vec(),
      ..super::super::Answer::default()
    };
    let wanted = BTreeMap::from([
      ("id".to_owned(), "user.id".to_owned()),
      ("token".to_owned(), "/token".to_owned()),
      ("gone".to_owned(), "user.name".to_owned()),
    ]);
    let (taken, missing) = take(&answer, &wanted);
    assert_eq!(taken["id"], "7");
    assert_eq!(taken["token"], "t");
    assert!(missing.unwrap().contains("user.name"));
  }
}
