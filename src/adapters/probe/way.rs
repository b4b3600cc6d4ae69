//! How a request reaches its target: from this host, to the container's own address, from inside
//! the container, or through the proxy.

use std::time::Duration;

use reqwest::Url;

use super::{Answer, HttpProbe, http::NoAnswer, inside, request::Request};
use crate::{
  adapters::router::container::preferred,
  config::Via,
  engine::ports::{PortError, PortErrorKind},
  model::container::Container,
};

impl HttpProbe {
  /// The whole URL of a check: through the proxy, only path and query of `url` count.
  pub(super) fn address(&self, via: Via, url: &str, doing: &str) -> Result<Url, PortError> {
    if via != Via::Router {
      return parsed(url, doing);
    }
    let path = match Url::parse(url) {
      Ok(whole) => Request::get(whole).target(),
      Err(_) => url.to_owned(),
    };
    joined(&self.through_proxy(doing)?, &path, doing)
  }

  pub(super) fn through_proxy(&self, doing: &str) -> Result<Url, PortError> {
    let url = self.site.proof.url.as_deref().ok_or_else(|| {
      PortError::new(
        PortErrorKind::Misconfigured,
        doing,
        "nothing says where the proxy listens: set url under [proof]",
      )
    })?;
    parsed(url, doing)
  }

  /// `Ok(Err(_))` is a failed exchange; `Err(_)` means nothing could be asked.
  pub(super) async fn send(
    &self,
    via: Via,
    container: Option<&Container>,
    request: &Request,
    within: Duration,
  ) -> Result<Result<Answer, String>, PortError> {
    let doing = || format!("asking {}{}", request.authority(), request.url.path());
    let wrong = |detail: &str| PortError::new(PortErrorKind::Misconfigured, doing(), detail);
    let to = match via {
      Via::Exec => {
        let container =
          container.ok_or_else(|| wrong("the service has no container in this slot"))?;
        if !container.is_running() {
          return Ok(Err(format!("the container is {}", container.state)));
        }
        return inside::send(&self.containers, container, request, within).await;
      }
      Via::Network => {
        let container =
          container.ok_or_else(|| wrong("the service has no container in this slot"))?;
        if !container.is_running() {
          return Ok(Err(format!("the container is {}", container.state)));
        }
        Some(preferred(&container.addresses).ok_or_else(|| {
          wrong("the container has no network address: use via = \"exec\" or publish a port and use via = \"host\"")
        })?)
      }
      Via::Host | Via::Router | Via::Docker | Via::Command => None,
    };
    match self.http.send(request, to, within).await {
      Ok(answer) => Ok(Ok(answer)),
      Err(NoAnswer::Lost(why)) => Ok(Err(why)),
      Err(NoAnswer::Unsendable(why)) => Err(wrong(&why)),
    }
  }
}

pub(super) fn parsed(url: &str, doing: &str) -> Result<Url, PortError> {
  match Url::parse(url) {
    Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(parsed),
    Ok(_) => Err(PortError::new(
      PortErrorKind::Misconfigured,
      doing,
      "the URL must start with http:// or https:// and name a host",
    )),
    Err(error) => Err(PortError::new(
      PortErrorKind::Misconfigured,
      doing,
      format!("the URL cannot be read: {error}"),
    )),
  }
}

/// `path` at the place `base` points to; `base` keeps its host whatever the path says.
pub(super) fn joined(base: &Url, path: &str, doing: &str) -> Result<Url, PortError> {
  let path = path.trim_start_matches('/');
  parsed(
    &format!("{}/{path}", base.origin().ascii_serialization()),
    doing,
  )
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_path_never_changes_the_host() {
    let base: Url = "http://127.0.0.1:8080/health?x=1".parse().unwrap();
    for (path, whole) in [
      ("/api/me?a=b", "http://127.0.0.1:8080/api/me?a=b"),
      ("//elsewhere/x", "http://127.0.0.1:8080/elsewhere/x"),
      ("@elsewhere/x", "http://127.0.0.1:8080/@elsewhere/x"),
      ("", "http://127.0.0.1:8080/"),
    ] {
      assert_eq!(joined(&base, path, "testing").unwrap().as_str(), whole);
    }
  }

  #[test]
  fn only_http_is_asked() {
    for url in ["file:///etc/passwd", "ftp://x/", "not a url"] {
      assert!(parsed(url, "testing").is_err(), "{url}");
    }
  }
}
