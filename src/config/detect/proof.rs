//! How it is proved which slot answers users: by what the live slot's answer through the proxy
//! says, else by its log, else by the proxy's own loaded configuration.

use serde_json::Value;

use super::{
  health::Checks,
  layout::Layout,
  nginx,
  proposal::{Proposal, Sure, quoted},
  proxy::{At, Proxy},
  survey::{Reply, Survey},
  switch::Switch,
};
use crate::model::Slot;

pub(super) fn put(
  survey: &Survey,
  layout: &Layout,
  proxy: &Proxy,
  (switch, checks): (&Switch, &Checks),
  out: &mut Proposal,
) {
  let urls = addresses(proxy, checks);
  if let Some(live) = switch.live {
    for url in &urls {
      if let Some(named) = survey
        .answer(url, None)
        .and_then(|reply| named(reply, live))
      {
        out.found("proof.url", quoted(url), "it answered through the proxy");
        let sure = if both_say_it(layout) {
          Sure::Found
        } else {
          Sure::Guess
        };
        let why = format!("the answer said {}", named.says);
        out.put(
          &format!("proof.{}", named.key),
          quoted(&named.name),
          why,
          sure,
        );
        if named.says == live.shout() {
          out.put("proof.value", quoted("{COLOR}"), "as it was said", sure);
        }
        return;
      }
    }
    if let Some(url) = urls.iter().find(|url| logs_it(survey, layout, url, live)) {
      out.found("proof.url", quoted(url), "it answered through the proxy");
      out.found(
        "proof.log",
        "true".to_owned(),
        format!(
          "no answer names the slot; a request with a word of its own was in the log of {} alone",
          live.shout()
        ),
      );
      return;
    }
  }
  if let Some(url) = urls.iter().find(|url| survey.answer(url, None).is_some()) {
    out.found("proof.url", quoted(url), "it answered through the proxy");
  }
  out.put("proof.effective", "true".to_owned(), "no answer and no log names the slot: the weakest proof. Let an answer name it, such as a header X-Slot", Sure::Guess);
  out.note(
    "nothing that answers through the proxy names the slot, so a switch is only proved by what nginx has loaded",
    "add a header such as X-Slot to the application's answers, then write [proof] url and header",
  );
}

struct Named {
  key: &'static str,
  name: String,
  says: String,
}

/// The header or field of an answer that is the slot's word.
fn named(reply: &Reply, live: Slot) -> Option<Named> {
  let is_word = |text: &str| text == live.name() || text == live.shout();
  let header = reply
    .headers
    .iter()
    .find(|(_, value)| is_word(value.trim()));
  if let Some((name, value)) = header {
    return Some(Named {
      key: "header",
      name: name.clone(),
      says: value.trim().to_owned(),
    });
  }
  let json: Value = serde_json::from_str(&reply.body).ok()?;
  let (name, says) = field(&json, "", &is_word)?;
  Some(Named {
    key: "field",
    name,
    says,
  })
}

fn field(value: &Value, path: &str, is_word: &dyn Fn(&str) -> bool) -> Option<(String, String)> {
  let Value::Object(fields) = value else {
    return None;
  };
  fields.iter().find_map(|(name, value)| {
    let path = if path.is_empty() {
      name.clone()
    } else {
      format!("{path}.{name}")
    };
    match value {
      Value::String(text) if is_word(text) => Some((path, text.clone())),
      inner => field(inner, &path, is_word),
    }
  })
}

/// A variable of each slot's service holds the slot's word, so the other one says its own.
fn both_say_it(layout: &Layout) -> bool {
  layout.roles.iter().any(|role| {
    let blue = layout.service(role, Slot::Blue);
    blue
      .into_iter()
      .flat_map(|service| &service.environment)
      .any(|(name, value)| {
        let other = layout
          .service(role, Slot::Green)
          .and_then(|service| service.environment.get(name));
        value.eq_ignore_ascii_case(Slot::Blue.name())
          && other.is_some_and(|other| other.eq_ignore_ascii_case(Slot::Green.name()))
      })
  })
}

/// The request is in a log of the live slot and in none of the other.
fn logs_it(survey: &Survey, layout: &Layout, url: &str, live: Slot) -> bool {
  let of = |slot: Slot| {
    layout
      .roles
      .iter()
      .filter_map(move |role| layout.container(survey, role, slot))
      .filter(|seen| seen.running)
      .map(|seen| seen.name.clone())
  };
  let all: Vec<String> = of(live).chain(of(live.other())).collect();
  let mine: Vec<String> = of(live).collect();
  survey.answer(url, None).is_some()
    && survey
      .trace(url, &all)
      .is_some_and(|names| !names.is_empty() && names.iter().all(|name| mine.contains(name)))
}

/// Addresses of the proxy's own listeners that may answer, the likeliest first.
fn addresses(proxy: &Proxy, checks: &Checks) -> Vec<String> {
  let mut bases = Vec::new();
  for listener in nginx::listeners(&proxy.files) {
    let (address, port) = match &proxy.at {
      At::Host(_) => (listener.address.as_str(), listener.port),
      At::Service(_) | At::Container(_) => {
        let Some(published) = proxy
          .published
          .iter()
          .find(|published| published.inside == listener.port)
        else {
          continue;
        };
        (published.address.as_str(), published.host)
      }
    };
    let address = match address {
      "" | "*" | "0.0.0.0" | "[::]" | "::" => "127.0.0.1",
      other => other,
    };
    let (scheme, usual) = if listener.tls {
      ("https", 443)
    } else {
      ("http", 80)
    };
    let hosts = listener.names.iter().map(String::as_str).take(1);
    // A certificate is for a name, never for an address.
    let hosts = std::iter::once(address)
      .filter(|_| !listener.tls)
      .chain(hosts);
    for host in hosts {
      let base = if port == usual {
        format!("{scheme}://{host}")
      } else {
        format!("{scheme}://{host}:{port}")
      };
      if !bases.contains(&base) {
        bases.push(base);
      }
    }
  }
  let mut paths: Vec<&str> = checks
    .paths
    .values()
    .map(String::as_str)
    .filter(|path| *path != "/")
    .collect();
  paths.dedup();
  paths.push("/");
  bases
    .iter()
    .flat_map(|base| paths.iter().map(move |path| format!("{base}{path}")))
    .collect()
}
