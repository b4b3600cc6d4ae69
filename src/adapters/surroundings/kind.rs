//! What a file is, by its name and its first bytes.

use std::path::Path;

use crate::model::surroundings::TextKind;

/// By the name alone; `None` asks for the text.
pub(super) fn by_name(name: &str) -> Option<TextKind> {
  let lower = name.to_ascii_lowercase();
  let extension = lower
    .rsplit_once('.')
    .map_or("", |(_, extension)| extension);
  let compose = lower.starts_with("docker-compose") || lower.starts_with("compose");
  match extension {
    "yml" | "yaml" if compose => Some(TextKind::Compose),
    "sh" | "bash" => Some(TextKind::Shell),
    "dockerfile" => Some(TextKind::Dockerfile),
    "env" => Some(TextKind::EnvFile),
    _ if lower.starts_with("dockerfile") => Some(TextKind::Dockerfile),
    _ if lower.starts_with(".env") => Some(TextKind::EnvFile),
    _ => None,
  }
}

/// Files whose text decides: no ending, or one that many programs use.
pub(super) fn may_be_text(name: &str) -> bool {
  !name.trim_start_matches('.').contains('.') || is_configuration(name)
}

fn is_configuration(name: &str) -> bool {
  let extension = Path::new(name).extension().unwrap_or_default();
  extension.eq_ignore_ascii_case("conf") || extension.eq_ignore_ascii_case("inc")
}

pub(super) fn by_text(name: &str, text: &str) -> Option<TextKind> {
  let first = text.lines().next().unwrap_or_default();
  if first.starts_with("#!") {
    return first.contains("sh").then_some(TextKind::Shell);
  }
  let words = [
    "server ",
    "server{",
    "upstream ",
    "location ",
    "events {",
    "proxy_pass ",
    "include ",
  ];
  (is_configuration(name) && text.contains(';') && words.iter().any(|word| text.contains(word)))
    .then_some(TextKind::Nginx)
}

/// Names stay, values go: nothing of an environment file is ever shown.
pub(super) fn without_values(text: &str) -> String {
  text
    .lines()
    .filter_map(|line| line.trim().trim_start_matches("export ").split_once('='))
    .flat_map(|(name, _)| [name, "=\n"])
    .collect()
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn files_are_known_by_name_then_by_text() {
    for (name, wanted) in [
      ("docker-compose.blue.yml", Some(TextKind::Compose)),
      ("compose.yaml", Some(TextKind::Compose)),
      ("values.yaml", None),
      ("Dockerfile.nginx", Some(TextKind::Dockerfile)),
      (".env.production", Some(TextKind::EnvFile)),
      ("switch.sh", Some(TextKind::Shell)),
    ] {
      assert_eq!(by_name(name), wanted, "{name}");
    }
    assert!(may_be_text("deploy-zero-downtime") && may_be_text("a.conf") && !may_be_text("a.py"));
    assert_eq!(
      by_text("deploy", "#!/usr/bin/env bash\n"),
      Some(TextKind::Shell)
    );
    assert_eq!(by_text("tool", "#!/usr/bin/env python3\n"), None);
    assert_eq!(
      by_text("a.conf", "upstream x { server y; }"),
      Some(TextKind::Nginx)
    );
    assert_eq!(by_text("redis.conf", "maxmemory 1gb\n"), None);
  }

  #[test]
  fn no_value_of_an_environment_file_is_kept() {
    assert_eq!(
      without_values("# c\nA=secret\nexport B=\"x=y\"\n"),
      "A=\nB=\n"
    );
  }
}
