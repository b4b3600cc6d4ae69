//! Health checks and smoke tests: `HttpProbe` implements the engine's `Probe`.
//!
//! `http` is the only HTTP client of the product; `inside` asks with the container's own curl or
//! wget; `expect` judges an answer; `transcript` makes it showable with every secret masked.
//! An answer that is not as expected is a report; an `Err` means nothing could be asked.

mod answer;
mod expect;
pub mod http;
mod inside;
pub(crate) mod json;
mod masks;
pub(crate) mod request;
mod smoke;
mod transcript;
mod way;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub(crate) use self::answer::Answer;
use self::{masks::Masks, request::Request};
use super::router::{
  container::Containers,
  process::{self, MOST_OUTPUT, bounded},
};
use crate::{
  config::{Check, Expect, Site, SmokeTest, Via},
  engine::ports::{PortError, PortErrorKind, PortFuture, Probe},
  model::{
    Slot,
    check::CheckReport,
    container::{Container, DockerHealth},
    shown::Shown,
  },
};

/// How long a whole exchange may take when the site says nothing.
const WITHIN: Duration = Duration::from_secs(5);

pub struct HttpProbe {
  site: Arc<Site>,
  containers: Containers,
  http: http::Http,
}

impl HttpProbe {
  pub fn new(site: Arc<Site>) -> Self {
    Self {
      site,
      containers: Containers::default(),
      http: http::Http::default(),
    }
  }

  fn misconfigured(doing: impl Into<String>, detail: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Misconfigured, doing, detail)
  }

  async fn check_once(
    &self,
    slot: Slot,
    container: &Container,
    check: &Check,
  ) -> Result<CheckReport, PortError> {
    let doing = || format!("checking {} of {slot}", container.service);
    match check.via {
      Via::Docker => Ok(docker_report(container, &Masks::of(&self.site))),
      Via::Command => {
        let within = check.expect.within.unwrap_or(WITHIN);
        self
          .run_command(slot, Some(container), &check.command, within)
          .await
      }
      Via::Host | Via::Exec | Via::Network | Via::Router => {
        let url = check
          .url
          .as_deref()
          .ok_or_else(|| Self::misconfigured(doing(), "its check has no url: set url"))?;
        let request = Request::get(self.address(check.via, url, &doing())?);
        self
          .exchange(
            check.via,
            Some(container),
            &request,
            &check.expect,
            &BTreeMap::new(),
          )
          .await
      }
    }
  }

  /// Exit 0 passes.
  async fn run_command(
    &self,
    slot: Slot,
    container: Option<&Container>,
    command: &[String],
    within: Duration,
  ) -> Result<CheckReport, PortError> {
    let mut environment = BTreeMap::from([
      ("CUTOVER_SITE".to_owned(), self.site.name.clone()),
      ("CUTOVER_SLOT".to_owned(), slot.name().to_owned()),
    ]);
    if let Some(container) = container {
      environment.insert("CUTOVER_SERVICE".to_owned(), container.service.clone());
      environment.insert("CUTOVER_CONTAINER".to_owned(), container.name.clone());
    }
    let started = tokio::time::Instant::now();
    let ran = match process::run(command, &environment, within, MOST_OUTPUT).await {
      Err(error) if error.kind == PortErrorKind::Timeout => {
        return Ok(report(
          false,
          &format!("the command {}", error.detail),
          started,
        ));
      }
      ran => ran?,
    };
    let masks = Masks::of(&self.site);
    let said = masks.mask(&ran.last_words(3));
    let words = if ran.code == 0 {
      format!("exit 0 in {} ms", started.elapsed().as_millis())
    } else {
      format!("expected exit 0, got {}: {said}", ran.code)
    };
    Ok(report(ran.code == 0, &words, started))
  }

  /// One request, one answer, one judgement.
  async fn exchange(
    &self,
    via: Via,
    container: Option<&Container>,
    request: &Request,
    expect: &Expect,
    captured: &BTreeMap<String, String>,
  ) -> Result<CheckReport, PortError> {
    let within = expect.within.unwrap_or(WITHIN);
    let masks = Masks::of(&self.site).with_captured(captured);
    let started = tokio::time::Instant::now();
    let answer = self.send(via, container, request, within).await?;
    let millis = started.elapsed().as_millis();
    let (passed, words) = match &answer {
      Err(detail) => (false, detail.clone()),
      Ok(answer) => match expect::judge(expect, answer) {
        Ok(()) => (true, format!("{} in {millis} ms", answer.status)),
        Err(why) => (false, why),
      },
    };
    let mut report = report(passed, &masks.mask(&words), started);
    report.exchange = Some(transcript::exchange(request, &answer, &masks));
    Ok(report)
  }
}

fn report(passed: bool, words: &str, started: tokio::time::Instant) -> CheckReport {
  CheckReport {
    passed,
    detail: Shown::line(bounded(words, 1024)),
    millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    exchange: None,
    captured: BTreeMap::new(),
  }
}

fn docker_report(container: &Container, masks: &Masks) -> CheckReport {
  let said = container
    .health_output
    .as_deref()
    .unwrap_or_default()
    .trim();
  let said = masks.mask(bounded(said, 400));
  let (passed, words) = match container.health {
    _ if !container.is_running() => (false, format!("the container is {}", container.state)),
    DockerHealth::Healthy => (true, "docker: healthy".to_owned()),
    DockerHealth::Starting => (false, "docker: starting".to_owned()),
    DockerHealth::Unhealthy => (false, format!("docker: unhealthy: {said}")),
    DockerHealth::None => (
      false,
      "neither the image nor the compose file defines a healthcheck: add one, or set via and url of this check".to_owned(),
    ),
  };
  report(passed, &words, tokio::time::Instant::now())
}

impl Probe for HttpProbe {
  fn check<'a>(
    &'a self,
    slot: Slot,
    container: &'a Container,
    check: &'a Check,
  ) -> PortFuture<'a, CheckReport> {
    Box::pin(self.check_once(slot, container, check))
  }

  fn smoke<'a>(
    &'a self,
    slot: Slot,
    containers: &'a [Container],
    test: &'a SmokeTest,
    captured: &'a BTreeMap<String, String>,
  ) -> PortFuture<'a, CheckReport> {
    Box::pin(self.smoke_once(slot, containers, test, captured))
  }
}
