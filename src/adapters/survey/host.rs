//! Proxies among the processes of this host, not of its containers, as `/proc` tells them.

use std::{collections::BTreeSet, fs, path::Path};

use crate::adapters::processes;

const OTHERS: [&str; 7] = [
  "caddy", "haproxy", "traefik", "envoy", "apache2", "httpd", "kong",
];

/// How the commands of each nginx master of this host begin.
pub(super) fn masters() -> Vec<Vec<String>> {
  let prefix: &[&str] = if nix::unistd::geteuid().is_root() {
    &[]
  } else {
    &["sudo", "-n"]
  };
  let found: BTreeSet<Vec<String>> = running()
    .filter_map(|(_, title)| {
      let started = title.strip_prefix("nginx: master process ")?;
      let command = prefix.iter().map(|word| (*word).to_owned());
      Some(command.chain(beginning(started)).collect())
    })
    .collect();
  found.into_iter().collect()
}

/// The program with what chooses its configuration; `-g` is only for starting it.
fn beginning(started: &str) -> Vec<String> {
  let mut words = started.split_whitespace();
  let mut command: Vec<String> = words.next().map(str::to_owned).into_iter().collect();
  while let Some(word) = words.next() {
    if let ("-p" | "-c", Some(value)) = (word, words.clone().next()) {
      command.extend([word.to_owned(), value.to_owned()]);
      words.next();
    }
  }
  command
}

/// Names of other proxies that run on this host.
pub(super) fn others() -> BTreeSet<String> {
  running()
    .filter_map(|(name, _)| OTHERS.iter().find(|known| **known == name))
    .map(|name| (*name).to_owned())
    .collect()
}

/// Name and title of each process outside of containers.
fn running() -> impl Iterator<Item = (String, String)> {
  let mine = fs::read_link("/proc/self/ns/mnt").ok();
  processes::all().filter_map(move |pid| {
    let folder = Path::new("/proc").join(pid.to_string());
    let title = processes::title(pid)?;
    let name = fs::read_to_string(folder.join("comm")).ok()?;
    is_here(&folder, mine.as_deref()).then(|| (name.trim().to_owned(), title))
  })
}

fn is_here(process: &Path, mine: Option<&Path>) -> bool {
  match (fs::read_link(process.join("ns/mnt")), mine) {
    (Ok(its), Some(mine)) => its == mine,
    // Another user's process hides its name spaces, and still tells its control group.
    _ => fs::read_to_string(process.join("cgroup")).is_ok_and(|groups| {
      !["docker", "containerd", "libpod", "kubepods", "lxc"]
        .iter()
        .any(|word| groups.contains(word))
    }),
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_masters_title_tells_how_its_commands_begin() {
    for (title, command) in [
      ("nginx -g daemon off;", vec!["nginx"]),
      (
        "/opt/nginx -p /srv/a -c /srv/a/nginx.conf",
        vec!["/opt/nginx", "-p", "/srv/a", "-c", "/srv/a/nginx.conf"],
      ),
      ("", vec![]),
    ] {
      assert_eq!(beginning(title), command, "{title}");
    }
  }
}
