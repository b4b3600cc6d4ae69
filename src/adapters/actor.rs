//! Who really asked: the login behind `sudo` and SSH, for the journal and the lock's holder.
//!
//! Prefers what the kernel keeps (`loginuid`, the parents' users) over what an environment
//! variable claims. `runner_process::inbox` checks the same facts of a peer.

use std::{env, fs, net::IpAddr};

use nix::unistd::{Uid, User, geteuid, gethostname};

use super::processes;
use crate::model::{actor::Actor, shown::Shown};

/// The person or job that runs this process.
pub fn actor() -> Actor {
  let pid = std::process::id();
  let effective = name_of(geteuid().as_raw());
  let who = Who {
    login: processes::login_of(pid).map(name_of),
    sudo: sudo_user(pid),
    effective,
  };
  let origin = Origin {
    ssh: env::var("SSH_CONNECTION").ok(),
    ci: ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"]
      .iter()
      .find_map(|name| env::var(name).ok()),
    parents_ssh: processes::ancestors(pid)
      .find_map(|parent| processes::variable_of(parent, "SSH_CONNECTION")),
    terminal: terminal(),
  };
  let (user, as_user) = who.decide();
  Actor {
    user: Shown::line(&user),
    as_user: as_user.map(|name| Shown::line(&name)),
    from: origin.decide().map(|from| Shown::line(&from)),
    host: Shown::line(&host()),
    pid,
  }
}

/// The login name of a user number, or the number when it has no name here.
pub fn name_of(uid: u32) -> String {
  User::from_uid(Uid::from_raw(uid))
    .ok()
    .flatten()
    .map_or_else(|| format!("uid {uid}"), |user| user.name)
}

pub fn host() -> String {
  gethostname().map_or_else(
    |_| "unknown host".to_owned(),
    |name| name.to_string_lossy().into_owned(),
  )
}

struct Who {
  login: Option<String>,
  sudo: Option<String>,
  effective: String,
}

impl Who {
  /// The person, and the effective user when it is another one.
  fn decide(self) -> (String, Option<String>) {
    let user = self
      .login
      .or(self.sudo)
      .unwrap_or_else(|| self.effective.clone());
    let as_user = (user != self.effective).then_some(self.effective);
    (user, as_user)
  }
}

struct Origin {
  ssh: Option<String>,
  ci: Option<String>,
  parents_ssh: Option<String>,
  terminal: Option<String>,
}

impl Origin {
  fn decide(self) -> Option<String> {
    let client = |connection: &String| {
      let address = connection.split_whitespace().next()?;
      address.parse::<IpAddr>().ok().map(|ip| format!("ssh {ip}"))
    };
    self
      .ssh
      .as_ref()
      .and_then(client)
      .or_else(|| {
        self
          .ci
          .filter(|login| !login.is_empty())
          .map(|login| format!("ci {}", login.chars().take(64).collect::<String>()))
      })
      .or_else(|| self.parents_ssh.as_ref().and_then(client))
      .or(self.terminal)
  }
}

/// `SUDO_USER` is only a claim: anybody may set it. It counts for root, who could claim anything
/// anyway, and for others when a parent process really runs as that user.
fn sudo_user(pid: u32) -> Option<String> {
  let claimed = env::var("SUDO_USER").ok().filter(|name| !name.is_empty())?;
  let user = User::from_name(&claimed).ok().flatten()?;
  let believed = geteuid().is_root()
    || processes::ancestors(pid)
      .any(|parent| processes::user_of(parent) == Some(user.uid.as_raw()));
  believed.then_some(user.name)
}

fn terminal() -> Option<String> {
  (0..3).find_map(|number| {
    let target = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
    let name = target.to_str()?.strip_prefix("/dev/")?;
    (name.starts_with("pts/") || name.starts_with("tty")).then(|| name.to_owned())
  })
}

#[cfg(test)]
mod tests {
  use super::*;

  fn who(login: Option<&str>, sudo: Option<&str>, effective: &str) -> (String, Option<String>) {
    Who {
      login: login.map(Into::into),
      sudo: sudo.map(Into::into),
      effective: effective.into(),
    }
    .decide()
  }

  #[test]
  fn the_login_kept_by_the_kernel_wins_over_sudo_and_both_over_the_effective_user() {
    assert_eq!(
      who(Some("ana"), Some("bob"), "root"),
      ("ana".into(), Some("root".into()))
    );
    assert_eq!(
      who(None, Some("bob"), "root"),
      ("bob".into(), Some("root".into()))
    );
    assert_eq!(who(None, None, "root"), ("root".into(), None));
    assert_eq!(who(Some("ana"), None, "ana"), ("ana".into(), None));
  }

  fn from(ssh: &str, ci: &str, parents: &str, terminal: &str) -> Option<String> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Origin {
      ssh: given(ssh),
      ci: given(ci),
      parents_ssh: given(parents),
      terminal: given(terminal),
    }
    .decide()
  }

  #[test]
  fn the_origin_is_ssh_then_ci_then_a_parents_ssh_then_the_terminal() {
    let ssh = "10.0.3.7 50222 10.0.0.2 22";
    assert_eq!(
      from(ssh, "alice", "", "pts/3").as_deref(),
      Some("ssh 10.0.3.7")
    );
    assert_eq!(from("", "alice", ssh, "pts/3").as_deref(), Some("ci alice"));
    assert_eq!(from("", "", ssh, "pts/3").as_deref(), Some("ssh 10.0.3.7"));
    assert_eq!(from("", "", "", "pts/3").as_deref(), Some("pts/3"));
    assert_eq!(from("", "", "", ""), None);
  }

  #[test]
  fn an_ssh_connection_that_names_no_address_is_not_believed() {
    assert_eq!(
      from("\u{1b}[2Jevil 1", "", "", "tty1").as_deref(),
      Some("tty1")
    );
  }

  #[test]
  fn somebody_is_always_named() {
    let me = actor();
    assert!(!me.user.as_str().is_empty());
    assert!(!me.host.as_str().is_empty());
    assert_eq!(me.pid, std::process::id());
  }
}
