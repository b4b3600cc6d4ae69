//! How each service's health is asked: by the address of its own health check, along a way that
//! answered just now; else by Docker's own word. Rule D15.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
  color,
  layout::{Layout, Role},
  proposal::{Proposal, quoted},
  survey::{Reply, Survey},
  switch::Switch,
};
use crate::model::{BySlot, Slot};

/// Words with which applications say that they are well.
const WELL: [&str; 7] = ["ok", "OK", "healthy", "up", "UP", "pass", "alive"];

/// What answers of the live slot showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
  /// By service key: the check as TOML, and its source.
  pub(super) services: BTreeMap<String, (String, String)>,
  /// Paths that answered, by service key.
  pub(super) paths: BTreeMap<String, String>,
  /// The field by which an answer says that the database is reached.
  pub(super) database: Option<(String, Value)>,
  pub(super) ports: Option<BySlot<u16>>,
}

pub(super) fn find(
  survey: &Survey,
  layout: &Layout,
  switch: &Switch,
  out: &mut Proposal,
) -> Checks {
  let mut all = Checks {
    ports: switch.ports,
    ..Checks::default()
  };
  let slots = switch
    .live
    .map_or_else(|| Slot::BOTH.to_vec(), |live| vec![live]);
  for role in &layout.roles {
    let running = slots.iter().find_map(|slot| {
      Some((
        *slot,
        layout
          .container(survey, role, *slot)
          .filter(|seen| seen.running)?,
      ))
    });
    let (slot, name) = running.map_or((Slot::Blue, None), |(slot, seen)| {
      (slot, Some(seen.name.as_str()))
    });
    let found = name.and_then(|name| answered(survey, layout, role, (slot, name), &mut all.ports));
    let Some((check, reply, path)) = found else {
      by_docker(layout, role, &mut all, out);
      continue;
    };
    let (expectation, database) = expected(&reply);
    let source = format!(
      "{} answered it with {}{}",
      role.name[slot],
      reply.status,
      if expectation.is_empty() {
        ""
      } else {
        ", in these words"
      }
    );
    all.services.insert(
      role.key.clone(),
      (format!("{{ {check}{expectation} }}"), source),
    );
    all.paths.insert(role.key.clone(), path);
    all.database = all.database.or(database);
  }
  all
}

/// The check's way and address, and the live slot's answer along it.
fn answered(
  survey: &Survey,
  layout: &Layout,
  role: &Role,
  (slot, container): (Slot, &str),
  ports: &mut Option<BySlot<u16>>,
) -> Option<(String, Reply, String)> {
  let service = layout.service(role, slot)?;
  let (port, paths) = match service.health_url() {
    Some((port, path)) => (port, vec![path]),
    None => (
      service.published.first()?.inside,
      vec!["/health".to_owned(), "/".to_owned()],
    ),
  };
  let published = BySlot::from_fn(|slot| {
    let service = layout.service(role, slot)?;
    let found = service
      .published
      .iter()
      .find(|published| published.inside == port)?;
    Some(found.host)
  });
  let pair = published
    .blue
    .zip(published.green)
    .map(|(blue, green)| BySlot { blue, green });
  for path in paths {
    if let Some(pair) =
      pair.filter(|pair| ports.is_none_or(|ports| ports == *pair) && pair.blue != pair.green)
      && let Some(reply) = survey.answer(&format!("http://127.0.0.1:{}{path}", pair[slot]), None)
    {
      *ports = Some(pair);
      let url = quoted(&format!("http://127.0.0.1:{{port}}{path}"));
      return Some((format!("via = \"host\", url = {url}"), reply.clone(), path));
    }
    let url = format!("http://{}:{port}{path}", role.name[slot]);
    if let Some(reply) = survey.answer(&url, Some(container)) {
      let template = if role.name.blue == role.name.green {
        url.clone()
      } else {
        color::pair(&role.name).map_or_else(
          || format!("http://{}:{port}{path}", role.key),
          |name| format!("http://{name}:{port}{path}"),
        )
      };
      return Some((
        format!("via = \"network\", url = {}", quoted(&template)),
        reply.clone(),
        path,
      ));
    }
  }
  None
}

fn by_docker(layout: &Layout, role: &Role, all: &mut Checks, out: &mut Proposal) {
  let checked = Slot::BOTH.into_iter().all(|slot| {
    layout
      .service(role, slot)
      .is_some_and(|service| service.health.is_some())
  });
  if checked {
    let source = "the health check of its compose file".to_owned();
    all.services.insert(
      role.key.clone(),
      ("{ via = \"docker\" }".to_owned(), source),
    );
  } else {
    out.note(
      format!(
        "{} has no health check, and no address of it answered",
        role.key
      ),
      format!(
        "write one: [services.{}] check = {{ via = \"network\", url = \"…\" }}",
        role.key
      ),
    );
  }
}

/// What an answer says when all is well, as TOML; and what it says of the database.
fn expected(reply: &Reply) -> (String, Option<(String, Value)>) {
  let json: Option<Value> = serde_json::from_str(&reply.body).ok();
  let status = if reply.status == 200 {
    String::new()
  } else {
    format!(", status = {}", reply.status)
  };
  let Some(Value::Object(fields)) = json else {
    let page = reply.body.contains("<html");
    return (
      format!(
        "{status}{}",
        if page { ", contains = \"<html\"" } else { "" }
      ),
      None,
    );
  };
  let word = ["status", "state", "health"].into_iter().find_map(|name| {
    let value = fields.get(name)?.as_str()?;
    WELL
      .contains(&value)
      .then(|| format!(", json = {{ {name} = {} }}", quoted(value)))
  });
  let database = fields
    .iter()
    .filter(|(name, _)| {
      let name = name.to_lowercase();
      name.starts_with("db") || name.contains("database") || name.contains("postgres")
    })
    .filter(|(_, value)| {
      **value == Value::Bool(true)
        || value
          .as_str()
          .is_some_and(|word| WELL.contains(&word) || word == "connected")
    })
    .map(|(name, value)| (name.clone(), value.clone()))
    .min_by_key(|(_, value)| !value.is_boolean());
  (status + &word.unwrap_or_default(), database)
}
