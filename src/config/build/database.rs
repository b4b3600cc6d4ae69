//! `[database]`: a `PostgreSQL` server, its backups and the migration.

use super::{View, router::place};
use crate::{
  config::{Backup, Migrate, Postgres, RunIn, fault::did_you_mean},
  model::plan::MigrateWhen,
};

pub(super) fn postgres(top: &View<'_>, services: &[String]) -> Option<Postgres> {
  let view = top.table("database");
  if !view.is_present() || view.choice("kind") == "none" {
    return None;
  }
  let place = place(
    &view,
    "write service = \"db\", container = \"my-db\" or host = true",
  );
  let (user, name) = (view.text("user"), view.text("name"));
  for (key, name) in [("user", &user), ("name", &name)] {
    if name
      .as_ref()
      .is_some_and(|name| name.starts_with('-') || name.contains(char::is_control))
    {
      view.fault(
        key,
        "this could be read as an option",
        Some("begin it with a letter"),
      );
    }
  }
  let backup = if view.has("backup") {
    backup(&view.table("backup"))
  } else {
    None
  };
  let migrate = if view.has("migrate") {
    migrate(&view.table("migrate"), services)
  } else {
    None
  };
  let check = view.has("check").then(|| {
    let keys = ["status", "header", "json", "contains", "within"];
    super::smoke::expect_both(&view.table("check"), &keys).blue
  });
  Some(Postgres {
    place: place?,
    user,
    name,
    backup,
    migrate,
    check,
  })
}

fn backup(view: &View<'_>) -> Option<Backup> {
  if !view.has("dir") && view.is_present() {
    view.missing("dir", "write dir = \"backups\"");
  }
  Some(Backup {
    dir: view.path("dir")?,
    keep: view.small("keep"),
  })
}

fn migrate(view: &View<'_>, services: &[String]) -> Option<Migrate> {
  if !view.is_present() {
    return None;
  }
  let place = view.required("in", "write in = \"service:api\" or in = \"host\"");
  let run_in = place.and_then(|place| match place.strip_prefix("service:") {
    _ if place == "host" => Some(RunIn::Host),
    Some(key) if services.iter().any(|service| service == key) => {
      Some(RunIn::Service(key.to_owned()))
    }
    Some(key) => {
      no_such_service(view, "in", key, services);
      None
    }
    None if place == "job" => {
      view.fault(
        "in",
        "in 'job' is not supported by this version of cutover; it supports: service:NAME, host",
        None,
      );
      None
    }
    None => {
      view.fault(
        "in",
        format!("'{place}' is not a place to run in"),
        Some("write \"service:NAME\" or \"host\""),
      );
      None
    }
  });
  if !view.has("command") {
    view.missing(
      "command",
      "write command = [\"alembic\", \"upgrade\", \"head\"]",
    );
  }
  let command = view.command("command");
  let word = match (view.has("when"), &run_in) {
    (false, Some(RunIn::Host)) => {
      view.note("when", "before-start");
      "before-start".to_owned()
    }
    _ => view.choice("when"),
  };
  let when = match word.as_str() {
    "before-start" => MigrateWhen::BeforeStart,
    "after-health" => MigrateWhen::AfterHealth,
    "before-switch" => MigrateWhen::BeforeSwitch,
    _ => MigrateWhen::AfterStart,
  };
  if when == MigrateWhen::BeforeStart && matches!(run_in, Some(RunIn::Service(_))) {
    let hint = "write when = \"after-start\", or in = \"host\"";
    view.fault(
      "when",
      "before the slot starts there is no container to run in",
      Some(hint),
    );
  }
  view.choice("on_failure");
  let (lock_timeout, statement_timeout, timeout) = (
    view.duration("lock_timeout"),
    view.duration("statement_timeout"),
    view.duration("timeout"),
  );
  Some(Migrate {
    run_in: run_in?,
    command: command?,
    when,
    dry_run: view.command("dry_run"),
    status: view.command("status"),
    lock_timeout,
    statement_timeout,
    timeout,
  })
}

pub(super) fn no_such_service(view: &View<'_>, key: &str, name: &str, services: &[String]) {
  let known = services.iter().map(String::as_str);
  let hint = did_you_mean(name, known)
    .unwrap_or_else(|| format!("the services are: {}", services.join(", ")));
  view.fault(key, format!("there is no [services.{name}]"), Some(&hint));
}
