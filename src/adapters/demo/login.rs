//! Login by code, without a store: code and token follow from the shared secret, so either slot can verify what the
//! other one issued. Good enough for a sample, and for nothing else.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

fn digest(secret: &str, purpose: &str, identifier: &str) -> String {
  let bytes = Sha256::digest(format!("{purpose}\0{secret}\0{identifier}"));
  bytes.iter().fold(String::new(), |mut text, byte| {
    let _ = write!(text, "{byte:02x}");
    text
  })
}

pub(super) fn code(secret: &str, identifier: &str) -> String {
  digest(secret, "code", identifier).chars().take(6).collect()
}

pub(super) fn token(secret: &str, identifier: &str) -> String {
  format!("{identifier}:{}", digest(secret, "token", identifier))
}

/// Who a bearer token belongs to, if it is one of ours.
pub(super) fn owner<'a>(secret: &str, bearer: &'a str) -> Option<&'a str> {
  let (identifier, _) = bearer.rsplit_once(':')?;
  (token(secret, identifier) == bearer).then_some(identifier)
}

#[cfg(test)]
mod tests {
  use super::{code, owner, token};

  #[test]
  fn a_token_names_its_owner_and_a_changed_one_names_nobody() {
    let good = token("s", "a@example.org");
    assert_eq!(owner("s", &good), Some("a@example.org"));
    assert_eq!(owner("other", &good), None);
    assert_eq!(owner("s", &good.replace("a@", "b@")), None);
  }

  #[test]
  fn codes_differ_between_people() {
    assert_ne!(code("s", "a"), code("s", "b"));
  }
}
