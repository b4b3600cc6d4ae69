//! What a reload of this nginx costs users, and what its configuration could do about it.

use super::super::{
  facts::{Seen, Texts},
  nginx::NginxFile,
};
use crate::model::{
  finding::{Finding, Hazard, Place},
  router::Mount,
};

/// From here on nginx keeps idle connections open for a moment when it reloads.
const KEEPS_IDLE: (u32, u32, u32) = (1, 27, 4);
/// nginx's own default for `proxy_read_timeout`, in seconds.
const READ_TIMEOUT: u64 = 60;

pub(super) fn findings(texts: &Texts<'_>, seen: Option<Seen<'_>>) -> Vec<Finding> {
  let mut found = Vec::new();
  let main = texts
    .nginx
    .iter()
    .find(|file| file.named("events").next().is_some());
  if let Some(main) = main {
    found.extend(long_connections(texts, main));
    found.extend(idle_connections(texts, main, seen));
  }
  if let Some(seen) = seen {
    found.extend(addresses(texts, seen));
    found.extend(first_process(seen));
  }
  found
}

fn value<'a>(texts: &'a Texts<'_>, name: &'a str) -> impl Iterator<Item = (&'a NginxFile, u64)> {
  texts.nginx.iter().flat_map(move |file| {
    file
      .named(name)
      .filter_map(move |it| Some((file, seconds(it.value())?)))
  })
}

/// Web sockets and long polls keep the former workers, and with them the former slot.
fn long_connections(texts: &Texts<'_>, main: &NginxFile) -> Option<Finding> {
  let Some((file, limit)) = value(texts, "worker_shutdown_timeout").next() else {
    return Some(
      Finding::note(
        Hazard::H(7),
        "worker_shutdown_timeout is not set",
        "an open web socket keeps a worker of an earlier switch, and talks to the slot of that time for days",
        "add worker_shutdown_timeout 10m; above events { } once you know how long a request may take",
      )
      .at(Place::file(&main.path)),
    );
  };
  let longest = value(texts, "proxy_read_timeout")
    .map(|(_, seconds)| seconds)
    .max()
    .unwrap_or(READ_TIMEOUT);
  (limit < longest).then(|| {
    Finding::amber(
      Hazard::H(7),
      format!("worker_shutdown_timeout is {limit} s, and an answer may take {longest} s"),
      "a switch cuts off requests that are still being answered",
      format!("set worker_shutdown_timeout to {longest}s or more"),
    )
    .at(Place::file(&file.path))
  })
}

/// A reload closes idle connections, and a client that writes at that moment loses its request.
fn idle_connections(
  texts: &Texts<'_>,
  main: &NginxFile,
  seen: Option<Seen<'_>>,
) -> Option<Finding> {
  if value(texts, "keepalive_min_timeout").next().is_some() {
    return None;
  }
  let version = seen?.observation.router.value()?.proxy.version.clone()?;
  let number = number(version.as_str())?;
  let fix = if number >= KEEPS_IDLE {
    "add keepalive_min_timeout 2s; to http { }"
  } else {
    "from nginx 1.27.4 on, keepalive_min_timeout 2s; in http { } avoids it"
  };
  Some(
    Finding::note(
      Hazard::H(5),
      format!("{version} closes idle connections of clients at every reload"),
      "about 6 of 10,000 requests on kept-open connections are lost at a switch; new connections lose none",
      fix,
    )
    .at(Place::file(&main.path)),
  )
}

/// Names are looked up once; a container that is created anew may have another address.
fn addresses(texts: &Texts<'_>, seen: Seen<'_>) -> Option<Finding> {
  let in_container = seen
    .observation
    .router
    .value()
    .and_then(|facts| facts.file.as_ref().ok())
    .is_some_and(|file| file.mount != Mount::Host);
  let resolves = texts
    .nginx
    .iter()
    .any(|file| file.named("resolver").next().is_some());
  (in_container && !resolves && texts.effective).then(|| {
    Finding::note(
      Hazard::Hz(8),
      "the proxy looks the slots' addresses up only when it is reloaded",
      "a live container that somebody recreates by hand gets another address, and its old one may go to the other slot",
      "recreate live containers only through cutover; or use resolver 127.0.0.11 with 'server NAME resolve' (nginx 1.27.3)",
    )
  })
}

/// Signals to a shell as the first process are lost.
fn first_process(seen: Seen<'_>) -> Option<Finding> {
  let first = seen.proxy?.first_process.as_ref()?;
  matches!(first.as_str(), "sh" | "bash" | "ash" | "dash").then(|| {
    Finding::amber(
      Hazard::H(1),
      format!("{first} is the first process of the proxy's container"),
      "a signal to reload or to stop reaches the shell, which ignores it without a word; cutover asks nginx itself",
      "begin the last command of its entrypoint with exec",
    )
  })
}

/// `1m30s`, `10m`, `500ms`, `60`.
fn seconds(text: &str) -> Option<u64> {
  let mut total = 0;
  let mut digits = String::new();
  let mut rest = text.chars().peekable();
  while let Some(c) = rest.next() {
    if c.is_ascii_digit() {
      digits.push(c);
      continue;
    }
    let number: u64 = std::mem::take(&mut digits).parse().ok()?;
    total += match c {
      'm' if rest.peek() == Some(&'s') => {
        rest.next();
        number / 1000
      }
      's' => number,
      'm' => number * 60,
      'h' => number * 3600,
      'd' => number * 86400,
      _ => return None,
    };
  }
  if digits.is_empty() {
    return Some(total);
  }
  Some(total + digits.parse::<u64>().ok()?)
}

/// Out of `nginx/1.22.1`.
fn number(version: &str) -> Option<(u32, u32, u32)> {
  let digits = version.rsplit('/').next()?;
  let mut parts = digits.split('.').map(|part| part.parse().ok());
  Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn times_and_versions_read_as_nginx_writes_them() {
    for (text, wanted) in [
      ("60", Some(60)),
      ("1m30s", Some(90)),
      ("500ms", Some(0)),
      ("2h", Some(7200)),
      ("$x", None),
    ] {
      assert_eq!(seconds(text), wanted, "{text}");
    }
    assert_eq!(number("nginx/1.27.4"), Some((1, 27, 4)));
    assert_eq!(number("nginx"), None);
  }
}
