//! What a command is: a call of Compose or Docker, a reload, a question to a URL, a migration.

use super::super::{compose::slot_of, shell::Command};

/// A call of Compose or Docker: its verb and what follows it.
pub(super) struct Call<'a> {
  pub(super) verb: &'a str,
  pub(super) rest: &'a [String],
  pub(super) options: &'a [String],
}

const VALUED: [&str; 8] = [
  "-f",
  "--file",
  "-p",
  "--project-name",
  "--env-file",
  "--profile",
  "--project-directory",
  "-H",
];

pub(super) fn compose(command: &Command) -> Option<Call<'_>> {
  let words = command.words.as_slice();
  let start = match (command.name(), words.get(1).map(String::as_str)) {
    ("docker-compose", _) => 1,
    ("docker", Some("compose")) => 2,
    // `$COMPOSE up`, `$DOCKER_COMPOSE -f x up`
    (name, _) if name.starts_with('$') && name.to_ascii_uppercase().contains("COMPOSE") => 1,
    _ => return None,
  };
  call(words.get(start..)?)
}

pub(super) fn docker(command: &Command) -> Option<Call<'_>> {
  let words = command.words.as_slice();
  if command.name() != "docker" || words.get(1).is_some_and(|word| word == "compose") {
    return None;
  }
  let skip = usize::from(words.get(1).is_some_and(|word| word == "container"));
  call(words.get(1 + skip..)?)
}

fn call(words: &[String]) -> Option<Call<'_>> {
  let mut at = 0;
  while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
    at += if VALUED.contains(&word.as_str()) {
      2
    } else {
      1
    };
  }
  Some(Call {
    verb: words.get(at)?,
    rest: words.get(at + 1..)?,
    options: words.get(..at)?,
  })
}

pub(super) fn is_config_test(command: &Command) -> bool {
  let words = &command.words;
  let nginx = words.iter().position(|word| word.ends_with("nginx"));
  let tests = |at: usize| {
    let rest = words.get(at + 1..).unwrap_or_default();
    rest
      .iter()
      .any(|word| word == "-t" || word == "-T" || word == "-tq")
  };
  nginx.is_some_and(tests)
    || command.name() == "haproxy" && command.has("-c")
    || command.name() == "caddy" && command.has("validate")
    || command.has("configtest")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
  /// By the proxy's own command.
  Own,
  /// By the service manager of this host.
  Service,
  /// A signal through Docker.
  DockerSignal,
  /// A bare signal to a process.
  Signal,
  Restart,
}

pub(super) fn reload(command: &Command) -> Option<Reload> {
  let words = &command.words;
  let names_proxy = || {
    words.iter().skip(1).any(|word| {
      let word = word.to_ascii_lowercase();
      ["nginx", "proxy", "caddy", "haproxy", "traefik"]
        .iter()
        .any(|name| word.contains(name))
    })
  };
  let hup = || {
    words.iter().any(|word| {
      matches!(word.as_str(), "HUP" | "SIGHUP" | "-HUP" | "-SIGHUP" | "-1")
        || word.ends_with("=HUP")
        || word.ends_with("=SIGHUP")
    })
  };
  match command.name() {
    "nginx" | "caddy" if command.has("reload") => Some(Reload::Own),
    "systemctl" | "service" if names_proxy() => {
      if words.iter().any(|word| word == "reload") {
        Some(Reload::Service)
      } else {
        words
          .iter()
          .any(|word| word == "restart")
          .then_some(Reload::Restart)
      }
    }
    "kill" | "pkill" | "killall" if hup() => Some(Reload::Signal),
    _ => {
      let call = docker(command).or_else(|| compose(command))?;
      match call.verb {
        "kill" if hup() => Some(Reload::DockerSignal),
        "restart" if names_proxy() => Some(Reload::Restart),
        _ => None,
      }
    }
  }
}

/// Addresses that are asked over HTTP.
pub(super) fn asks(command: &Command) -> Vec<&str> {
  if !matches!(command.name(), "curl" | "wget" | "http" | "httpie") {
    return Vec::new();
  }
  command
    .words
    .iter()
    .skip(1)
    .map(String::as_str)
    .filter(|word| {
      word.contains("://") || word.starts_with("localhost") || word.starts_with("127.0.0.1")
    })
    .collect()
}

/// The host of an address.
pub(super) fn host(url: &str) -> &str {
  let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
  rest.split(['/', ':', '?']).next().unwrap_or_default()
}

/// The literal port of an address.
pub(super) fn port(url: &str) -> Option<&str> {
  let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
  let authority = rest.split('/').next()?;
  authority.split_once(':').map(|(_, port)| port)
}

/// Nothing but words for the person who looks on.
pub(super) fn only_says(command: &Command) -> bool {
  let name = command.name();
  matches!(name, "echo" | "printf" | "true" | ":")
    || ["log", "warn", "print", "info"]
      .iter()
      .any(|word| name.starts_with(word))
}

/// What a script says to whoever looks on.
pub(super) fn says(command: &Command) -> Option<String> {
  only_says(command).then(|| {
    command
      .words
      .get(1..)
      .unwrap_or_default()
      .join(" ")
      .to_ascii_lowercase()
  })
}

/// A word that stands for one slot: by its color, or by a variable that is named for it.
pub(super) fn is_of_a_slot(word: &str) -> bool {
  if slot_of(word).is_some() {
    return true;
  }
  let name = word.to_ascii_uppercase();
  word.contains('$')
    && [
      "COLOR",
      "COLOUR",
      "SLOT",
      "ENVIRONMENT",
      "TARGET",
      "CURRENT",
      "STANDBY",
      "IDLE",
      "INACTIVE",
      "OLD_ENV",
      "NEW_ENV",
      "PREVIOUS",
    ]
    .iter()
    .any(|part| name.contains(part))
}

pub(super) fn is_migration(command: &Command) -> bool {
  let name = command.name();
  if only_says(command)
    || matches!(
      name,
      "grep" | "cat" | "ls" | "[" | "[[" | "cd" | "cp" | "return"
    )
  {
    return false;
  }
  let text = command.text().to_ascii_lowercase();
  let looks = ["status", "--dry-run", "history", "current"];
  let migrates = text.contains("alembic upgrade")
    || text.contains("db upgrade")
    || text.contains("prisma migrate")
    || text.contains("migrations apply")
    || text.split_whitespace().any(|word| {
      let base = word.rsplit('/').next().unwrap_or(word);
      base == "migrate"
        || base.starts_with("migrate-")
        || base.starts_with("migrate_")
        || base.starts_with("migrate:")
        || base == "database.migrations"
        || base.starts_with("run-migrations")
        || base.starts_with("run_migrations")
    });
  migrates && !looks.iter().any(|word| text.ends_with(word))
}

pub(super) fn is_dump(command: &Command) -> bool {
  let text = command.text();
  !only_says(command)
    && command.words.iter().any(|word| {
      word.ends_with("pg_dump") || word.ends_with("mysqldump") || word.ends_with("pg_dumpall")
    })
    && !text.starts_with("command -v")
}

/// A dump, or a script that is named for one.
pub(super) fn is_backup(command: &Command) -> bool {
  let name = command.name().to_ascii_lowercase();
  is_dump(command) || !only_says(command) && name.contains("backup")
}
