//! Asks from inside the container, with the curl or wget that its image has.
//!
//! The container's own proxy settings and `.curlrc` do not count, redirects are not followed, and
//! the tool ends itself, because nothing outside can end a process started this way.

use std::{collections::BTreeMap, time::Duration};

use super::{
  Answer,
  http::{NoAnswer, header, is_link_local, literal},
  request::Request,
};
use crate::{
  adapters::router::{container::Containers, process::Ran},
  engine::ports::{PortError, PortErrorKind},
  model::container::Container,
};

/// Head and body as printed, with room for a long head before a body of full length.
const MOST: usize = 96 * 1024;

pub(super) async fn send(
  containers: &Containers,
  container: &Container,
  request: &Request,
  within: Duration,
) -> Result<Result<Answer, String>, PortError> {
  let doing = format!(
    "asking {}{} inside {}",
    request.authority(),
    request.url.path(),
    container.name
  );
  sendable(request).map_err(|why| PortError::new(PortErrorKind::Misconfigured, &doing, why))?;
  let environment = no_proxy();
  let run = async |command: Vec<String>| {
    // The tool's own limit comes first; ours is for a runtime that does not answer.
    let patience = within + Duration::from_secs(2);
    containers
      .exec(&container.id.0, &command, &environment, patience, MOST)
      .await
  };
  let ran = match run(curl(request, within)).await {
    Err(error) if error.kind == PortErrorKind::Timeout => return Ok(Err(error.detail)),
    ran => ran?,
  };
  if !missing(&ran) {
    return Ok(curl_answer(&ran, within));
  }
  let mut ran = run(wget(request, within, Flavor::Gnu)).await?;
  if unknown_option(&ran) {
    ran = run(wget(request, within, Flavor::Busybox)).await?;
  }
  if missing(&ran) {
    return Err(PortError::new(
      PortErrorKind::Misconfigured,
      doing,
      "its image has neither curl nor wget: set via = \"network\" for this check",
    ));
  }
  Ok(wget_answer(&ran))
}

fn curl_answer(ran: &Ran, within: Duration) -> Result<Answer, String> {
  match (ran.code, Answer::from_curl(&ran.out)) {
    (0, Some(answer)) => Ok(answer),
    // Writing fails when we stop reading; what was read is enough.
    (23, Some(answer)) if ran.cut => Ok(answer),
    (28, _) => Err(format!("no complete answer within {within:?}")),
    (0, None) => Err("what came back is not an HTTP answer".to_owned()),
    (code, _) => Err(said(ran, &format!("curl ended with {code}"))),
  }
}

fn wget_answer(ran: &Ran) -> Result<Answer, String> {
  Answer::from_wget(&ran.err, &ran.out)
    .ok_or_else(|| said(ran, &format!("wget ended with {}", ran.code)))
}

fn said(ran: &Ran, otherwise: &str) -> String {
  match ran.last_words(1) {
    words if words.is_empty() => otherwise.to_owned(),
    words => words,
  }
}

/// Not there, or not to be executed; neither tool uses these codes itself.
fn missing(ran: &Ran) -> bool {
  matches!(ran.code, 126 | 127)
}

fn unknown_option(ran: &Ran) -> bool {
  let words = String::from_utf8_lossy(&ran.err);
  ran.code != 0 && (words.contains("unrecognized option") || words.contains("invalid option"))
}

fn sendable(request: &Request) -> Result<(), String> {
  if literal(request.url.host_str().unwrap_or_default()).is_some_and(is_link_local) {
    return Err("the address is link-local, which is never asked".to_owned());
  }
  for (name, value) in &request.headers {
    if let Err(NoAnswer::Unsendable(why) | NoAnswer::Lost(why)) = header(name, value) {
      return Err(why);
    }
  }
  Ok(())
}

fn no_proxy() -> BTreeMap<String, String> {
  [
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
  ]
  .into_iter()
  .map(|name| (name, ""))
  .chain([("no_proxy", "*"), ("NO_PROXY", "*")])
  .map(|(name, value)| (name.to_owned(), value.to_owned()))
  .collect()
}

fn seconds(within: Duration) -> String {
  format!("{:.3}", within.as_secs_f64().max(0.001))
}

fn curl(request: &Request, within: Duration) -> Vec<String> {
  let limit = seconds(within);
  let mut command: Vec<String> = [
    "curl",
    "-q",
    "-sS",
    "-i",
    "--proto",
    "=http,https",
    "--max-time",
    &limit,
    "-o",
    "-",
    "-X",
    &request.method,
  ]
  .map(str::to_owned)
  .into();
  if request.method == "HEAD" {
    command.push("--head".to_owned());
  }
  for (name, value) in &request.headers {
    command.extend(["-H".to_owned(), format!("{name}: {value}")]);
  }
  if let Some(body) = &request.body {
    // Not --data-binary: there a body that starts with @ names a file.
    command.extend(["--data-raw".to_owned(), body.clone()]);
  }
  command.extend(["--url".to_owned(), request.url.to_string()]);
  command
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavor {
  Gnu,
  Busybox,
}

fn wget(request: &Request, within: Duration, flavor: Flavor) -> Vec<String> {
  let limit = within.as_secs().max(1).to_string();
  let mut command: Vec<String> = ["wget", "-q", "-S", "-O", "-", "-T", &limit]
    .map(str::to_owned)
    .into();
  if flavor == Flavor::Gnu {
    command.extend(
      [
        "--no-config",
        "--tries=1",
        "--max-redirect=0",
        "--content-on-error",
        "--no-proxy",
      ]
      .map(str::to_owned),
    );
    if !matches!(request.method.as_str(), "GET" | "POST") {
      command.push(format!("--method={}", request.method));
    }
  }
  for (name, value) in &request.headers {
    command.extend(["--header".to_owned(), format!("{name}: {value}")]);
  }
  let body = request
    .body
    .as_deref()
    .or((request.method == "POST").then_some(""));
  if let Some(body) = body {
    let option = if request.method == "POST" {
      "--post-data"
    } else {
      "--body-data"
    };
    command.extend([option.to_owned(), body.to_owned()]);
  }
  command.extend(["--".to_owned(), request.url.to_string()]);
  command
}

#[cfg(test)]
mod tests {
  use super::*;

  fn request() -> Request {
    Request {
      method: "POST".to_owned(),
      url: "http://localhost:5000/a?b=c".parse().unwrap(),
      headers: vec![("X-A".to_owned(), "b".to_owned())],
      body: Some("@/etc/passwd".to_owned()),
    }
  }

  #[test]
  fn a_body_is_never_taken_for_a_file() {
    let command = curl(&request(), Duration::from_millis(1500));
    let at = command
      .iter()
      .position(|word| word == "@/etc/passwd")
      .unwrap();
    assert_eq!(command[at - 1], "--data-raw");
    assert!(
      command.windows(2).any(|two| two == ["--max-time", "1.500"]),
      "{command:?}"
    );
    assert!(
      !command
        .iter()
        .any(|word| word == "-L" || word == "--location")
    );
  }

  #[test]
  fn wget_is_told_not_to_follow_or_retry() {
    let command = wget(&request(), Duration::from_secs(3), Flavor::Gnu);
    assert!(
      command.contains(&"--max-redirect=0".to_owned()) && command.contains(&"--tries=1".to_owned())
    );
    assert_eq!(command.last().unwrap(), "http://localhost:5000/a?b=c");
  }

  #[test]
  fn an_incomplete_answer_is_no_answer() {
    let ran = Ran {
      code: 28,
      out: b"HTTP/1.1 200 OK\r\n\r\nhal".to_vec(),
      ..Ran::default()
    };
    let why = curl_answer(&ran, Duration::from_secs(1)).unwrap_err();
    assert_eq!(why, "no complete answer within 1s");
  }

  #[test]
  fn a_link_local_address_is_not_asked_from_inside_either() {
    let request = Request::get("http://169.254.169.254/latest".parse().unwrap());
    assert!(sendable(&request).is_err());
  }
}
