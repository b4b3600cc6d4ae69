//! The one HTTP client: no redirects, no proxy from the environment, certificates verified, a new
//! connection for each request, a bounded body, one deadline over everything, and no way to a
//! link-local address (where cloud machines keep their credentials).

use std::{
  net::{IpAddr, Ipv6Addr, SocketAddr},
  sync::{Arc, Once},
  time::Duration,
};

use reqwest::{
  Client, Method, Url,
  dns::{Addrs, Name, Resolve, Resolving},
  header::{CONNECTION, HOST, HeaderName, HeaderValue, USER_AGENT},
};

use tokio::sync::OnceCell;

use super::{answer::MOST_BODY, request::Request};
use crate::adapters::probe::Answer;

static TLS: Once = Once::new();

/// Chooses the TLS implementation; must have run before any client is built.
fn install_tls() {
  TLS.call_once(|| {
    #[cfg(feature = "tls")]
    {
      // Only fails when one is installed already, which serves as well.
      let _ = rustls::crypto::ring::default_provider().install_default();
    }
  });
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
  /// Nothing was sent: the request itself is wrong or not allowed.
  Unsendable(String),
  /// Something was tried, and no complete answer came.
  Lost(String),
}

/// Clients by what they need: one that speaks TLS reads the machine's certificates, some fifty
/// milliseconds of work and a megabyte, which a site without HTTPS never pays for.
#[derive(Default)]
pub(crate) struct Http {
  plain: OnceCell<Client>,
  secure: OnceCell<Client>,
}

impl Http {
  /// Sends `request`. With `to`, the connection goes to that address, whatever the URL's host.
  pub(crate) async fn send(
    &self,
    request: &Request,
    to: Option<IpAddr>,
    within: Duration,
  ) -> Result<Answer, NoAnswer> {
    tokio::time::timeout(within, self.exchange(request, to))
      .await
      .unwrap_or_else(|_| {
        Err(NoAnswer::Lost(format!(
          "no complete answer within {within:?}"
        )))
      })
  }

  async fn exchange(&self, request: &Request, to: Option<IpAddr>) -> Result<Answer, NoAnswer> {
    let host = request.url.host_str().unwrap_or_default().to_owned();
    for address in to.into_iter().chain(literal(&host)) {
      if is_link_local(address) {
        return Err(NoAnswer::Unsendable(format!(
          "{address} is link-local, which is never asked"
        )));
      }
    }
    let (client, url) = self.client_for(request, to, &host).await?;
    let method = Method::from_bytes(request.method.as_bytes())
      .map_err(|_| NoAnswer::Unsendable(format!("'{}' is not a method", request.method)))?;
    let mut building = client
      .request(method, url)
      .header(CONNECTION, "close")
      .header(USER_AGENT, concat!("cutover/", env!("CARGO_PKG_VERSION")));
    if to.is_some() && !request.has_header("host") {
      building = building.header(HOST, request.authority());
    }
    for (name, value) in &request.headers {
      let (name, value) = header(name, value)?;
      building = building.header(name, value);
    }
    if let Some(body) = &request.body {
      building = building.body(body.clone());
    }
    let mut response = building.send().await.map_err(lost)?;
    let mut answer = Answer {
      status: response.status().as_u16(),
      headers: response
        .headers()
        .iter()
        .map(|(name, value)| {
          (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
          )
        })
        .collect(),
      ..Answer::default()
    };
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
      let room = MOST_BODY - answer.body.len();
      answer.body.extend(chunk.iter().take(room));
      if chunk.len() > room {
        answer.cut = true;
        break;
      }
    }
    Ok(answer)
  }

  async fn client_for(
    &self,
    request: &Request,
    to: Option<IpAddr>,
    host: &str,
  ) -> Result<(Client, Url), NoAnswer> {
    let mut url = request.url.clone();
    let secure = url.scheme() == "https";
    if let Some(to) = to {
      if secure && literal(host).is_none() {
        // The certificate is for the name, so the name stays and only leads elsewhere.
        let port = url.port_or_known_default().unwrap_or(443);
        let leading = Client::builder().resolve(host, SocketAddr::new(to, port));
        return Ok((with_certificates(leading).await?, url));
      }
      url
        .set_ip_host(to)
        .map_err(|()| NoAnswer::Unsendable(format!("{url} cannot be sent to {to}")))?;
    }
    let client = if secure {
      let build = || with_certificates(Client::builder());
      self.secure.get_or_try_init(build).await?
    } else {
      let build = async || built(without_certificates());
      self.plain.get_or_try_init(build).await?
    };
    Ok((client.clone(), url))
  }
}

fn without_certificates() -> reqwest::ClientBuilder {
  #[cfg(feature = "tls")]
  return Client::builder().tls_certs_only([]);
  #[cfg(not(feature = "tls"))]
  Client::builder()
}

/// Away from the thread that draws: reading the machine's certificates takes longer than a frame.
async fn with_certificates(builder: reqwest::ClientBuilder) -> Result<Client, NoAnswer> {
  tokio::task::spawn_blocking(|| built(builder))
    .await
    .map_err(|error| NoAnswer::Unsendable(format!("no HTTP client: {error}")))?
}

fn built(builder: reqwest::ClientBuilder) -> Result<Client, NoAnswer> {
  install_tls();
  builder
    .redirect(reqwest::redirect::Policy::none())
    .no_proxy()
    .referer(false)
    .pool_max_idle_per_host(0)
    .dns_resolver(Arc::new(Guarded))
    .build()
    .map_err(|error| NoAnswer::Unsendable(format!("no HTTP client: {}", chain(&error))))
}

pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), NoAnswer> {
  let unsendable = |_| NoAnswer::Unsendable(format!("header {name:?} cannot be sent"));
  Ok((
    HeaderName::from_bytes(name.as_bytes()).map_err(|error| unsendable(error.to_string()))?,
    HeaderValue::from_str(value).map_err(|error| unsendable(error.to_string()))?,
  ))
}

fn lost(error: reqwest::Error) -> NoAnswer {
  NoAnswer::Lost(chain(&error.without_url()))
}

/// The causes of an error, outermost first, each said once.
fn chain(error: &dyn std::error::Error) -> String {
  let mut words = error.to_string();
  let mut next = error.source();
  while let Some(cause) = next {
    let text = cause.to_string();
    if !words.contains(&text) {
      words = format!("{words}: {text}");
    }
    next = cause.source();
  }
  words
}

/// Resolves as the system does, but never to a link-local address.
struct Guarded;

impl Resolve for Guarded {
  fn resolve(&self, name: Name) -> Resolving {
    Box::pin(async move {
      let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
      if let Some(address) = found.iter().find(|address| is_link_local(address.ip())) {
        let (name, address) = (name.as_str(), address.ip());
        return Err(format!("{name} is link-local ({address}), which is never asked").into());
      }
      let addresses: Addrs = Box::new(found.into_iter());
      Ok(addresses)
    })
  }
}

/// The host as an address, when it is one.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
  host
    .trim_start_matches('[')
    .trim_end_matches(']')
    .parse()
    .ok()
}

pub(super) fn is_link_local(address: IpAddr) -> bool {
  /// Where one cloud answers for its credentials over IPv6.
  const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
  match address {
    IpAddr::V4(address) => address.is_link_local(),
    IpAddr::V6(address) => {
      address.is_unicast_link_local()
        || address == METADATA
        || address
          .to_ipv4_mapped()
          .is_some_and(|address| address.is_link_local())
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn link_local_addresses_are_known_in_every_spelling() {
    for url in [
      "http://169.254.169.254/",
      "http://0xA9FEA9FE/",
      "http://2852039166/",
      "http://[fe80::1]/",
      "http://[::ffff:169.254.169.254]/",
      "http://[fd00:ec2::254]/",
    ] {
      let url: Url = url.parse().unwrap();
      let address = literal(url.host_str().unwrap()).unwrap();
      assert!(is_link_local(address), "{url}");
    }
    assert!(!is_link_local("127.0.0.1".parse().unwrap()));
    assert!(!is_link_local("172.17.0.2".parse().unwrap()));
  }

  #[test]
  fn a_header_cannot_smuggle_a_second_one() {
    assert!(header("X-A", "a\r\nX-B: b").is_err());
    assert!(header("X A", "a").is_err());
    assert!(header("X-A", "a").is_ok());
  }
}
