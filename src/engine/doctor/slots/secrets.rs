//! Secrets that stand in compose files. Only their names are ever said.

use super::super::compose::Service;
use crate::model::finding::{Finding, Hazard};

const NAMES: [&str; 7] = [
  "PASSWORD",
  "PASSWD",
  "SECRET",
  "TOKEN",
  "API_KEY",
  "APIKEY",
  "PRIVATE_KEY",
];

/// Whether a variable of this name holds a secret.
pub(in super::super) fn is_secret(name: &str) -> bool {
  let name = name.to_ascii_uppercase();
  !name.ends_with("_FILE")
    && !name.ends_with("_PATH")
    && NAMES.iter().any(|word| name.contains(word))
}

pub(super) fn written(service: &Service) -> Vec<Finding> {
  service
    .environment
    .iter()
    .filter(|(name, value)| {
      let literal = !value.is_empty() && !value.contains('$');
      literal && (is_secret(name) || in_address(value))
    })
    .map(|(name, _)| {
      Finding::amber(
        Hazard::H(30),
        format!("{name} of {} is written in the compose file", service.name),
        "whoever may read the file or its history in git has it",
        format!(
          "write {name}: ${{{name}}} there, put the value into .env with mode 600, and change it"
        ),
      )
      .at(service.saying(name))
    })
    .collect()
}

/// `scheme://user:password@host`.
fn in_address(value: &str) -> bool {
  let Some((_, rest)) = value.split_once("://") else {
    return false;
  };
  rest
    .split_once('@')
    .and_then(|(before, _)| before.split_once(':'))
    .is_some_and(|(_, password)| !password.is_empty() && !password.contains('/'))
}
