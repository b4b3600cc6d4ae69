//! One request as it will be sent, whichever way it goes.

use reqwest::Url;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
  pub(crate) method: String,
  pub(crate) url: Url,
  pub(crate) headers: Vec<(String, String)>,
  pub(crate) body: Option<String>,
}

impl Request {
  pub(crate) fn get(url: Url) -> Self {
    Self {
      method: "GET".to_owned(),
      url,
      headers: Vec::new(),
      body: None,
    }
  }

  /// Path and query, as on the request line.
  pub(crate) fn target(&self) -> String {
    match self.url.query() {
      Some(query) => format!("{}?{query}", self.url.path()),
      None => self.url.path().to_owned(),
    }
  }

  /// `host` or `host:port`, as in the Host header.
  pub(crate) fn authority(&self) -> String {
    let host = self.url.host_str().unwrap_or_default();
    match self.url.port() {
      Some(port) => format!("{host}:{port}"),
      None => host.to_owned(),
    }
  }

  pub(crate) fn has_header(&self, name: &str) -> bool {
    self
      .headers
      .iter()
      .any(|(known, _)| known.eq_ignore_ascii_case(name))
  }
}
